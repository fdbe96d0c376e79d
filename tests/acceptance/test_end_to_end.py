"""A study goes in by C-STORE and comes out triaged, at a real PACS."""

import hashlib
import subprocess

import httpx
import pydicom
import pytest

from dicom_fixtures import synthetic_study
from tests.acceptance.node import destination
from tests.peers.dcmtk import answers_echo, dcmsend, echoscu, storescu
from tests.peers.orthanc import Modality, start_orthanc
from tests.peers.ports import free_port
from triage_agent.domain.region import Region

pytestmark = pytest.mark.acceptance

COMPREHENSIVE_3D_SR = "1.2.840.10008.5.1.4.1.1.88.34"
SECONDARY_CAPTURE = "1.2.840.10008.5.1.4.1.1.7"


def test_abnormal_studies_overtake_earlier_ones_and_their_results_reach_the_pacs(
    make_node, write_study, tmp_path
):
    normal = synthetic_study(43, region=Region.ELBOW, views=2)
    abnormal = synthetic_study(42, region=Region.WRIST, abnormal=True, views=3)
    with start_orthanc(tmp_path / "orthanc") as orthanc:
        node = make_node(destinations=[destination("pacs", orthanc.dicom_port, orthanc.ae_title)])
        printed = node.start()
        assert f"pacs: {orthanc.ae_title}" in printed
        assert echoscu("127.0.0.1", node.port, "TRIAGE").returncode == 0
        storescu(write_study(normal), "127.0.0.1", node.port, "TRIAGE")
        dcmsend(write_study(abnormal), "127.0.0.1", node.port, "TRIAGE")

        first, second = node.settled(2)
        assert first["study_uid"] == str(abnormal.datasets[0].StudyInstanceUID)
        assert first["assessment"] == first["priority_class"] == "abnormal"
        assert first["region"] == "WRIST"
        assert (second["assessment"], second["priority_class"]) == ("below_threshold", "normal")
        assert first["arrived_at"] > second["arrived_at"]
        assert first["due_at"] < second["due_at"]

        orthanc.wait_for_instances(7, 60)  # 2 reports, 5 overlays
        _what_the_pacs_holds_is_what_was_composed(node, orthanc)
        page = httpx.get(f"{node.url}/", trust_env=False)
        assert page.text.index("abnormal") < page.text.index("below")
        story = node.run("study", first["study_uid"])
        assert "delivered" in story.stdout
        assert node.stop() == 0
    assert not answers_echo("127.0.0.1", node.port, "TRIAGE")
    log = node.log.read_text()
    for dataset in (normal.datasets[0], abnormal.datasets[0]):
        for value in (dataset.PatientID, dataset.AccessionNumber, str(dataset.PatientName)):
            assert str(value) not in log


def _what_the_pacs_holds_is_what_was_composed(node, orthanc) -> None:
    rows = node.query("SELECT SOPInstanceUID, location FROM result")
    held = {each["SOPInstanceUID"]: each for each in orthanc.instances()}
    assert {uid for uid, _ in rows} == held.keys()
    classes = sorted(each["SOPClassUID"] for each in held.values())
    assert classes == [SECONDARY_CAPTURE] * 5 + [COMPREHENSIVE_3D_SR] * 2
    for uid, location in rows:
        composed = node.folder / "data" / location
        back = orthanc.retrieve(held[uid]["StudyInstanceUID"], held[uid]["SeriesInstanceUID"], uid)
        assert _data_set(back) == _data_set(composed.read_bytes())
        checked = subprocess.run(
            ["/usr/bin/dciodvfy", str(composed)], capture_output=True, text=True, check=False
        )
        errors = [line for line in checked.stderr.splitlines() if line.startswith("Error")]
        assert errors == []


def _data_set(part10: bytes) -> str:
    """Return the digest of all that follows the file meta information."""
    length = int.from_bytes(part10[140:144], "little")  # (0002,0000) UL stands first
    return hashlib.sha256(part10[144 + length :]).hexdigest()


def test_a_real_orthanc_routes_in_and_results_do_not_loop(make_node, write_study, tmp_path):
    study = synthetic_study(43, region=Region.ELBOW, abnormal=True, views=2)
    orthanc_port = free_port()
    node = make_node(destinations=[destination("pacs", orthanc_port, "ORTHANC")])
    node.start()
    modalities = {"triage": Modality(ae_title="TRIAGE", port=node.port)}
    with start_orthanc(
        tmp_path / "orthanc", modalities=modalities, routing=True, dicom_port=orthanc_port
    ) as orthanc:
        storescu(write_study(study), "127.0.0.1", orthanc.dicom_port, orthanc.ae_title)
        (entry,) = node.settled(1)
        orthanc.wait_for_instances(5, 60)
        results = [
            each["ID"]
            for each in orthanc.instances()
            if each["SOPClassUID"] in {COMPREHENSIVE_3D_SR, SECONDARY_CAPTURE}
        ]
        # Somebody pushes the node's own objects back at it.
        orthanc.post("/modalities/triage/store", results)
        orthanc.wait_for_idle()
        made = node.query(
            "SELECT state, reason FROM instance WHERE SOPInstanceUID IN "
            "(SELECT SOPInstanceUID FROM result)"
        )
        assert made == [("excluded", "made by this node")] * 3
        (again,) = node.settled(1)
        assert again["generation"] == entry["generation"] == 1
        assert len(orthanc.instances()) == 5


def test_a_late_image_raises_the_generation_and_its_report_names_the_old_one(
    make_node, write_study, tmp_path
):
    study = synthetic_study(44, region=Region.FOREARM, abnormal=True, views=3)
    with start_orthanc(tmp_path / "orthanc") as orthanc:
        node = make_node(destinations=[destination("pacs", orthanc.dicom_port, orthanc.ae_title)])
        node.start()
        *early, late = write_study(study)
        storescu(early, "127.0.0.1", node.port, "TRIAGE")
        orthanc.wait_for_instances(3, 60)
        storescu([late], "127.0.0.1", node.port, "TRIAGE")
        orthanc.wait_for_instances(7, 60)
        (entry,) = node.settled(1)
        assert entry["generation"] == 2
        reports = {
            generation: uid
            for uid, generation in node.query(
                "SELECT SOPInstanceUID, generation FROM result WHERE kind = 'sr'"
            )
        }
        newest = pydicom.dcmread(pydicom.filebase.DicomBytesIO(orthanc.file(reports[2])))
        predecessor = newest.PredecessorDocumentsSequence[0].ReferencedSeriesSequence[0]
        assert predecessor.ReferencedSOPSequence[0].ReferencedSOPInstanceUID == reports[1]
