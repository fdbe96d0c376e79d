"""Where encoded objects are kept."""

from collections.abc import Sequence
from pathlib import Path
from typing import Protocol

from triage_agent.domain.instance import StoredObject


class Digest(Protocol):
    """Computes what an object is known by: 64 hexadecimal digits."""

    def update(self, data: bytes | memoryview, /) -> object:
        """Take what follows."""
        ...

    def hexdigest(self) -> str:
        """Return the digest of all that was taken."""
        ...


class IncomingObject(Protocol):
    """An encoded object that arrives in parts. It is in no one's way until it is kept.

    Ends with `keep` or `discard`; after `keep`, `discard` changes nothing.
    """

    @property
    def size_bytes(self) -> int:
        """How long the data set is so far, the head not counted."""
        ...

    def write(self, parts: Sequence[bytes | memoryview]) -> None:
        """Append a copy of parts of the data set. Raises StorageFull, also for what came before."""
        ...

    def seal(self) -> None:
        """Say that nothing follows. Raises StorageFull."""
        ...

    def content(self) -> bytes | memoryview:
        """Return the data set without the head; valid while the object is neither kept nor gone."""
        ...

    def keep(self) -> StoredObject:
        """Keep the object under its digest, with the promises of `InstanceStore.put`.

        Raises StorageFull, and ValueError for what was discarded.
        """
        ...

    def discard(self) -> None:
        """Forget the object."""
        ...


class InstanceStore(Protocol):
    """Where encoded objects are kept, named by their digest, never by received text."""

    def free_bytes(self) -> int:
        """Return how many bytes may still be written."""
        ...

    def begin(self, head: bytes, digest: Digest) -> IncomingObject:
        """Begin an object: a head, then a data set in parts, which the digest takes.

        Raises StorageFull.
        """
        ...

    def put(self, part10: Sequence[bytes | memoryview], digest: str) -> StoredObject:
        """Keep the concatenation of `part10` under `digest`, 64 hexadecimal digits.

        On return the bytes, their name and the folder are written and fsynced. Putting a digest
        again changes nothing that can be seen. Raises StorageFull.
        """
        ...

    def path(self, location: str) -> Path:
        """Return the file that holds a stored object."""
        ...

    def read(self, location: str) -> bytes:
        """Return a stored object's bytes. Raises FileNotFoundError."""
        ...

    def will_pass(self, error: Exception, location: str) -> bool:
        """Say whether what came of reading a stored object will pass (`errors.will_pass`).

        A file that is not there is gone for good only where its folder is there and holds others;
        else it is the disk that is not there, though a node that was started meanwhile may have
        made its folders anew.
        """
        ...

    def quarantine(self, stored: StoredObject) -> StoredObject:
        """Move an object out of the way of all processing; its bytes are kept."""
        ...
