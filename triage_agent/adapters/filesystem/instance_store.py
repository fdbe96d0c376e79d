"""The InstanceStore port on a local file system: 256 folders, files named by the digest."""

import os
import re
import tempfile
import time
from collections.abc import Sequence
from concurrent.futures import ThreadPoolExecutor
from contextlib import suppress
from pathlib import Path
from typing import Final

from triage_agent.adapters.filesystem.aligned_blocks import BlockPool
from triage_agent.adapters.filesystem.incoming_file import IncomingFile, translating_full_disk
from triage_agent.domain.instance import StoredObject
from triage_agent.errors import will_pass
from triage_agent.ports.storage import Digest

_DIGEST: Final = re.compile(r"[0-9a-f]{64}")
# The second level is of objects that were stored before there was one only.
_LOCATION: Final = re.compile(r"(objects/[0-9a-f]{2}(/[0-9a-f]{2})?|quarantine)/[0-9a-f]{64}\.dcm")
# No write takes that long, so an older temporary file was left by a process that died.
_LEFTOVER_SECONDS: Final = 3600.0
# For the writes of objects that arrive at once; more of them wait for each other.
_THREADS: Final = 16


class FilesystemInstanceStore:
    """Keeps `triage_agent.ports.InstanceStore` under a folder that all roles of a machine share.

    Every write goes to a temporary file; it, its new name and new folders are fsynced before a
    method returns. What is there under a digest but was never returned may be what a crash has left
    of an object, so a file is never taken for an object because of its name.
    """

    def __init__(self, data_dir: Path) -> None:
        self._root = data_dir
        self._objects = data_dir / "objects"
        self._incoming = data_dir / "incoming"
        self._quarantine = data_dir / "quarantine"
        self._durable: set[Path] = set()
        self._blocks = BlockPool()
        self._threads = ThreadPoolExecutor(_THREADS, thread_name_prefix="instance-store")
        data_dir.mkdir(parents=True, exist_ok=True)
        for folder in (self._objects, self._incoming, self._quarantine):
            self._make_folder(folder)
        self._make_shelves()

    def free_bytes(self) -> int:
        """Return how many bytes an unprivileged process may still write."""
        file_system = os.statvfs(self._root)
        return file_system.f_bavail * file_system.f_frsize

    def begin(self, head: bytes, digest: Digest) -> IncomingFile:
        """Take an object that arrives in parts; see the port. Raises StorageFull."""
        return IncomingFile(
            self._incoming,
            head,
            digest,
            place=self._place,
            blocks=self._blocks,
            threads=self._threads,
        )

    def put(self, part10: Sequence[bytes | memoryview], digest: str) -> StoredObject:
        """Keep the concatenation of `part10` under `digest`; see the port. Raises StorageFull."""
        if _DIGEST.fullmatch(digest) is None:
            raise ValueError("a digest is 64 hexadecimal digits")
        folder = self._objects / digest[:2]
        path = folder / f"{digest}.dcm"
        with translating_full_disk():
            self._make_folder(folder)
            self._write(part10, path)
        return self._stored(path, digest)

    def path(self, location: str) -> Path:
        """Return the file of a stored object. Raises ValueError for what is no location."""
        if _LOCATION.fullmatch(location) is None:
            raise ValueError("not a location of this store")
        return self._root / location

    def read(self, location: str) -> bytes:
        """Return a stored object's bytes. Raises FileNotFoundError."""
        return self.path(location).read_bytes()

    def will_pass(self, error: Exception, location: str) -> bool:
        """Say whether what came of reading a stored object will pass; see the port."""
        is_gone = isinstance(error, FileNotFoundError) and _holds_any(self.path(location).parent)
        return will_pass(error) and not is_gone

    def quarantine(self, stored: StoredObject) -> StoredObject:
        """Move an object out of the way of all processing; doing it again changes nothing."""
        source = self.path(stored.location)
        target = self._quarantine / f"{stored.digest}.dcm"
        with suppress(FileNotFoundError):  # moved by an earlier attempt
            source.rename(target)
        _fsync_folder(self._quarantine)
        if source.parent.is_dir():
            _fsync_folder(source.parent)
        return self._stored(target, stored.digest)

    def discard_leftovers(self, older_than_seconds: float = _LEFTOVER_SECONDS) -> int:
        """Remove temporary files of processes that died; return how many. For the start."""
        newest = time.time() - older_than_seconds
        removed = 0
        for path in self._incoming.iterdir():
            with suppress(FileNotFoundError):  # another role's process was faster
                if path.stat().st_mtime <= newest:
                    path.unlink()
                    removed += 1
        return removed

    def _write(self, part10: Sequence[bytes | memoryview], path: Path) -> None:
        descriptor, name = tempfile.mkstemp(dir=self._incoming)
        try:
            with os.fdopen(descriptor, "wb", buffering=0) as file:
                for part in part10:
                    _write_all(descriptor, part)
                os.fsync(file)
            Path(name).rename(path)
        except BaseException:
            Path(name).unlink(missing_ok=True)
            raise
        _fsync_folder(path.parent)

    def _make_shelves(self) -> None:
        """Make all folders for objects at once: their parent reaches the disk once, not 256 times.

        That all are there does not say that another process has come as far as that.
        """
        shelves = [self._objects / f"{number:02x}" for number in range(256)]
        for shelf in shelves:
            shelf.mkdir(exist_ok=True)
        _fsync_folder(self._objects)
        self._durable.update(shelves)

    def _place(self, whole: Path, descriptor: int, digest: str) -> StoredObject:
        """Make a file that was written durable under its digest.

        Named before it is fsynced, so that file and name reach a journal in one commit. Nothing is
        replaced before what takes its place is durable: it may be registered.
        """
        folder = self._objects / digest[:2]
        path = folder / f"{digest}.dcm"
        self._make_folder(folder)
        try:
            os.link(whole, path)
        except OSError:  # the name is taken, or the file system has no links
            os.fsync(descriptor)
            whole.rename(path)
        else:
            os.fsync(descriptor)
        _fsync_folder(folder)
        return self._stored(path, digest)

    def _make_folder(self, folder: Path) -> None:
        # That a folder is there does not say that another process has fsynced its parent yet.
        if folder == self._root or (folder in self._durable and folder.is_dir()):
            return
        self._make_folder(folder.parent)
        folder.mkdir(exist_ok=True)
        _fsync_folder(folder.parent)
        self._durable.add(folder)

    def _stored(self, path: Path, digest: str) -> StoredObject:
        return StoredObject(
            location=path.relative_to(self._root).as_posix(),
            digest=digest,
            size_bytes=path.stat().st_size,
        )


def _write_all(descriptor: int, part: bytes | memoryview) -> None:
    rest = memoryview(part)
    while rest:
        rest = rest[os.write(descriptor, rest) :]


def _holds_any(folder: Path) -> bool:
    try:
        with os.scandir(folder) as entries:
            return any(True for _ in entries)
    except OSError:
        return False


def _fsync_folder(folder: Path) -> None:
    descriptor = os.open(folder, os.O_RDONLY | os.O_DIRECTORY)
    try:
        os.fsync(descriptor)
    finally:
        os.close(descriptor)
