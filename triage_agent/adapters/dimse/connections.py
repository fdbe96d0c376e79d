"""The open connections of the SCP and the memory they hold, with a cap on each."""

import socket
import threading
from contextlib import suppress
from dataclasses import dataclass
from itertools import count

from triage_agent.adapters.dimse.shared_associations import OwnAssociations, SharedAssociations


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
    """Counts connections per address and in all, and associations over all processes of the node.

    A connection that has not associated yet never keeps a newcomer out: the oldest such one of
    the address (or of all) in this process makes room for it, and those of other processes do not
    count. So idle sockets cannot lock anybody out.
    """

    def __init__(
        self, *, maximum: int, maximum_per_address: int, node: OwnAssociations | None = None
    ) -> None:
        """Without `node` this process is the only one."""
        self._maximum = maximum
        self._maximum_per_address = maximum_per_address
        self._node = node or SharedAssociations(processes=1, places=maximum).part(0)
        self._open: set[Connection] = set()
        self._lock = threading.Lock()
        self._order = count()

    def join(self, client: socket.socket, host: str) -> Connection | None:
        """Take in a new connection, or return None if all places are taken by associations."""
        with self._lock:
            same_host = [each for each in self._open if each.host == host]
            of_host = self._maximum_per_address - self._node.elsewhere(host)
            if not self._make_room(same_host, of_host):
                return None
            if not self._make_room(list(self._open), self._maximum - self._node.elsewhere()):
                return None
            connection = Connection(host, client, next(self._order))
            self._open.add(connection)
            self._say()
            return connection

    def admit(self, connection: Connection, maximum_associations: int) -> bool:
        """Count a connection as associated, unless there are as many associations already."""
        host = connection.host
        with self._lock, self._node.locked():
            of_host = sum(each.associated and each.host == host for each in self._open)
            associated = sum(each.associated for each in self._open)
            if (
                associated + self._node.elsewhere() >= maximum_associations
                or of_host + self._node.elsewhere(host) >= self._maximum_per_address
            ):
                return False
            connection.associated = True
            self._say()
            return True

    def leave(self, connection: Connection) -> None:
        """Forget a connection that has ended."""
        with self._lock:
            self._open.discard(connection)
            self._say()

    def is_busier_than_another_process(self) -> bool:
        """Say whether a newcomer had better go to another process."""
        return self._node.is_busier()

    def __len__(self) -> int:
        with self._lock:
            return len(self._open)

    def _say(self) -> None:
        self._node.say(len(self._open), [each.host for each in self._open if each.associated])

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
