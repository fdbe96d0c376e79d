"""An InstanceStore in memory, with a disk that a test can fill."""

import errno
import tempfile
from collections.abc import Sequence
from pathlib import Path

from triage_agent.domain.instance import StoredObject
from triage_agent.errors import StorageFull, will_pass
from triage_agent.ports.storage import Digest


class FakeInstanceStore:
    """Keeps `triage_agent.ports.InstanceStore`; `capacity_bytes` is the size of its disk.

    `path` writes the object to a temporary folder, since the port promises a real file.
    """

    def __init__(self, capacity_bytes: int = 1_000_000_000) -> None:
        self.capacity_bytes = capacity_bytes
        self.objects: dict[str, bytes] = {}
        self.arriving_bytes = 0
        self.puts = 0
        self._folder: tempfile.TemporaryDirectory[str] | None = None

    def free_bytes(self) -> int:
        return self.capacity_bytes - self.arriving_bytes - sum(map(len, self.objects.values()))

    def begin(self, head: bytes, digest: Digest) -> "FakeIncomingObject":
        if len(head) > self.free_bytes():
            raise StorageFull("the disk takes no more")
        return FakeIncomingObject(self, head, digest)

    def put(self, part10: Sequence[bytes | memoryview], digest: str) -> StoredObject:
        if len(digest) != 64 or set(digest) - set("0123456789abcdef"):
            raise ValueError("a digest is 64 hexadecimal digits")
        self.puts += 1
        location = f"objects/{digest}"
        content = b"".join(part10)
        if location not in self.objects:
            if len(content) > self.free_bytes():
                raise StorageFull("the disk takes no more")
            self.objects[location] = content
        return self._stored(location, digest)

    def path(self, location: str) -> Path:
        if not location.startswith(("objects/", "quarantine/")) or ".." in location:
            raise ValueError("not a location of this store")
        if self._folder is None:
            self._folder = tempfile.TemporaryDirectory()
        path = Path(self._folder.name) / location
        path.parent.mkdir(parents=True, exist_ok=True)
        if location in self.objects:
            path.write_bytes(self.objects[location])
        else:
            path.unlink(missing_ok=True)
        return path

    def read(self, location: str) -> bytes:
        try:
            return self.objects[location]
        except KeyError:
            raise FileNotFoundError(errno.ENOENT, "no such object", location) from None

    def will_pass(self, error: Exception, location: str) -> bool:
        folder = location.rpartition("/")[0]
        holds_any = any(each.startswith(f"{folder}/") for each in self.objects)
        return will_pass(error) and not (isinstance(error, FileNotFoundError) and holds_any)

    def quarantine(self, stored: StoredObject) -> StoredObject:
        location = f"quarantine/{stored.digest}"
        content = self.objects.pop(stored.location, None)
        if content is not None:
            self.objects[location] = content
        return self._stored(location, stored.digest)

    def close(self) -> None:
        """Remove the temporary folder."""
        if self._folder is not None:
            self._folder.cleanup()

    def _stored(self, location: str, digest: str) -> StoredObject:
        return StoredObject(
            location=location, digest=digest, size_bytes=len(self.objects[location])
        )


class FakeIncomingObject:
    """Keeps `triage_agent.ports.IncomingObject` for a `FakeInstanceStore`."""

    def __init__(self, store: FakeInstanceStore, head: bytes, digest: Digest) -> None:
        self._store = store
        self._head = head
        self._digest = digest
        self._content = b""
        self.is_sealed = self.is_over = False

    @property
    def size_bytes(self) -> int:
        return len(self._content)

    def write(self, parts: Sequence[bytes | memoryview]) -> None:
        more = b"".join(parts)
        if len(self._head) + len(more) > self._store.free_bytes():
            raise StorageFull("the disk takes no more")
        self._content += more
        self._digest.update(more)
        self._store.arriving_bytes += len(more)

    def seal(self) -> None:
        self.is_sealed = True

    def content(self) -> bytes:
        return self._content

    def keep(self) -> StoredObject:
        if self.is_over:
            raise ValueError("the object was discarded")
        content, digest = self._content, self._digest.hexdigest()
        self.discard()
        return self._store.put((self._head, content), digest)

    def discard(self) -> None:
        self._store.arriving_bytes -= len(self._content)
        self._content = b""
        self.is_over = True
