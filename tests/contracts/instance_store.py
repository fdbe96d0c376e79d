"""What every InstanceStore keeps; run against the fake and the real one."""

import errno
import hashlib

import pytest

from triage_agent.errors import DestinationUnreachable, PixelsUnreadable
from triage_agent.ports.storage import InstanceStore

PARTS = (b"head", memoryview(b"data set"))
WHOLE = b"headdata set"


def digest_of(content: str) -> str:
    return hashlib.sha256(content.encode()).hexdigest()


class InstanceStoreContract:
    """Subclasses give the fixture `store`."""

    def test_an_object_is_read_as_it_was_put(self, store: InstanceStore) -> None:
        stored = store.put(PARTS, digest_of("one"))

        assert store.read(stored.location) == WHOLE
        assert store.path(stored.location).read_bytes() == WHOLE
        assert stored.size_bytes == len(WHOLE)
        assert stored.digest == digest_of("one")

    def test_putting_again_changes_nothing(self, store: InstanceStore) -> None:
        first = store.put(PARTS, digest_of("one"))

        assert store.put(PARTS, digest_of("one")) == first
        assert store.read(first.location) == WHOLE

    def test_objects_do_not_meet(self, store: InstanceStore) -> None:
        one = store.put((b"1",), digest_of("one"))
        two = store.put((b"2",), digest_of("two"))

        assert (store.read(one.location), store.read(two.location)) == (b"1", b"2")

    def test_a_quarantined_object_is_moved_and_kept(self, store: InstanceStore) -> None:
        stored = store.put(PARTS, digest_of("one"))

        moved = store.quarantine(stored)

        assert moved.location != stored.location
        assert (moved.digest, moved.size_bytes) == (stored.digest, stored.size_bytes)
        assert store.read(moved.location) == WHOLE
        with pytest.raises(FileNotFoundError):
            store.read(stored.location)
        assert not store.path(stored.location).exists()

    def test_only_an_object_that_is_gone_from_among_others_does_not_come_back(
        self, store: InstanceStore
    ) -> None:
        gone, other = (store.put(PARTS, f"ab{number:062}") for number in range(2))
        store.quarantine(gone)
        missing = FileNotFoundError(errno.ENOENT, "No such file or directory")

        assert not store.will_pass(missing, gone.location)
        store.quarantine(other)
        assert store.will_pass(missing, gone.location)

    @pytest.mark.parametrize(
        ("error", "passes"),
        [
            (OSError(errno.EIO, "Input/output error"), True),
            (DestinationUnreachable("connection reset"), True),
            (OSError("No tag to read at file position 80"), False),
            (PixelsUnreadable("it is torn"), False),
            (RuntimeError("a fault"), False),
        ],
    )
    def test_what_will_pass(
        self,
        store: InstanceStore,
        error: Exception,
        passes: bool,  # noqa: FBT001  a test's parameter
    ) -> None:
        stored = store.put(PARTS, digest_of("one"))

        assert store.will_pass(error, stored.location) is passes

    def test_quarantining_again_changes_nothing(self, store: InstanceStore) -> None:
        stored = store.put(PARTS, digest_of("one"))

        assert store.quarantine(stored) == store.quarantine(stored)

    def test_what_was_quarantined_can_be_put_and_quarantined_again(
        self, store: InstanceStore
    ) -> None:
        first = store.quarantine(store.put(PARTS, digest_of("one")))

        assert store.quarantine(store.put(PARTS, digest_of("one"))) == first

    def test_an_object_that_came_in_parts_is_as_one_that_was_put(
        self, store: InstanceStore
    ) -> None:
        digest = digest_of("seed" + "data set")
        arriving = store.begin(b"head", hashlib.sha256(b"seed"))
        arriving.write([memoryview(b"data "), b""])
        arriving.write([b"s", memoryview(b"et")])
        arriving.seal()

        assert bytes(arriving.content()) == b"data set"
        assert arriving.size_bytes == 8
        kept = arriving.keep()
        arriving.discard()

        assert store.read(kept.location) == WHOLE
        assert kept == store.put(PARTS, digest)

    def test_an_object_that_was_discarded_is_nowhere(self, store: InstanceStore) -> None:
        free = store.free_bytes()
        arriving = store.begin(b"head", hashlib.sha256(b"seed"))
        arriving.write([bytes(8_000_000)])

        arriving.discard()
        arriving.discard()

        assert store.free_bytes() > free - 8_000_000
        with pytest.raises(ValueError, match="discarded"):
            arriving.keep()

    def test_the_same_object_may_arrive_twice_at_once(self, store: InstanceStore) -> None:
        both = [store.begin(b"head", hashlib.sha256(b"seed")) for _ in range(2)]
        for arriving in both:
            arriving.write([b"data set"])

        one, two = (arriving.keep() for arriving in both)

        assert one == two
        assert store.read(one.location) == WHOLE

    def test_an_empty_object_has_an_empty_content(self, store: InstanceStore) -> None:
        arriving = store.begin(b"head", hashlib.sha256(b"seed"))
        arriving.seal()

        assert bytes(arriving.content()) == b""
        assert store.read(arriving.keep().location) == b"head"

    def test_free_bytes_are_a_number_of_bytes(self, store: InstanceStore) -> None:
        assert store.free_bytes() > 1_000_000

    @pytest.mark.parametrize("digest", ["", "abc", "../" * 22, "G" * 64, "A" * 64])
    def test_only_digests_name_objects(self, store: InstanceStore, digest: str) -> None:
        with pytest.raises(ValueError, match="digest"):
            store.put(PARTS, digest)

    @pytest.mark.parametrize("location", ["", "../secret", "/etc/passwd", "objects/../../x"])
    def test_only_its_own_locations_are_files_of_the_store(
        self, store: InstanceStore, location: str
    ) -> None:
        with pytest.raises(ValueError, match="location"):
            store.path(location)
