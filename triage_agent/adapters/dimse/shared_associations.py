"""Who is associated, over all receiver processes of a node that listen on one port.

A table in memory that the processes inherit. Each writes its own part only, so that of one that
was killed nothing is left half done: its part is cleared before another takes its place.
"""

import fcntl
import hashlib
import mmap
import os
import weakref
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from typing import Final

_WORD_BYTES: Final = 8
_FREE: Final = 0


class SharedAssociations:
    """The table; made before the processes are."""

    def __init__(self, processes: int, places: int) -> None:
        """Make room for so many associations in each process."""
        self.processes = processes
        self._words = 1 + places  # the number of connections, and the address of each association
        memory = mmap.mmap(-1, processes * self._words * _WORD_BYTES)
        self._table = memoryview(memory).cast("Q")
        # A lock on a file ends with the process that holds it, unlike one in memory.
        self._lock_file = os.memfd_create("associations") if processes > 1 else None
        if self._lock_file is not None:
            weakref.finalize(self, os.close, self._lock_file)

    def part(self, number: int) -> "OwnAssociations":
        """Return the view of one process, counted from 0."""
        return OwnAssociations(self, number)

    def clear(self, number: int) -> None:
        """Forget what a process that has ended had."""
        self._table[self._slice(number)] = memoryview(bytes(self._words * _WORD_BYTES)).cast("Q")

    @contextmanager
    def locked(self) -> Iterator[None]:
        """Keep the other processes out; the caller keeps its own threads out."""
        if self._lock_file is None:
            yield
            return
        fcntl.lockf(self._lock_file, fcntl.LOCK_EX)
        try:
            yield
        finally:
            fcntl.lockf(self._lock_file, fcntl.LOCK_UN)

    def write(self, number: int, connections: int, hosts: Sequence[str]) -> None:
        """Write the whole part of a process."""
        words = [connections, *map(_word, hosts)]
        part = self._slice(number)
        for position, word in enumerate(words, start=part.start):
            self._table[position] = word
        for position in range(part.start + len(words), part.stop):
            self._table[position] = _FREE

    def others(self, number: int) -> Iterator[Sequence[int]]:
        """Yield the part of each other process."""
        for each in range(self.processes):
            if each != number:
                yield self._table[self._slice(each)].tolist()

    def _slice(self, number: int) -> slice:
        return slice(number * self._words, (number + 1) * self._words)


class OwnAssociations:
    """What one process says of its connections, and learns of those of the others."""

    def __init__(self, shared: SharedAssociations, number: int) -> None:
        self._shared = shared
        self._number = number
        self._connections = 0

    @property
    def processes(self) -> int:
        """How many share the port."""
        return self._shared.processes

    @contextmanager
    def locked(self) -> Iterator[None]:
        """Keep the other processes from changing anything."""
        with self._shared.locked():
            yield

    def say(self, connections: int, hosts: Sequence[str]) -> None:
        """Say how many connections are open, and from where there are associations."""
        self._connections = connections
        self._shared.write(self._number, connections, hosts)

    def elsewhere(self, host: str | None = None) -> int:
        """Count the associations of the other processes, all or those from one address."""
        wanted = None if host is None else _word(host)
        return sum(
            word != _FREE and wanted in (None, word)
            for part in self._shared.others(self._number)
            for word in part[1:]
        )

    def is_busier(self) -> bool:
        """Say whether another process has fewer connections."""
        others = [part[0] for part in self._shared.others(self._number)]
        return bool(others) and self._connections > min(others)


def _word(host: str) -> int:
    digest = hashlib.blake2b(host.encode(), digest_size=_WORD_BYTES).digest()
    return int.from_bytes(digest, "little") or 1
