import errno
import fcntl
import hashlib
import os
import subprocess
import sys
import time
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest

from tests.contracts.instance_store import PARTS, WHOLE, InstanceStoreContract, digest_of
from triage_agent.adapters.filesystem import incoming_file
from triage_agent.adapters.filesystem.instance_store import FilesystemInstanceStore
from triage_agent.errors import StorageFull


class TestFilesystemInstanceStore(InstanceStoreContract):
    @pytest.fixture
    def store(self, tmp_path: Path) -> FilesystemInstanceStore:
        return FilesystemInstanceStore(tmp_path / "data")


@pytest.fixture
def store(tmp_path: Path) -> FilesystemInstanceStore:
    return FilesystemInstanceStore(tmp_path / "data")


def files(folder: Path) -> list[Path]:
    return sorted(path for path in folder.rglob("*") if path.is_file())


def test_objects_lie_in_one_of_256_folders_under_their_digest(
    store: FilesystemInstanceStore, tmp_path: Path
) -> None:
    digest = digest_of("one")

    store.put(PARTS, digest)

    expected = tmp_path / "data" / "objects" / digest[:2] / f"{digest}.dcm"
    assert files(tmp_path) == [expected]


def test_a_second_store_on_the_folder_sees_the_object(
    store: FilesystemInstanceStore, tmp_path: Path
) -> None:
    stored = store.put(PARTS, digest_of("one"))

    other = FilesystemInstanceStore(tmp_path / "data")

    assert other.read(stored.location) == WHOLE
    assert other.put(PARTS, digest_of("one")) == stored


# In a process of its own: the limit holds for every file, the log of the test run among them.
FULL_DISK = """
import resource, sys
from pathlib import Path
from tests.contracts.instance_store import PARTS, WHOLE, digest_of
from triage_agent.adapters.filesystem.instance_store import FilesystemInstanceStore
from triage_agent.errors import StorageFull

data = Path(sys.argv[1])
store = FilesystemInstanceStore(data)
soft, hard = resource.getrlimit(resource.RLIMIT_FSIZE)
resource.setrlimit(resource.RLIMIT_FSIZE, (len(WHOLE) - 1, hard))
try:
    store.put(PARTS, digest_of("one"))
except StorageFull:
    pass
else:
    sys.exit("a full disk was not noticed")
finally:
    resource.setrlimit(resource.RLIMIT_FSIZE, (soft, hard))
left = [path for path in data.rglob("*") if path.is_file()]
if left:
    sys.exit(f"left behind: {left}")
stored = store.put(PARTS, digest_of("one"))
if store.read(stored.location) != WHOLE:
    sys.exit("not what was put")
"""


def test_a_full_disk_leaves_nothing_behind_and_recovers(tmp_path: Path) -> None:
    done = subprocess.run(
        [sys.executable, "-c", FULL_DISK, str(tmp_path / "data")],
        cwd=Path(__file__).parents[4],
        capture_output=True,
        text=True,
        check=False,
    )

    assert done.returncode == 0, done.stderr


@pytest.mark.parametrize(
    ("number", "expected"),
    [(errno.ENOSPC, StorageFull), (errno.EDQUOT, StorageFull), (errno.EIO, OSError)],
)
def test_only_lack_of_space_is_a_full_disk(
    store: FilesystemInstanceStore,
    monkeypatch: pytest.MonkeyPatch,
    tmp_path: Path,
    number: int,
    expected: type[Exception],
) -> None:
    def refuse(descriptor: int) -> None:
        del descriptor
        raise OSError(number, os.strerror(number))

    monkeypatch.setattr(os, "fsync", refuse)

    with pytest.raises(expected):
        store.put(PARTS, digest_of("one"))
    assert files(tmp_path) == []


