"""One object on its way into the store: written, hashed and sent to the disk as it arrives."""

import errno
import hashlib
import mmap
import os
import tempfile
from collections.abc import Callable, Iterator, Sequence
from concurrent.futures import Executor, Future
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import Final

from triage_agent.domain.instance import StoredObject
from triage_agent.errors import StorageFull

# Disk, quota, or the process's own limit on the size of a file.
_FULL: Final = frozenset({errno.ENOSPC, errno.EDQUOT, errno.EFBIG})
_PARTS_AT_ONCE: Final = 1024  # IOV_MAX of Linux

Part = bytes | memoryview
Place = Callable[[Path, str], StoredObject]  # a temporary file and its digest, into the store


class IncomingFile:
    """Keeps `triage_agent.ports.IncomingObject` in a temporary file.

    The hash is computed beside the writes, in a thread of `threads`, since both take about as long
    as the network does; `place` renames the file.
    """

    def __init__(
        self, folder: Path, head: bytes, digest_seed: bytes, *, place: Place, threads: Executor
    ) -> None:
        self._place = place
        self._threads = threads
        self._head_bytes = len(head)
        self._digest = hashlib.sha256(digest_seed)
        self._hashing: Future[None] | None = None
        self._reaching_disk: Future[None] | None = None
        with translating_full_disk():
            self._descriptor, name = tempfile.mkstemp(dir=folder)
        self._path: Path | None = Path(name)
        self._size_bytes = 0
        try:
            self._append([head])
        except BaseException:
            self.discard()
            raise

    @property
    def size_bytes(self) -> int:
        """How long the data set is so far."""
        return self._size_bytes - self._head_bytes

    def write(self, parts: Sequence[Part]) -> None:
        """Append; the parts must stay as they are until the next call. Raises StorageFull."""
        self._wait_for_hash()
        self._hashing = self._threads.submit(self._hash, parts)
        before = self._size_bytes
        self._append(parts)
        # Starts the write-back, so that little is left to wait for at the end.
        os.posix_fadvise(
            self._descriptor, before, self._size_bytes - before, os.POSIX_FADV_DONTNEED
        )

    def seal(self) -> Future[None]:
        """Say that nothing follows: the rest goes to the disk while the caller goes on."""
        self._reaching_disk = self._threads.submit(os.fsync, self._descriptor)
        return self._reaching_disk

    def content(self) -> Part:
        """Return the data set; mapped, so that only what is looked at takes memory."""
        if not self.size_bytes:
            return b""
        mapped = mmap.mmap(self._descriptor, self._size_bytes, prot=mmap.PROT_READ)
        return memoryview(mapped)[self._head_bytes :]

    def digest(self) -> str:
        """Return the SHA-256 (hex) over the seed and the data set."""
        self._wait_for_hash()
        return self._digest.hexdigest()

    def keep(self) -> StoredObject:
        """Make the object durable under its digest. Raises StorageFull."""
        if self._path is None:
            raise ValueError("the object was discarded")
        try:
            with translating_full_disk():
                (self._reaching_disk or self.seal()).result()
                return self._place(self._path, self.digest())
        finally:
            self.discard()

    def discard(self) -> None:
        """Forget it; what was kept stays."""
        if self._path is None:
            return
        path, self._path = self._path, None
        with suppress(OSError):
            self._wait_for_hash()
            if self._reaching_disk is not None:
                self._reaching_disk.result()
        os.close(self._descriptor)
        path.unlink(missing_ok=True)

    def _append(self, parts: Sequence[Part]) -> None:
        with translating_full_disk():
            for first in range(0, len(parts), _PARTS_AT_ONCE):
                self._write_all(parts[first : first + _PARTS_AT_ONCE])

    def _write_all(self, parts: Sequence[Part]) -> None:
        written = os.writev(self._descriptor, parts)
        self._size_bytes += written
        for part in parts:
            # A write that came short, as on a disk that is nearly full: the rest, or its error.
            rest = memoryview(part)[min(len(part), written) :]
            written -= len(part) - len(rest)
            while rest:
                more = os.write(self._descriptor, rest)
                self._size_bytes += more
                rest = rest[more:]

    def _hash(self, parts: Sequence[Part]) -> None:
        for part in parts:
            self._digest.update(part)

    def _wait_for_hash(self) -> None:
        if self._hashing is not None:
            self._hashing.result()
            self._hashing = None


@contextmanager
def translating_full_disk() -> Iterator[None]:
    """Raise StorageFull where the system says that the disk takes no more."""
    try:
        yield
    except OSError as error:
        if error.errno in _FULL:
            raise StorageFull(f"the disk takes no more: {error.strerror}") from error
        raise
