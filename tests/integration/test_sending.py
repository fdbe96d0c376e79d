"""What the node sends arrives at dcmtk's storescp as it is on disk."""

from pathlib import Path

import pytest
from pynetdicom.dsutils import split_dataset

from tests.peers.dcmtk import start_storescp
from triage_agent.adapters.dimse.destination import DimseDestination
from triage_agent.destination_settings import DestinationSettings
from triage_agent.errors import DestinationRefused

pytestmark = pytest.mark.integration

LEGS = ("RG3_UNC", "RG3_J2KR", "RG3_JLSL", "RG3_JPLL", "RG3_RLE")


def data_set_of(path: Path) -> bytes:
    _, offset = split_dataset(path)
    return path.read_bytes()[offset:]


def test_files_are_sent_to_storescp_as_they_are(shared_data: Path, tmp_path: Path) -> None:
    # Without the hand: its data set has an odd length, which storescp rejects (PS3.8 Annex D.1).
    paths = [shared_data / "dicom" / name for name in LEGS]
    reports: dict[int, Exception | None] = {}

    with start_storescp(tmp_path, extra=("+xa", "+B", "+uf")) as peer:
        settings = DestinationSettings(
            name="pacs", host=peer.host, port=peer.port, ae_title=peer.ae_title
        )
        destination = DimseDestination(settings, calling_ae_title="NODE")
        destination.echo()
        destination.send(paths, lambda index, error: reports.update({index: error}))
        received = peer.wait_for_files(len(paths))

    assert reports == dict.fromkeys(range(len(paths)))
    assert {data_set_of(path) for path in received} == {data_set_of(path) for path in paths}


def test_what_storescp_does_not_accept_is_named(shared_data: Path, tmp_path: Path) -> None:
    reports: dict[int, Exception | None] = {}

    with start_storescp(tmp_path, extra=()) as peer:
        settings = DestinationSettings(
            name="pacs", host=peer.host, port=peer.port, ae_title=peer.ae_title
        )
        DimseDestination(settings, calling_ae_title="NODE").send(
            [shared_data / "dicom" / "RG3_JLSL", shared_data / "dicom" / "RG3_UNC"],
            lambda index, error: reports.update({index: error}),
        )

    assert "JPEG-LS Lossless" in str(reports[0])
    assert reports[1] is None


def test_a_lone_object_that_storescp_does_not_accept_is_refused(
    shared_data: Path, tmp_path: Path
) -> None:
    reports: dict[int, Exception | None] = {}

    with start_storescp(tmp_path, extra=()) as peer:
        settings = DestinationSettings(
            name="pacs", host=peer.host, port=peer.port, ae_title=peer.ae_title
        )
        destination = DimseDestination(settings, calling_ae_title="NODE")
        destination.send(
            [shared_data / "dicom" / "RG3_JLSL"],
            lambda index, error: reports.update({index: error}),
        )
        destination.echo()

    assert isinstance(reports[0], DestinationRefused)
    assert "JPEG-LS Lossless" in str(reports[0])
