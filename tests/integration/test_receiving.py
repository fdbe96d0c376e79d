"""dcmtk's senders against the receiving path as the node runs it, on SQLite and a real disk."""

import contextlib
import os
import subprocess
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Any

import pydicom
import pytest
from pynetdicom.dsutils import split_dataset

from dicom_fixtures import synthetic_study
from tests.factories import make_opening
from tests.fakes.clock import FakeClock
from tests.peers.dcmtk import dcmsend, echoscu, run_dcmtk, start_storescp, storescu
from triage_agent.adapters.dimse.scp import StorageScp
from triage_agent.adapters.filesystem.instance_store import FilesystemInstanceStore
from triage_agent.adapters.sql.engine import Database
from triage_agent.adapters.sql.migrate import upgrade
from triage_agent.adapters.sql.study_register import SqlStudyRegister
from triage_agent.domain.instance import InstanceState
from triage_agent.domain.region import Region
from triage_agent.domain.scope import ScopeDecision
from triage_agent.receive.receipt import Receipt
from triage_agent.receive.receiver import Receiver
from triage_agent.receive.reception import Reception
from triage_agent.settings import DicomSettings

pytestmark = pytest.mark.integration

LEGS = ("RG3_UNC", "RG3_J2KR", "RG3_JLSL", "RG3_JPLL", "RG3_RLE")
HAND = "NM_Kakadu44_SOTmarkerincons.dcm"
SYNTAX_OPTIONS = {
    "RG3_UNC": "-xe",
    "RG3_J2KR": "-xv",
    "RG3_JLSL": "-xt",
    "RG3_JPLL": "-xs",
    "RG3_RLE": "-xr",
    HAND: "-xv",
}


class SmallDisk(FilesystemInstanceStore):
    """A disk whose free space a test sets."""

    free: int | None = None

    def free_bytes(self) -> int:
        return super().free_bytes() if self.free is None else self.free


@dataclass
class Node:
    """A receiving node and what it answered."""

    port: int
    store: SmallDisk
    register: SqlStudyRegister
    receipts: list[Receipt] = field(default_factory=list)

    def stored_files(self) -> list[Path]:
        root = self.store.path("quarantine/" + "0" * 64 + ".dcm").parents[1]
        return sorted(path for path in (root / "objects").rglob("*.dcm"))

    def stored(self, path: Path) -> Path:
        """Return the stored file of the instance that a file holds."""
        uid = pydicom.dcmread(path, stop_before_pixels=True).SOPInstanceUID
        (found,) = (
            each
            for each in self.stored_files()
            if pydicom.dcmread(each, stop_before_pixels=True).SOPInstanceUID == uid
        )
        return found


class NotedReception:
    """A reception whose receipt a test sees."""

    def __init__(self, reception: Reception, receipts: list[Receipt]) -> None:
        self._reception = reception
        self._receipts = receipts
        self.write, self.abandon = reception.write, reception.abandon

    def finish(self) -> Receipt:
        receipt = self._reception.finish()
        self._receipts.append(receipt)
        return receipt


@pytest.fixture(params=["fast", "library"])
def receive_path(request: pytest.FixtureRequest) -> Any:
    """Say which way objects take."""
    return request.param


@pytest.fixture
def node(tmp_path: Path, receive_path: Any) -> Iterator[Node]:
    database = Database(f"sqlite:///{tmp_path / 'triage.sqlite3'}")
    upgrade(database)
    store, register = SmallDisk(tmp_path / "data"), SqlStudyRegister(database)
    made = Node(0, store, register)
    receiver = Receiver(
        store=store,
        register=register,
        clock=FakeClock(),
        watermark_bytes=1_000_000,
        quiet_seconds=10,
        scope=lambda _: ScopeDecision(state=InstanceState.RECEIVED, region=Region.HAND, reason=""),
        is_stat=lambda _: False,
        open_study=lambda *_: make_opening(),
    )

    def receive(*arguments: Any, **more: Any) -> Receipt:
        receipt = receiver.receive(*arguments, **more)
        made.receipts.append(receipt)
        return receipt

    def begin(**about: Any) -> NotedReception:
        return NotedReception(receiver.begin(**about), made.receipts)

    with contextlib.ExitStack() as ending:
        ending.callback(database.dispose)
        scp = StorageScp(DicomSettings(port=0, receive_path=receive_path), receive, begin)
        made.port = scp.start()
        ending.callback(scp.stop)
        yield made


def data_set_of(path: Path) -> bytes:
    _, offset = split_dataset(path)
    return path.read_bytes()[offset:]


@pytest.fixture
def study(tmp_path: Path) -> list[Path]:
    """Three synthetic views as files."""
    folder = tmp_path / "study"
    folder.mkdir()
    paths = []
    for number, dataset in enumerate(synthetic_study(7, views=3, rows=400, columns=300).datasets):
        path = folder / f"{number}.dcm"
        dataset.save_as(path, enforce_file_format=True)
        paths.append(path)
    return paths


def test_echoscu_is_answered(node: Node) -> None:
    echoscu("127.0.0.1", node.port, "TRIAGE")


