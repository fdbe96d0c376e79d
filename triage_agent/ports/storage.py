"""Where encoded objects are kept."""

from collections.abc import Sequence
from pathlib import Path
from typing import Protocol

from triage_agent.domain.instance import StoredObject


class InstanceStore(Protocol):
    """Where encoded objects are kept, named by their digest, never by received text."""

    def free_bytes(self) -> int:
        """Return how many bytes may still be written."""
        ...

    def put(self, part10: Sequence[bytes | memoryview], digest: str) -> StoredObject:
        """Keep the concatenation of `part10` under `digest` (hex SHA-256).

        On return the bytes are written, fsynced, renamed into place and the folder fsynced.
        Putting a digest that is there already changes nothing. Raises StorageFull.
        """
        ...

    def path(self, location: str) -> Path:
        """Return the file that holds a stored object."""
        ...

    def read(self, location: str) -> bytes:
        """Return a stored object's bytes. Raises FileNotFoundError."""
        ...

    def quarantine(self, stored: StoredObject) -> StoredObject:
        """Move an object out of the way of all processing; its bytes are kept."""
        ...
