"""What the node does when its surroundings fail: PACS down, disk full."""

import os
import shutil
import subprocess

import pydicom
import pytest

from dicom_fixtures import SyntheticStudy, mixed_studies, synthetic_study
from tests.acceptance.node import destination, eventually
from tests.peers.dcmtk import storescu
from tests.peers.orthanc import start_orthanc
from tests.peers.ports import free_port
from triage_agent.domain.region import Region

pytestmark = pytest.mark.acceptance

MEGABYTE = 1024 * 1024


def test_after_the_pacs_was_down_everything_arrives_in_order_of_priority(
    make_node, write_study, tmp_path
):
    port = free_port()
    dead = destination("archive", free_port(), "NOBODY")
    node = make_node(destinations=[destination("pacs", port, "ORTHANC"), dead])
    node.start()
    studies: list[SyntheticStudy] = list(mixed_studies(10, 0.5, 7, rows=256, columns=256))
    for study in studies:
        storescu(write_study(study), "127.0.0.1", node.port, "TRIAGE")
    listed = node.settled(10)
    eventually(lambda: all(each["study_state"] == "reported" for each in node.worklist()))
    eventually(
        lambda: node.query("SELECT 1 FROM destination WHERE name = 'pacs' AND failures >= 2")
    )
    assert node.query("SELECT count(*) FROM delivery WHERE state = 'sent'") == [(0,)]

    with start_orthanc(tmp_path / "orthanc", dicom_port=port) as orthanc:
        node.run("outbox", "retry", "--destination", "pacs")
        (results,) = node.query("SELECT count(*) FROM result")[0]
        orthanc.wait_for_instances(results, 120)
        sent = node.query(
            "SELECT StudyInstanceUID FROM delivery"
            " JOIN result ON result.id = delivery.result_id"
            " WHERE delivery.destination = 'pacs' ORDER BY delivery.sent_at, delivery.id"
        )
        order = list(dict.fromkeys(uid for (uid,) in sent))
        assessed = [each["study_uid"] for each in listed if each["probability"] is not None]
        assert order == assessed
        waiting = node.run("outbox", "list").stdout
        assert "NOBODY" in waiting or "archive" in waiting


def _refuses(path, port) -> bool:
    done = storescu([path], "127.0.0.1", port, "TRIAGE", extra=["-d"], check=False)
    assert done.returncode == 0 or "0xa700" in done.stdout.lower(), done.stdout
    return done.returncode != 0


def test_below_the_watermark_images_are_refused_until_there_is_space_again(
    make_node, write_study, tmp_path
):
    free = shutil.disk_usage(tmp_path).free
    ballast = tmp_path / "ballast"
    node = make_node(storage__watermark_bytes=free - 1024 * MEGABYTE)
    node.start()
    first, second = write_study(synthetic_study(51, region=Region.HAND, views=2))
    assert not _refuses(first, node.port)
    with ballast.open("wb") as file:
        os.posix_fallocate(file.fileno(), 0, 2048 * MEGABYTE)
    assert _refuses(second, node.port)
    ballast.unlink()
    assert not _refuses(second, node.port)
    (entry,) = node.settled(1)
    assert entry["images"] == 2


@pytest.fixture
def small_disk(tmp_path):
    """A file system of 48 MB."""
    if os.geteuid() != 0:
        if os.environ.get("CI") == "true":
            pytest.fail("mounting a small file system needs root")
        pytest.skip("mounting a small file system needs root")
    folder = tmp_path / "small-disk"
    folder.mkdir()
    subprocess.run(
        ["/usr/bin/mount", "-t", "tmpfs", "-o", "size=48m", "tmpfs", str(folder)], check=True
    )
    yield folder
    subprocess.run(["/usr/bin/umount", "--lazy", str(folder)], check=True)


def test_a_disk_that_is_really_full_loses_nothing_that_was_acknowledged(
    make_node, write_study, small_disk
):
    # No study closes meanwhile: reports would take the space that the test sets free.
    node = make_node(
        storage__watermark_bytes=0, data_dir=str(small_disk), assemble__quiet_seconds=3600
    )
    node.start()
    eventually(lambda: node.run("worklist", "--json").returncode == 0)
    ballast = small_disk / "ballast"
    ballast.write_bytes(bytes(12 * MEGABYTE))
    acknowledged = []
    paths = []
    for seed in range(60, 90):
        study = synthetic_study(seed, region=Region.HAND, views=2, rows=1024, columns=1024)
        for path in write_study(study):
            paths.append(path)
            if _refuses(path, node.port):
                break
            acknowledged.append(path)
        else:
            continue
        break
    assert len(acknowledged) < len(paths), "the disk was never full"
    stored = [path.read_bytes() for path in (small_disk / "objects").rglob("*.dcm")]
    for path in acknowledged:
        assert any(_pixels(path) in part10 for part10 in stored)
    ballast.unlink()
    eventually(lambda: not _refuses(paths[-1], node.port))


def _pixels(path) -> bytes:
    data: bytes = pydicom.dcmread(path).PixelData
    return data
