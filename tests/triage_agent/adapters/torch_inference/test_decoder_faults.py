"""What keeps an object from being decoded and is none of its doing."""

import resource
from collections.abc import Callable
from pathlib import Path

import pytest

from triage_agent.adapters.filesystem.instance_store import FilesystemInstanceStore
from triage_agent.adapters.torch_inference.decoder import DecoderPool, _disk_error
from triage_agent.adapters.torch_inference.decoder_child import _fault
from triage_agent.errors import DecoderCrashed, DecodingUnavailable, PixelsUnreadable


def test_a_disk_that_fails_is_not_the_fault_of_the_file(
    make_pool: Callable[..., DecoderPool], tmp_path: Path
) -> None:
    with pytest.raises(DecodingUnavailable, match="the disk failed: Is a directory"):
        make_pool().read(str(tmp_path))


def test_only_a_file_that_is_gone_for_good_is_unreadable(
    make_pool: Callable[..., DecoderPool], tmp_path: Path
) -> None:
    """Where a node was started while its disk was not mounted, its folders are there."""
    store = FilesystemInstanceStore(tmp_path)
    stored = store.put((b"1",), "ab" * 32)
    location = stored.location.replace("ab.dcm", "cd.dcm")
    pool = make_pool(store.path, will_pass=store.will_pass)
    with pytest.raises(PixelsUnreadable, match="the stored object is not there any more"):
        pool.read(location)
    store.path(stored.location).unlink()
    with pytest.raises(DecodingUnavailable, match="the disk failed: No such file"):
        pool.read(location)


def test_a_library_that_objects_to_the_file_is_not_the_disk() -> None:
    answer = _fault(OSError("No tag to read at file position 80"))
    assert answer == {"status": "unreadable", "reason": "the object cannot be read (OSError)"}


@pytest.mark.parametrize("number", [None, "5", -1, 10**30])
def test_a_child_that_makes_up_a_failure_of_the_disk_is_not_believed(number: object) -> None:
    with pytest.raises(DecoderCrashed, match="no failure of a disk"):
        _disk_error(number)


def test_a_child_that_cannot_be_started_is_not_the_fault_of_the_file(
    make_pool: Callable[..., DecoderPool], radiograph: Path
) -> None:
    pool = make_pool()
    soft, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
    pool._starter.submit(bool).result()  # its thread is there
    resource.setrlimit(resource.RLIMIT_NOFILE, (1, hard))  # no file can be opened any more
    try:
        with pytest.raises(DecodingUnavailable, match="no decoder could be started"):
            pool.read(str(radiograph))
    finally:
        resource.setrlimit(resource.RLIMIT_NOFILE, (soft, hard))
    assert pool.read(str(radiograph))[0].shape == (3, 32, 32)


def test_a_child_that_dies_before_it_sees_a_file_is_not_the_fault_of_one(
    make_pool: Callable[..., DecoderPool], radiograph: Path
) -> None:
    with pytest.raises(DecodingUnavailable, match="did not start"):
        make_pool(memory_bytes=2**70).read(str(radiograph))  # it cannot set itself that limit
