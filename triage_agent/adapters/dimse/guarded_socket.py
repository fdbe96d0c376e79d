"""pynetdicom's socket, with an end to every read and every write."""

import select
import time
from ssl import SSLSocket
from typing import Final

from pynetdicom.transport import AssociationSocket

CLOSED: Final = "Evt17"  # of the state machine: the connection is closed (PS3.8 section 9.2.3)


class GuardedSocket(AssociationSocket):  # type: ignore[misc] # pynetdicom has no types
    """A socket whose reads end at a deadline that is set for each PDU."""

    deadline = 0.0
    send_seconds = 30.0

    def recv(self, nr_bytes: int) -> bytearray:
        """Read so many bytes, or fewer if the peer closes. Raises TimeoutError at the deadline."""
        buffer = bytearray(nr_bytes)
        rest = memoryview(buffer)
        while rest:
            remaining = self.deadline - time.monotonic()
            if remaining <= 0:
                raise TimeoutError("the PDU was not whole in time")
            self.socket.settimeout(remaining)
            received = self.socket.recv_into(rest)
            if not received:
                return buffer[: nr_bytes - len(rest)]
            rest = rest[received:]
        return buffer

    def send(self, bytestream: bytes) -> None:
        """Send all; a peer that does not read in time loses the connection."""
        try:
            self.socket.settimeout(self.send_seconds)
            self.socket.sendall(bytestream)
        except (OSError, AttributeError):  # closed meanwhile: pynetdicom sets the socket to None
            self.event_queue.put(CLOSED)

    def wait_readable(self, seconds: float) -> bool:
        """Wait until there is something to read, also within TLS."""
        client = self.socket
        if client is None or not self._is_connected:
            return False
        if isinstance(client, SSLSocket) and client.pending():
            return True
        try:
            return bool(select.select([client], [], [], seconds)[0])
        except (OSError, ValueError):
            self.event_queue.put(CLOSED)
            return False
