"""Serves the web page in a thread, and stops it cleanly although pages are open."""

import socket
import ssl
import threading
from pathlib import Path

import structlog
import uvicorn
from fastapi import FastAPI

from triage_agent.errors import SettingsInvalid

# Open streams end at once; what else is running gets this long.
_GRACE_SECONDS = 3
_BACKLOG = 128

_log = structlog.get_logger()


class _Server(uvicorn.Server):
    """uvicorn waits for open responses before it stops; a page's event stream never ends."""

    def __init__(self, config: uvicorn.Config, app: FastAPI) -> None:
        super().__init__(config)
        self._app = app
        self.is_up = threading.Event()

    async def startup(self, sockets: list[socket.socket] | None = None) -> None:
        await super().startup(sockets=sockets)
        self.is_up.set()

    async def shutdown(self, sockets: list[socket.socket] | None = None) -> None:
        await self._app.state.changes.close()
        await super().shutdown(sockets=sockets)


class RunningServer:
    """A server that accepts connections at `host` and `port`."""

    def __init__(
        self, server: _Server, listening: socket.socket, *, scheme: str = "http", name: str = ""
    ) -> None:
        self._server = server
        self._scheme = scheme
        self._name = name
        self._listening = listening
        self._error: BaseException | None = None
        self.host, self.port = listening.getsockname()[:2]
        self._thread = threading.Thread(target=self._run, name="http", daemon=True)
        self._thread.start()

    @property
    def url(self) -> str:
        """The address to open in a browser, under the name that it was given."""
        host = self._name or (f"[{self.host}]" if ":" in self.host else self.host)
        return f"{self._scheme}://{host}:{self.port}/"

    @property
    def is_alive(self) -> bool:
        """Whether it is still serving."""
        return self._thread.is_alive()

    def _run(self) -> None:
        try:
            self._server.run(sockets=[self._listening])
        except (Exception, SystemExit) as error:  # noqa: BLE001 (uvicorn exits; who waits is told)
            self._error = error
            _log.error("http_server_failed", error=type(error).__name__)
        finally:
            self._server.is_up.set()
            self._listening.close()

    def wait_until_up(self, seconds: float) -> None:
        """Return once requests are served. Raises RuntimeError if that fails or takes longer."""
        if not self._server.is_up.wait(seconds) or not self._server.started:
            self.stop(0)
            raise RuntimeError("the web page did not start") from self._error

    def stop(self, seconds: float = 8.0) -> bool:
        """End streams, let running requests end, return whether all is over within `seconds`."""
        self._server.should_exit = True
        self._thread.join(seconds)
        return not self._thread.is_alive()


def serve_http(
    app: FastAPI,
    host: str,
    port: int,
    *,
    certificate: Path | None = None,
    key: Path | None = None,
    name: str = "",
    start_seconds: float = 30.0,
) -> RunningServer:
    """Serve an application made by `create_app`; port 0 is any free port.

    Over TLS if there is a certificate and its key. `name` is what browsers know the host by.
    Returns once requests are served. Raises OSError if the address cannot be had, RuntimeError if
    the application does not start, SettingsInvalid for a certificate that cannot be used.
    """
    if certificate is not None and key is not None:
        check_certificate(certificate, key)
    family = socket.AF_INET6 if ":" in host else socket.AF_INET
    listening = socket.create_server((host, port), family=family, backlog=_BACKLOG)
    # Connections inherit it. Else the body of an answer waits for the acknowledgement of its head.
    listening.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
    config = uvicorn.Config(
        app,
        log_config=None,
        access_log=False,  # addresses name studies
        server_header=False,
        date_header=True,
        proxy_headers=False,
        ws="none",
        lifespan="on",
        timeout_graceful_shutdown=_GRACE_SECONDS,
        timeout_keep_alive=15,
        limit_concurrency=500,
        h11_max_incomplete_event_size=16_384,
        ssl_certfile=certificate,
        ssl_keyfile=key,
    )
    scheme = "http" if certificate is None else "https"
    running = RunningServer(_Server(config, app), listening, scheme=scheme, name=name)
    running.wait_until_up(start_seconds)
    return running


def check_certificate(certificate: Path, key: Path) -> None:
    """Raise SettingsInvalid, with what is wrong, unless the two can be served."""
    for path in (certificate, key):
        try:
            path.read_bytes()
        except OSError as error:
            raise SettingsInvalid(f"{path} cannot be read ({error.strerror})") from error
    try:
        # An empty password: one that is asked for on a terminal would hold up the start.
        ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER).load_cert_chain(certificate, key, password="")
    except (ssl.SSLError, OSError) as error:
        raise SettingsInvalid(
            f"http.tls_certificate {certificate} and http.tls_key {key} do not go together, or are "
            f"not PEM files without a password ({error})"
        ) from error
