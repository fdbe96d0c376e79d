"""A socket that is read in large pieces into a buffer that is used again and again."""

import mmap
import select
import time
from ssl import SSLSocket
from typing import Any, Final

from triage_agent.adapters.dimse.guarded_socket import GuardedSocket

Association = Any  # pynetdicom has no types
Client = Any  # a plain socket or one of TLS

# Timers, of the state machine and for idle peers, are looked at this often.
_LONGEST_WAIT_MILLISECONDS: Final = 250
# Small enough to stay in a core's cache until it was copied to where it goes.
_BUFFER_BYTES: Final = 262_144
_NOTHING: Final = memoryview(b"")


class BufferedSocket(GuardedSocket):
    """Reads ahead; what was taken stays unchanged until more is read."""

    def __init__(self, assoc: Association, client_socket: Client) -> None:
        super().__init__(assoc, client_socket=client_socket)
        # Mapped, so that an association has only the pages that it has used.
        self.view = memoryview(mmap.mmap(-1, _BUFFER_BYTES))
        self.start = self.end = 0

    def recv(self, nr_bytes: int) -> bytearray:
        """Read so many bytes, or fewer if the peer closes. Raises TimeoutError at the deadline."""
        collected = bytearray()
        while len(collected) < nr_bytes:
            part = self.take(nr_bytes - len(collected))
            if not part:
                break
            collected += part
        return collected

    def take(self, maximum_bytes: int) -> memoryview:
        """Return what comes next, at most so much, without a copy; nothing if the peer closed.

        Raises TimeoutError at the deadline.
        """
        if self.start == self.end and not self.fill():
            return _NOTHING
        start = self.start
        self.start = min(self.end, start + maximum_bytes)
        return self.view[start : self.start]

    def wait_readable(self, seconds: float) -> bool:
        """Wait until there is something to read, also what was read ahead."""
        return self.start < self.end or super().wait_readable(seconds)

    def wait_for(self, wake: int, *, reading: bool) -> None:
        """Wait for the other side, if `reading`, or for the descriptor `wake`, or a short while."""
        client = self.socket
        polled = select.poll()
        polled.register(wake, select.POLLIN)
        if reading and client is not None and self._is_connected and client.fileno() >= 0:
            if self.start < self.end or (isinstance(client, SSLSocket) and client.pending()):
                return
            polled.register(client, select.POLLIN)
        polled.poll(_LONGEST_WAIT_MILLISECONDS)

    def fill(self) -> bool:
        """Read what there is, once all was taken; False if the peer closed.

        Waits for the first byte. Raises TimeoutError at the deadline.
        """
        remaining = self.deadline - time.monotonic()
        if remaining <= 0:
            raise TimeoutError("the PDU was not whole in time")
        self.socket.settimeout(remaining)
        self.start = self.end = 0
        self.end = int(self.socket.recv_into(self.view))
        return self.end > 0
