"""The open connections of the SCP and the memory they hold, with a cap on each."""

import socket
import threading
from contextlib import suppress
from dataclasses import dataclass
from itertools import count


@dataclass(eq=False, slots=True)
class Connection:
    """One TCP connection; `associated` once its association request was admitted."""

    host: str
    socket: socket.socket
    order: int
    associated: bool = False

    def hang_up(self) -> None:
        """End it at once: whoever reads from it sees its end."""
        with suppress(OSError):
            # Of the plain socket: a TLS shutdown would wait for the peer.
            socket.socket.shutdown(self.socket, socket.SHUT_RDWR)


class Connections:
    """Counts connections per address and in all.

    A connection that has not associated yet never keeps a newcomer out: the oldest such one of
    the address (or of all) makes room for it. So idle sockets cannot lock anybody out.
    """

    def __init__(self, *, maximum: int, maximum_per_address: int) -> None:
        self._maximum = maximum
        self._maximum_per_address = maximum_per_address
        self._open: set[Connection] = set()
        self._lock = threading.Lock()
        self._order = count()

    def join(self, client: socket.socket, host: str) -> Connection | None:
        """Take in a new connection, or return None if all places are taken by associations."""
        with self._lock:
            same_host = [each for each in self._open if each.host == host]
            if not self._make_room(same_host, self._maximum_per_address):
                return None
            if not self._make_room(list(self._open), self._maximum):
                return None
            connection = Connection(host, client, next(self._order))
            self._open.add(connection)
            return connection

    def admit(self, connection: Connection, maximum_associations: int) -> bool:
        """Count a connection as associated, unless there are as many associations already."""
        with self._lock:
            if sum(each.associated for each in self._open) >= maximum_associations:
                return False
            connection.associated = True
            return True

    def leave(self, connection: Connection) -> None:
        """Forget a connection that has ended."""
        with self._lock:
            self._open.discard(connection)

    def __len__(self) -> int:
        with self._lock:
            return len(self._open)

    def _make_room(self, connections: list[Connection], maximum: int) -> bool:
        if len(connections) < maximum:
            return True
        waiting = [each for each in connections if not each.associated]
        if not waiting:
            return False
        oldest = min(waiting, key=lambda each: each.order)
        self._open.discard(oldest)
        oldest.hang_up()
        return True


class MemoryBudget:
    """How many bytes of objects all associations may hold together while they arrive."""

    def __init__(self, maximum_bytes: int) -> None:
        self._free = maximum_bytes
        self._lock = threading.Lock()

    def take(self, size_bytes: int) -> bool:
        """Reserve memory, or return False if there is not so much left."""
        with self._lock:
            if size_bytes > self._free:
                return False
            self._free -= size_bytes
            return True

    def give_back(self, size_bytes: int) -> None:
        """Return what was reserved."""
        with self._lock:
            self._free += size_bytes

    @property
    def free_bytes(self) -> int:
        """What may still be taken."""
        with self._lock:
            return self._free
