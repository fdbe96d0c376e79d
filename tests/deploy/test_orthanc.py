"""Orthanc as it is shipped: it stores, finds, serves DICOMweb, and routes to the node."""

import pydicom
import pytest
from pydicom.filebase import DicomBytesIO
from pydicom.uid import (
    Comprehensive3DSRStorage,
    CTImageStorage,
    DigitalXRayImageStorageForPresentation,
    DigitalXRayImageStorageForProcessing,
    SecondaryCaptureImageStorage,
    XRayRadiofluoroscopicImageStorage,
)

from tests.deploy.images import write_object
from tests.peers.dcmtk import dcmsend, echoscu, start_storescp, storescu
from tests.peers.orthanc import Modality, Orthanc, shipped_configuration, start_orthanc
from tests.peers.ports import free_port
from tests.peers.process import PeerFailed

pytestmark = pytest.mark.integration

NODE = "TRIAGE"


@pytest.fixture
def node(tmp_path):
    """A stand-in for the node that keeps what it gets."""
    with start_storescp(tmp_path / "node", ae_title=NODE) as peer:
        yield peer


@pytest.fixture
def pacs(tmp_path, node):
    """Orthanc that routes to `node`."""
    modalities = {"triage": Modality(ae_title=NODE, port=node.port)}
    with start_orthanc(tmp_path / "pacs", modalities=modalities, routing=True) as peer:
        yield peer


def send(pacs: Orthanc, *paths, calling: str = "MODALITY") -> None:
    dcmsend(paths, pacs.host, pacs.dicom_port, pacs.ae_title, calling=calling)


def received(node) -> set[str]:
    return {str(pydicom.dcmread(path).SOPInstanceUID) for path in node.files()}


def test_an_image_goes_in_and_comes_out_as_it_was(tmp_path):
    path = write_object(tmp_path, 1)
    sent = pydicom.dcmread(path)
    with start_orthanc(tmp_path / "pacs") as pacs:
        echoscu(pacs.host, pacs.dicom_port, pacs.ae_title)
        send(pacs, path)
        (instance,) = pacs.wait_for_instances(1)
        assert instance["SOPInstanceUID"] == sent.SOPInstanceUID
        assert instance["Modality"] == "CR"
        content = pacs.retrieve(
            instance["StudyInstanceUID"], instance["SeriesInstanceUID"], instance["SOPInstanceUID"]
        )
        assert content == pacs.file(sent.SOPInstanceUID)
        back = pydicom.dcmread(DicomBytesIO(content))
        assert back == sent
        (found,) = pacs.search("studies", PatientID="TEST1")
        assert found["0020000D"]["Value"] == [sent.StudyInstanceUID]


def test_a_repeated_object_stays_as_it_first_was(tmp_path):
    path = write_object(tmp_path, 1)
    with start_orthanc(tmp_path / "pacs") as pacs:
        send(pacs, path)
        changed = pydicom.dcmread(path)
        changed.PatientName = "Other^Name"
        changed.save_as(path)
        send(pacs, path)
        (instance,) = pacs.instances()
        kept = pydicom.dcmread(DicomBytesIO(pacs.file(instance["SOPInstanceUID"])))
        assert kept.PatientName == "Test^Deploy"


def test_radiographs_are_routed_and_nothing_else(tmp_path, pacs, node):
    paths = [
        write_object(tmp_path, 1),
        write_object(tmp_path, 2, SOPClassUID=DigitalXRayImageStorageForPresentation),
        write_object(tmp_path, 3, SOPClassUID=CTImageStorage),
        write_object(tmp_path, 4, SOPClassUID=SecondaryCaptureImageStorage),
        write_object(tmp_path, 5, SOPClassUID=Comprehensive3DSRStorage),
        write_object(tmp_path, 6, SOPClassUID=DigitalXRayImageStorageForProcessing),
        write_object(tmp_path, 7, SOPClassUID=XRayRadiofluoroscopicImageStorage),
    ]
    send(pacs, *paths)
    pacs.wait_for_instances(7)
    node.wait_for_files(2)
    pacs.wait_for_idle()
    wanted = {str(pydicom.dcmread(path).SOPInstanceUID) for path in paths[:2]}
    assert received(node) == wanted


def test_what_the_node_sends_does_not_come_back(tmp_path, pacs, node):
    send(pacs, write_object(tmp_path, 1), calling=NODE)
    marker = write_object(tmp_path, 2)
    send(pacs, marker)  # proves that routing runs, and ran after the first
    node.wait_for_files(1)
    pacs.wait_for_idle()
    assert received(node) == {str(pydicom.dcmread(marker).SOPInstanceUID)}
    assert len(pacs.instances()) == 2


def test_an_uploaded_radiograph_is_routed_too(tmp_path, pacs, node):
    pacs.post("/instances", write_object(tmp_path, 1).read_bytes())
    node.wait_for_files(1)


def test_a_send_that_failed_is_tried_again(tmp_path):
    """The heart beat of newer releases is called by hand: Debian's Orthanc has none."""
    port = free_port()
    with start_orthanc(
        tmp_path / "pacs",
        modalities={"triage": Modality(ae_title=NODE, port=port)},
        routing=True,
        overrides={"ExecuteLuaEnabled": True},
    ) as pacs:

        def beat(times: int = 1) -> None:
            for _ in range(times):
                pacs.execute("OnHeartBeat()")

        def states() -> list[str]:
            return [job["State"] for job in pacs.get("/jobs", expand="")]

        send(pacs, write_object(tmp_path, 1), write_object(tmp_path, 2))
        pacs.wait_until(lambda: states() == ["Failure", "Failure"], "both sends failed")
        beat()
        pacs.wait_until(lambda: states() == ["Failure", "Failure"], "both failed once more")
        with start_storescp(tmp_path / "node", ae_title=NODE, port=port) as node:
            beat(25)  # more than the longest wait
            assert len(node.wait_for_files(2)) == 2
            pacs.wait_until(lambda: states() == ["Success", "Success"], "both are done")


def test_a_failed_send_outlives_a_restart(tmp_path):
    port, dicom_port, http_port = free_port(), free_port(), free_port()

    def start() -> Orthanc:
        return start_orthanc(
            tmp_path / "pacs",
            modalities={"triage": Modality(ae_title=NODE, port=port)},
            routing=True,
            dicom_port=dicom_port,
            http_port=http_port,
            overrides={"ExecuteLuaEnabled": True},
        )

    with start() as pacs:
        send(pacs, write_object(tmp_path, 1))
        pacs.wait_until(
            lambda: [job["State"] for job in pacs.get("/jobs", expand="")] == ["Failure"],
            "the send failed",
        )
    with start() as pacs, start_storescp(tmp_path / "node", ae_title=NODE, port=port) as node:
        for _ in range(3):
            pacs.execute("OnHeartBeat()")
        node.wait_for_files(1)


def test_a_wrong_called_title_is_refused(tmp_path):
    with start_orthanc(tmp_path / "pacs") as pacs, pytest.raises(PeerFailed):
        storescu([write_object(tmp_path, 1)], pacs.host, pacs.dicom_port, "WRONG")


def test_the_node_is_named_alike_everywhere(deploy):
    script = (deploy / "orthanc" / "route-to-triage.lua").read_text(encoding="utf-8")
    (name,) = shipped_configuration()["DicomModalities"]
    assert f"local NODE = '{name}'" in script
    assert shipped_configuration()["DicomModalities"][name]["AET"] == NODE
    assert f"local NODE_AET = '{NODE}'" in script
