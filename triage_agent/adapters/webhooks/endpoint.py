"""Posts webhook messages over HTTP, to the addresses that it may.

The standard library's client is enough for one request and its status, and it lets the address be
checked between looking a name up and connecting: what was checked is what is connected to, however
often the name changes its mind. It follows no redirect and knows no proxy of the environment.
"""

import socket
import ssl
import threading
import time
from collections.abc import Iterator, Mapping, Sequence
from contextlib import ExitStack, closing, contextmanager, suppress
from http.client import HTTPConnection, HTTPException
from ipaddress import IPv4Address, IPv4Network, IPv6Address, IPv6Network, ip_address, ip_network
from urllib.parse import urlsplit

from triage_agent.errors import DestinationUnreachable
from triage_agent.webhook_settings import WebhookSettings

Address = IPv4Address | IPv6Address
Network = IPv4Network | IPv6Network

_LEAST_SECONDS = 0.01  # for a connection; the whole has its own limit


class HttpEndpoint:
    """One webhook's address.

    HTTPS goes to public addresses, to loopback and to the networks that the settings allow; plain
    HTTP to loopback and these networks only. Link-local addresses, where clouds keep their
    secrets, have to be allowed like private ones.
    """

    def __init__(self, settings: WebhookSettings) -> None:
        """Read the certificates. Raises OSError if the file of `tls_ca` cannot be used."""
        parts = urlsplit(settings.url)
        self._host = parts.hostname or ""
        self._is_secure = parts.scheme == "https"
        self._port = parts.port or (443 if self._is_secure else 80)
        self._target = parts.path or "/"
        if parts.query:
            self._target += f"?{parts.query}"
        self._networks: tuple[Network, ...] = tuple(map(ip_network, settings.networks))
        self._seconds = settings.seconds
        self._tls = ssl.create_default_context(cafile=settings.tls_ca) if self._is_secure else None

    def post(self, headers: Mapping[str, str], body: bytes) -> int:
        """Send one message and return the HTTP status; the answer's content is not read.

        Raises DestinationUnreachable when there is no answer in time, or the address may not be
        asked; the message of the error says which.
        """
        try:
            with self._connected() as connected:
                request = HTTPConnection(self._host, self._port)
                request.sock = connected
                with closing(request):
                    told = {**headers, "Connection": "close", "User-Agent": "triage-agent"}
                    request.request("POST", self._target, body, told)
                    return request.getresponse().status
        except (OSError, HTTPException, UnicodeError) as error:
            raise DestinationUnreachable(f"no answer: {type(error).__name__}") from error

    @contextmanager
    def _connected(self) -> Iterator[socket.socket]:
        addresses = self._addresses()
        deadline = time.monotonic() + self._seconds
        with ExitStack() as ending:
            open_now = [ending.enter_context(self._connect(addresses, deadline))]
            # Each read of a byte would have its own time limit; this one is for the whole.
            limit = threading.Timer(deadline - time.monotonic(), _end, [open_now])
            limit.daemon = True
            limit.start()
            ending.callback(limit.cancel)
            if self._tls is not None:
                secured = self._tls.wrap_socket(
                    open_now[0], server_hostname=self._host, do_handshake_on_connect=False
                )
                open_now[0] = ending.enter_context(secured)
                secured.do_handshake()
            yield open_now[0]

    def _connect(self, addresses: Sequence[Address], deadline: float) -> socket.socket:
        failure = OSError("no address")
        for number, address in enumerate(addresses):
            left = max(deadline - time.monotonic(), _LEAST_SECONDS)
            # One that does not answer leaves as much time to each of the others.
            seconds = left / (len(addresses) - number)
            try:
                connected = socket.create_connection((str(address), self._port), seconds)
            except OSError as error:
                failure = error
                continue
            connected.settimeout(self._seconds)
            # The body would wait for the acknowledgement of the head.
            connected.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
            return connected
        raise failure

    def _addresses(self) -> list[Address]:
        found = socket.getaddrinfo(self._host, self._port, type=socket.SOCK_STREAM)
        addresses = [ip_address(str(each[4][0])) for each in found]
        for address in addresses:
            if not self._may_ask(address):
                raise DestinationUnreachable(
                    f"{self._host} is at a private address that `networks` does not name"
                    if self._is_secure
                    else f"{self._host} is neither loopback nor in `networks`: use https"
                )
        return addresses

    def _may_ask(self, address: Address) -> bool:
        mapped = getattr(address, "ipv4_mapped", None)
        if mapped is not None:
            address = mapped
        if address.is_loopback or any(address in network for network in self._networks):
            return True
        return self._is_secure and address.is_global and not address.is_multicast


def _end(open_now: list[socket.socket]) -> None:
    with suppress(OSError):  # it was over in time after all
        open_now[0].shutdown(socket.SHUT_RDWR)
