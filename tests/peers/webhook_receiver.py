"""A program that is told: a real HTTP server on loopback that keeps what it gets."""

import threading
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from ssl import SSLContext


@dataclass
class WebhookReceiver:
    """Answers with `statuses` one after the other, then with 200.

    `taken` holds headers (names in lower case), target and body of every request.
    """

    statuses: list[int] = field(default_factory=list)
    answer_headers: dict[str, str] = field(default_factory=dict)
    taken: list[tuple[dict[str, str], str, bytes]] = field(default_factory=list)
    port: int = 0
    _changed: threading.Condition = field(default_factory=threading.Condition)
    _gate: threading.Event = field(default_factory=threading.Event)

    def __post_init__(self) -> None:
        self._gate.set()

    def hold(self) -> None:
        """Answer nobody until `release`."""
        self._gate.clear()

    def release(self) -> None:
        """Answer again."""
        self._gate.set()

    def wait_for(self, count: int, seconds: float = 60) -> list[tuple[dict[str, str], str, bytes]]:
        """Return what was taken once it is at least so much."""
        with self._changed:
            assert self._changed.wait_for(lambda: len(self.taken) >= count, seconds), self.taken
            return list(self.taken)

    def take(self, headers: dict[str, str], target: str, body: bytes) -> int:
        """Keep a request; return the status to answer."""
        with self._changed:
            self.taken.append((headers, target, body))
            self._changed.notify_all()
            status = self.statuses.pop(0) if self.statuses else 200
        self._gate.wait(60)
        return status


@contextmanager
def webhook_receiver(tls: SSLContext | None = None) -> Iterator[WebhookReceiver]:
    """Run a receiver on a free port."""
    receiver = WebhookReceiver()

    class Handler(BaseHTTPRequestHandler):
        def do_POST(self) -> None:
            body = self.rfile.read(int(self.headers["Content-Length"]))
            headers = {name.lower(): value for name, value in self.headers.items()}
            status = receiver.take(headers, self.path, body)
            try:
                self.send_response(status)
                for name, value in receiver.answer_headers.items():
                    self.send_header(name, value)
                self.end_headers()
            except OSError:
                return  # whoever asked was killed meanwhile

        def log_message(self, *_: object) -> None:
            pass

    server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    server.daemon_threads = True
    receiver.port = server.server_address[1]
    if tls is not None:
        server.socket = tls.wrap_socket(server.socket, server_side=True)
    thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.05})
    thread.start()
    try:
        yield receiver
    finally:
        receiver.release()
        server.shutdown()
        thread.join()
        server.server_close()