@pytest.mark.parametrize("name", [*LEGS, HAND])
def test_real_files_are_stored_byte_for_byte(node: Node, shared_data: Path, name: str) -> None:
    path = shared_data / "dicom" / name

    storescu([path], "127.0.0.1", node.port, "TRIAGE", extra=[SYNTAX_OPTIONS[name]])

    stored = node.stored(path)
    sent, kept = pydicom.dcmread(path).file_meta, pydicom.dcmread(stored).file_meta
    assert kept.TransferSyntaxUID == sent.TransferSyntaxUID
    assert kept.MediaStorageSOPInstanceUID == sent.MediaStorageSOPInstanceUID
    assert kept.SourceApplicationEntityTitle == "STORESCU"
    # storescu parses and writes anew, so compare with what storescp keeps of it.
    with start_storescp(stored.parent / "peer", extra=("+xa", "+B")) as peer:
        storescu([path], "127.0.0.1", peer.port, "STORESCP", extra=[SYNTAX_OPTIONS[name]])
        (reference,) = peer.wait_for_files(1)
        assert data_set_of(stored) == data_set_of(reference)


@pytest.mark.parametrize("convert", [["+ti"], ["+tb"], ["+td"]])
def test_every_uncompressed_encoding_arrives(
    node: Node, study: list[Path], tmp_path: Path, convert: list[str]
) -> None:
    path = tmp_path / "converted.dcm"
    run_dcmtk("dcmconv", [*convert, str(study[0]), str(path)])
    option = {"+ti": "-xi", "+tb": "-xb", "+td": "-xd"}[convert[0]]

    storescu([path], "127.0.0.1", node.port, "TRIAGE", extra=[option])

    stored = pydicom.dcmread(node.stored(path))
    assert stored.file_meta.TransferSyntaxUID == pydicom.dcmread(path).file_meta.TransferSyntaxUID
    assert stored.Rows == 400


def test_dcmsend_sends_a_study_and_again_without_new_rows(node: Node, study: list[Path]) -> None:
    dcmsend(study, "127.0.0.1", node.port, "TRIAGE")
    dcmsend(study, "127.0.0.1", node.port, "TRIAGE")

    assert [receipt.outcome for receipt in node.receipts] == ["registered"] * 3 + ["duplicate"] * 3
    uid = pydicom.dcmread(study[0]).StudyInstanceUID
    assert len(node.register.study_images(uid).instances) == 3
    assert len(node.stored_files()) == 3


def test_other_bytes_under_a_known_uid_are_refused_and_kept_apart(
    node: Node, study: list[Path]
) -> None:
    storescu(study[:1], "127.0.0.1", node.port, "TRIAGE")
    before = node.stored(study[0]).read_bytes()
    changed = pydicom.dcmread(study[0])
    changed.PatientID = "somebody else"
    changed.save_as(study[0])

    done = storescu(study[:1], "127.0.0.1", node.port, "TRIAGE", extra=["-v"], check=False)

    assert "CannotUnderstand" in done.stdout
    assert node.receipts[-1].status == 0xC004
    assert node.stored(study[0]).read_bytes() == before
    assert len(node.stored_files()) == 1


def test_a_full_disk_refuses_and_recovers_without_restart(node: Node, study: list[Path]) -> None:
    node.store.free = 999_999  # a byte less than the watermark

    refused = storescu(study[:1], "127.0.0.1", node.port, "TRIAGE", extra=["-v"], check=False)
    node.store.free = None
    storescu(study, "127.0.0.1", node.port, "TRIAGE")

    assert "OutOfResources" in refused.stdout
    assert [receipt.status for receipt in node.receipts] == [0xA700, 0, 0, 0]


@pytest.fixture
def tmpfs(tmp_path: Path) -> Iterator[Callable[[int], Path]]:
    """Mount small file systems; only root may."""
    mounted: list[Path] = []

    def mount(size_bytes: int) -> Path:
        folder = tmp_path / "tmpfs"
        folder.mkdir()
        done = subprocess.run(
            ["/usr/bin/mount", "-t", "tmpfs", "-o", f"size={size_bytes}", "tmpfs", str(folder)],
            check=False,
            capture_output=True,
            text=True,
        )
        if done.returncode:
            message = f"no tmpfs can be mounted here: {done.stderr.strip()}"
            if os.environ.get("CI") == "true":
                pytest.fail(message)
            pytest.skip(message)
        mounted.append(folder)
        return folder

    yield mount
    for folder in mounted:
        subprocess.run(["/usr/bin/umount", str(folder)], check=True)


def test_a_disk_that_really_fills_up_refuses_and_recovers(
    node: Node,
    study: list[Path],
    tmp_path: Path,
    tmpfs: Callable[[int], Path],
    receive_path: Any,
) -> None:
    disk = tmpfs(1_048_576)
    small = FilesystemInstanceStore(disk / "data")
    receiver = replace(_receiver(node), store=small)
    settings = DicomSettings(port=0, receive_path=receive_path)
    scp = StorageScp(settings, receiver.receive, receiver.begin)
    port = scp.start()
    filler = disk / "filler"
    filler.write_bytes(bytes(900_000))
    try:
        refused = storescu(study[:1], "127.0.0.1", port, "TRIAGE", extra=["-v"], check=False)
        assert "OutOfResources" in refused.stdout
        assert [path for path in (disk / "data").rglob("*") if path.is_file()] == []
        filler.unlink()
        storescu(study[:1], "127.0.0.1", port, "TRIAGE")
    finally:
        scp.stop()
    assert tmp_path in disk.parents


def _receiver(node: Node) -> Receiver:
    return Receiver(
        store=node.store,
        register=node.register,
        clock=FakeClock(),
        watermark_bytes=0,
        quiet_seconds=10,
        scope=lambda _: ScopeDecision(state=InstanceState.RECEIVED, region=Region.HAND, reason=""),
        is_stat=lambda _: False,
        open_study=lambda *_: make_opening(),
    )
