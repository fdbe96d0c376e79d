"""One object on its way into the store: hashed and written to the disk while it arrives.

What arrives is collected in blocks. One that is full is hashed, and another thread writes it
meanwhile and while the next one fills. It goes past the page cache (O_DIRECT): filling that costs
several times what all the rest of receiving does, and the bytes have to be on the disk before the
answer anyway. Only the beginning, where the header is read, and the last few bytes go through the
cache; so does all of it where a file system does not take direct writes.
"""

import errno
import mmap
import os
import tempfile
from collections.abc import Callable, Iterator, Sequence
from concurrent.futures import Executor, Future
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import Final

from triage_agent.adapters.filesystem.aligned_blocks import BLOCK_BYTES, BlockPool
from triage_agent.domain.instance import StoredObject
from triage_agent.errors import StorageFull
from triage_agent.ports.storage import Digest

# Disk, quota, or the process's own limit on the size of a file.
_FULL: Final = frozenset({errno.ENOSPC, errno.EDQUOT, errno.EFBIG})
_ALIGNMENT: Final = 4096  # of offsets and lengths: no disk has larger sectors
_CACHED_BYTES: Final = 131_072  # of the beginning; nearly every header is shorter

Part = bytes | memoryview
# Brings a temporary file, of which a descriptor is open, and its digest into the store.
Place = Callable[[Path, int, str], StoredObject]


class IncomingFile:
    """Keeps `triage_agent.ports.IncomingObject` in a temporary file; `place` makes it durable."""

    def __init__(
        self,
        folder: Path,
        head: bytes,
        digest: Digest,
        *,
        place: Place,
        blocks: BlockPool,
        threads: Executor,
    ) -> None:
        self._place = place
        self._blocks = blocks
        self._threads = threads
        self._head_bytes = len(head)
        self._digest = digest
        self._writing: Future[None] | None = None
        self._sealed = False
        with translating_full_disk():
            self._descriptor, name = tempfile.mkstemp(dir=folder)
        self._path: Path | None = Path(name)
        self._direct = _open_direct(self._path)
        self._written = 0  # handed on from full blocks
        self._block, self._other = blocks.take(), blocks.take()
        self._filled = len(head)
        self._block[: self._filled] = head

    @property
    def size_bytes(self) -> int:
        """How long the data set is so far."""
        return self._written + self._filled - self._head_bytes

    def write(self, parts: Sequence[Part]) -> None:
        """Append a copy of the parts. Raises StorageFull, also for what came before."""
        for part in parts:
            end = self._filled + len(part)
            if end < BLOCK_BYTES:
                self._block[self._filled : end] = part
                self._filled = end
            else:
                self._append_over_the_end(memoryview(part))

    def seal(self) -> None:
        """Say that nothing follows; see the port. Raises StorageFull."""
        if self._sealed:
            return
        self._sealed = True
        self._hand_on(self._block[: self._filled])
        self._wait()

    def content(self) -> Part:
        """Return the data set; mapped, so that only what is looked at takes memory."""
        self.seal()
        if not self.size_bytes:
            return b""
        mapped = mmap.mmap(self._descriptor, self._written + self._filled, prot=mmap.PROT_READ)
        return memoryview(mapped)[self._head_bytes :]

    def keep(self) -> StoredObject:
        """Make the object durable under its digest. Raises StorageFull."""
        if self._path is None:
            raise ValueError("the object was discarded")
        try:
            self.seal()
            with translating_full_disk():
                return self._place(self._path, self._descriptor, self._digest.hexdigest())
        finally:
            self.discard()

    def discard(self) -> None:
        """Forget it; what was kept stays."""
        if self._path is None:
            return
        path, self._path = self._path, None
        with suppress(OSError, StorageFull):
            self._wait()
        for block in (self._block, self._other):
            self._blocks.give_back(block)
        os.close(self._descriptor)
        if self._direct is not None:
            os.close(self._direct)
        path.unlink(missing_ok=True)

    def _append_over_the_end(self, part: memoryview) -> None:
        while part:
            taken = min(len(part), BLOCK_BYTES - self._filled)
            self._block[self._filled : self._filled + taken] = part[:taken]
            self._filled += taken
            part = part[taken:]
            if self._filled == BLOCK_BYTES:
                self._pass_on()

    def _pass_on(self) -> None:
        """Hand on the full block, and go on in the other one."""
        block = self._block
        self._hand_on(block)
        self._written += BLOCK_BYTES
        self._block, self._other, self._filled = self._other, block, 0

    def _hand_on(self, block: memoryview) -> None:
        """Hash a block while it is written; the one before it is written then."""
        self._wait()
        self._writing = self._threads.submit(self._write_at, block, self._written)
        self._digest.update(block if self._written else block[self._head_bytes :])

    def _wait(self) -> None:
        writing, self._writing = self._writing, None
        if writing is not None:
            with translating_full_disk():
                writing.result()

    def _write_at(self, block: memoryview, offset: int) -> None:
        """Write a block, whose offset is a multiple of `BLOCK_BYTES`."""
        first = 0 if offset else min(_CACHED_BYTES, len(block))
        last = max(first, len(block) // _ALIGNMENT * _ALIGNMENT)
        self._write_cached(block[:first], offset)
        if first < last and not self._write_direct(block[first:last], offset + first):
            self._write_cached(block[first:last], offset + first)
            # Starts the write-back, so that little is left to wait for at the end.
            os.posix_fadvise(self._descriptor, offset, len(block), os.POSIX_FADV_DONTNEED)
        self._write_cached(block[last:], offset + last)

    def _write_cached(self, rest: memoryview, offset: int) -> None:
        while rest:
            written = os.pwrite(self._descriptor, rest, offset)
            rest, offset = rest[written:], offset + written

    def _write_direct(self, rest: memoryview, offset: int) -> bool:
        """Write past the page cache; False if that is not to be had here."""
        if self._direct is None:
            return False
        try:
            # One that came short, as on a disk that is nearly full, is written again as a whole.
            return os.pwrite(self._direct, rest, offset) == len(rest)
        except OSError as error:
            if error.errno != errno.EINVAL:
                raise
            return False


def _open_direct(path: Path) -> int | None:
    try:
        return os.open(path, os.O_WRONLY | os.O_DIRECT | os.O_CLOEXEC)
    except OSError:  # EINVAL of a file system that has no such thing; others show in `pwrite`
        return None


@contextmanager
def translating_full_disk() -> Iterator[None]:
    """Raise StorageFull where the system says that the disk takes no more."""
    try:
        yield
    except OSError as error:
        if error.errno in _FULL:
            raise StorageFull(f"the disk takes no more: {error.strerror}") from error
        raise
