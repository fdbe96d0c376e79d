"""An InstanceStore in memory, as far as pages and checks need one."""

from collections.abc import Sequence
from pathlib import Path

from triage_agent.domain.instance import StoredObject
from triage_agent.errors import StorageFull


class FakeInstanceStore:
    """Keeps `triage_agent.ports.InstanceStore`, but for `path`: nothing lies on a disk."""

    def __init__(self, free_bytes: int = 10**9) -> None:
        self.objects: dict[str, bytes] = {}
        self.quarantined: dict[str, bytes] = {}
        self.free = free_bytes

    def free_bytes(self) -> int:
        return self.free

    def put(self, part10: Sequence[bytes | memoryview], digest: str) -> StoredObject:
        content = b"".join(part10)
        if len(content) > self.free:
            raise StorageFull(f"{len(content)} bytes do not fit into {self.free}")
        kept = self.objects.setdefault(digest, content)
        return StoredObject(location=digest, digest=digest, size_bytes=len(kept))

    def path(self, location: str) -> Path:
        raise FileNotFoundError(location)

    def read(self, location: str) -> bytes:
        if location not in self.objects:
            raise FileNotFoundError(location)
        return self.objects[location]

    def quarantine(self, stored: StoredObject) -> StoredObject:
        self.quarantined[stored.location] = self.objects.pop(stored.location)
        return stored
