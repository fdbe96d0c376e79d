"""pynetdicom's requestor, made safe against a peer that stalls (private parts of 3.0.4, as guards).

Its own socket has no timeout once it is connected: a peer that stops in the middle of a PDU, or
stops reading, would hold the calling thread for ever.
"""

import socket
import time
from contextlib import suppress
from ssl import SSLContext
from typing import Any, Final

from pynetdicom.ae import ApplicationEntity
from pynetdicom.association import Association
from pynetdicom.dimse import DIMSEServiceProvider
from pynetdicom.transport import T_CONNECT, AddressInformation

from triage_agent.adapters.dimse.guarded_socket import GuardedSocket

Answer = Any  # a context ID and a message, or two times None

# What an acceptor sends is small: its answer to at most 128 contexts, and statuses.
_MAXIMUM_PDU_BYTES: Final = 1_048_576
_PDU_SECONDS: Final = 30.0


class RequestorSocket(GuardedSocket):
    """A socket that calls: sends at once, and gives up on a peer that stalls."""

    send_seconds = _PDU_SECONDS
    _connected: socket.socket | None = None

    def connect(self, primitive: T_CONNECT) -> None:
        """Connect; see `close_for_good`."""
        super().connect(primitive)
        self._connected = self.socket

    def close_for_good(self) -> None:
        """Close the connection, which pynetdicom leaves open where the peer closed first."""
        if self._connected is not None:
            self._connected.close()

    def recv(self, nr_bytes: int) -> bytearray:
        """Read so many bytes of a PDU. Raises OSError if they do not come in time."""
        if nr_bytes > _MAXIMUM_PDU_BYTES:
            raise ConnectionError(f"the peer announced a PDU of {nr_bytes} bytes")
        self.deadline = time.monotonic() + _PDU_SECONDS
        return super().recv(nr_bytes)

    def _create_socket(self, address: AddressInformation) -> socket.socket:
        client: socket.socket = super()._create_socket(address)
        # The last fragment of an object would wait for the peer's delayed acknowledgement.
        client.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        return client

    def _shutdown_socket(self) -> None:
        client = self.socket
        super()._shutdown_socket()
        if client is not None:
            with suppress(OSError):
                client.close()  # pynetdicom does not where there was no connection yet


class AnswersOnly(DIMSEServiceProvider):  # type: ignore[misc] # pynetdicom has no types
    """Keeps answers for who waits for them.

    The association's own loop looks for requests of the peer; it can take an answer that comes
    very soon, though the caller believes it paused, and the caller then waits in vain.
    """

    def get_msg(self, block: bool = False) -> Answer:  # noqa: FBT001, FBT002 - as in pynetdicom
        """Return the next message to a caller that waits, and none to the loop."""
        return super().get_msg(block=True) if block else (None, None)


class RequestorEntity(ApplicationEntity):  # type: ignore[misc] # pynetdicom has no types
    """An AE whose outgoing associations use `RequestorSocket`; `close` it after the last one."""

    def __init__(self, ae_title: str) -> None:
        super().__init__(ae_title=ae_title)
        self._sockets: list[RequestorSocket] = []

    def close(self) -> None:
        """Close every connection that was made."""
        for client in self._sockets:
            client.close_for_good()

    def _create_socket(
        self,
        assoc: Association,
        address: AddressInformation,
        tls_args: tuple[SSLContext, str] | None,
    ) -> RequestorSocket:
        assoc.dimse = AnswersOnly(assoc)
        client = RequestorSocket(assoc, address=address)
        client.tls_args = tls_args
        self._sockets.append(client)
        return client
