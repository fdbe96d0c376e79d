from collections.abc import Iterator

import pytest

from tests.contracts.instance_store import InstanceStoreContract, digest_of
from tests.fakes.instance_store import FakeInstanceStore
from triage_agent.errors import StorageFull


class TestFakeInstanceStore(InstanceStoreContract):
    @pytest.fixture
    def store(self) -> Iterator[FakeInstanceStore]:
        store = FakeInstanceStore()
        yield store
        store.close()


def test_a_full_disk_takes_no_more_and_recovers() -> None:
    store = FakeInstanceStore(capacity_bytes=5)

    with pytest.raises(StorageFull):
        store.put((b"123456",), digest_of("one"))
    assert store.objects == {}
    store.capacity_bytes = 6
    assert store.put((b"123456",), digest_of("one")).size_bytes == 6
