"""A socket that is read in large pieces into two buffers that are used again and again."""

import mmap
import select
import time
from ssl import SSLSocket
from typing import TYPE_CHECKING, Any, Final

from triage_agent.adapters.dimse.guarded_socket import GuardedSocket

if TYPE_CHECKING:
    from collections.abc import Callable

Association = Any  # pynetdicom has no types
Client = Any  # a plain socket or one of TLS

# Timers, of the state machine and for idle peers, are looked at this often.
_LONGEST_WAIT_MILLISECONDS: Final = 250
# Large enough that a piece is worth a write and a hash of its own. Mapped, so that an association
# has only the pages that it has used.
_BUFFER_BYTES: Final = 1_048_576
_NOTHING: Final = memoryview(b"")


class BufferedSocket(GuardedSocket):
    """Reads ahead; what was taken stays unchanged until `before_reuse` has been called twice.

    `before_reuse` is called when one buffer is full and before the other one is overwritten: who
    holds parts of the full one has to pass them on then, and to be done with those of the other.
    """

    def __init__(self, assoc: Association, client_socket: Client) -> None:
        super().__init__(assoc, client_socket=client_socket)
        self.before_reuse: Callable[[], None] = _do_nothing
        self._views = [memoryview(mmap.mmap(-1, _BUFFER_BYTES)) for _ in range(2)]
        self._current = 0
        self.view = self._views[0]
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
        if self.start == self.end and not self._fill():
            return _NOTHING
        start = self.start
        self.start = min(self.end, start + maximum_bytes)
        return self.view[start : self.start]

    def rewind(self) -> None:
        """Begin at the start of the buffer again, when nobody holds parts of it any more."""
        if self.start == self.end:
            self.start = self.end = 0

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

    def _fill(self) -> bool:
        if self.end == len(self.view):
            self.before_reuse()
            self._current = 1 - self._current
            self.view = self._views[self._current]
            self.start = self.end = 0
        remaining = self.deadline - time.monotonic()
        if remaining <= 0:
            raise TimeoutError("the PDU was not whole in time")
        self.socket.settimeout(remaining)
        received = self.socket.recv_into(self.view[self.end :])
        self.end += int(received)
        return bool(received)


def _do_nothing() -> None:
    """Stand where nobody holds parts of a buffer."""