def test_everything_that_changed_is_fsynced_before_put_returns(
    store: FilesystemInstanceStore, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    synced: list[Path] = []
    fsync = os.fsync

    def note(file: object) -> None:
        descriptor = file if isinstance(file, int) else file.fileno()  # type: ignore[attr-defined]
        synced.append(Path(f"/proc/self/fd/{descriptor}").readlink())
        fsync(descriptor)

    monkeypatch.setattr(os, "fsync", note)
    digest = digest_of("one")
    objects = tmp_path / "data" / "objects"

    store.put(PARTS, digest)
    first, synced[:] = list(synced), []
    store.put(PARTS, digest)

    leaf = objects / digest[:2]
    for each in (first, synced):  # the second time nothing is taken on trust
        assert each[0].parent == tmp_path / "data" / "incoming"
        assert each[1:] == [leaf]  # after the rename; the folder itself since the start


@pytest.mark.parametrize("links", [True, False])
def test_what_arrived_is_fsynced_with_its_name_before_it_is_kept(
    store: FilesystemInstanceStore, monkeypatch: pytest.MonkeyPatch, tmp_path: Path, links: object
) -> None:
    digest = digest_of("data set")
    leaf = tmp_path / "data" / "objects" / digest[:2]
    path = leaf / f"{digest}.dcm"
    done: list[tuple[Path, bool]] = []
    fsync = os.fsync

    def note(descriptor: int) -> None:
        done.append((Path(f"/proc/self/fd/{descriptor}").readlink(), path.exists()))
        fsync(descriptor)

    def refuse(*_: object) -> None:
        raise OSError(errno.EPERM, os.strerror(errno.EPERM))

    arriving = store.begin(b"head", hashlib.sha256())
    arriving.write([b"data set"])
    monkeypatch.setattr(os, "fsync", note)
    if not links:
        monkeypatch.setattr(os, "link", refuse)

    kept = arriving.keep()

    (file, named), (folder, _) = done
    assert file.parent == tmp_path / "data" / "incoming"
    assert folder == leaf
    assert named is links
    assert store.read(kept.location) == WHOLE
    assert files(tmp_path) == [path]


@pytest.mark.parametrize("way", ["arrived", "put"])
def test_what_a_crash_left_under_a_digest_is_replaced(
    store: FilesystemInstanceStore, tmp_path: Path, way: str
) -> None:
    digest = digest_of("data set")
    path = tmp_path / "data" / "objects" / digest[:2] / f"{digest}.dcm"
    path.write_bytes(b"head\0\0\0")

    if way == "put":
        store.put(PARTS, digest)
    else:
        arriving = store.begin(b"head", hashlib.sha256())
        arriving.write([b"data set"])
        arriving.keep()

    assert files(tmp_path) == [path]
    assert path.read_bytes() == WHOLE


@pytest.mark.parametrize("size", [0, 1, 131_071, 131_072, 1_048_576 - 4, 1_048_576, 3_000_001])
@pytest.mark.parametrize("direct", [True, False])
def test_objects_of_any_size_arrive_whole(
    store: FilesystemInstanceStore, monkeypatch: pytest.MonkeyPatch, size: int, direct: object
) -> None:
    if not direct:
        monkeypatch.setattr(incoming_file, "_open_direct", lambda _: None)
    content = (bytes(range(251)) * (size // 251 + 1))[:size]
    arriving = store.begin(b"head", hashlib.sha256())
    for start in range(0, size, 200_003):
        arriving.write([memoryview(content)[start : start + 200_003]])

    assert bytes(arriving.content()) == content
    kept = arriving.keep()

    assert store.read(kept.location) == b"head" + content
    assert kept.digest == hashlib.sha256(content).hexdigest()
    assert kept.size_bytes == size + 4


@pytest.mark.parametrize(
    ("answer", "expected"),
    [(errno.EINVAL, None), ("short", None), (errno.ENOSPC, StorageFull), (errno.EIO, OSError)],
)
def test_a_direct_write_that_fails_is_done_through_the_cache_or_told(
    store: FilesystemInstanceStore,
    monkeypatch: pytest.MonkeyPatch,
    tmp_path: Path,
    answer: int | str,
    expected: type[Exception] | None,
) -> None:
    pwrite = os.pwrite

    def write(descriptor: int, data: memoryview, offset: int) -> int:
        flags = fcntl.fcntl(descriptor, fcntl.F_GETFL)
        if not flags & os.O_DIRECT:
            return pwrite(descriptor, data, offset)
        if isinstance(answer, int):
            raise OSError(answer, os.strerror(answer))
        return pwrite(descriptor, data[:4096], offset)

    monkeypatch.setattr(os, "pwrite", write)
    content = bytes(range(251)) * 9000
    arriving = store.begin(b"head", hashlib.sha256())

    if expected is None:
        arriving.write([content])
        assert store.read(arriving.keep().location) == b"head" + content
    else:
        with pytest.raises(expected):
            arriving.write([content])
        arriving.discard()
        assert files(tmp_path) == []


def test_the_folders_are_fsynced_at_the_start(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    synced: list[Path] = []
    monkeypatch.setattr(
        os, "fsync", lambda number: synced.append(Path(f"/proc/self/fd/{number}").readlink())
    )

    FilesystemInstanceStore(tmp_path / "data")

    assert synced[-1] == tmp_path / "data" / "objects"
    assert len(list((tmp_path / "data" / "objects").iterdir())) == 256


def test_leftovers_go_by_age_only(store: FilesystemInstanceStore, tmp_path: Path) -> None:
    incoming = tmp_path / "data" / "incoming"
    old, young = incoming / "old", incoming / "young"
    for path in (old, young):
        path.write_bytes(b"part")
    two_hours_ago = time.time() - 7200
    os.utime(old, (two_hours_ago, two_hours_ago))

    assert store.discard_leftovers() == 1
    assert files(incoming) == [young]
    assert store.discard_leftovers(older_than_seconds=-1) == 1
    assert files(incoming) == []


def test_many_writers_of_one_object_end_with_one_object(
    store: FilesystemInstanceStore, tmp_path: Path
) -> None:
    def put(_: int) -> str:
        return store.put((bytes(100_000),), digest_of("one")).location

    with ThreadPoolExecutor(8) as threads:
        locations = set(threads.map(put, range(32)))

    assert len(locations) == 1
    assert [path.stat().st_size for path in files(tmp_path)] == [100_000]


def test_a_folder_that_was_removed_is_made_again(
    store: FilesystemInstanceStore, tmp_path: Path
) -> None:
    digest = digest_of("one")
    store.path(store.put(PARTS, digest).location).unlink()
    leaf = tmp_path / "data" / "objects" / digest[:2]
    leaf.rmdir()

    assert store.read(store.put(PARTS, digest).location) == WHOLE
