"""What every result carries, and how it is encoded."""

import hashlib
from io import BytesIO

import pydicom
import pytest
from pydicom.dataset import Dataset
from pydicom.uid import ExplicitVRLittleEndian

from tests.report_sources import ALGORITHM, make_sources, poor_header, rich_header
from triage_agent.dicom.part10 import IMPLEMENTATION_CLASS_UID
from triage_agent.report.envelope import Placing, encode, result_dataset

PLACING = Placing(
    SOPClassUID="1.2.840.10008.5.1.4.1.1.7",
    SOPInstanceUID="2.25.1",
    SeriesInstanceUID="2.25.2",
    SeriesNumber=9002,
    SeriesDescription="Description",
    InstanceNumber=3,
    Modality="OT",
)


def result_of(header: Dataset) -> Dataset:
    material = make_sources(header).material()
    return result_dataset(material, material.images[0], PLACING)


def test_it_belongs_to_the_patient_and_study_of_the_image():
    header = rich_header()
    result = result_of(header)
    for keyword in (
        "PatientName",
        "PatientID",
        "IssuerOfPatientID",
        "PatientBirthDate",
        "PatientSex",
        "PatientAge",
        "StudyInstanceUID",
        "StudyID",
        "StudyDate",
        "StudyTime",
        "StudyDescription",
        "AccessionNumber",
        "ReferringPhysicianName",
        "TimezoneOffsetFromUTC",
    ):
        assert result[keyword] == header[keyword]
    assert result.SpecificCharacterSet == "ISO_IR 192"


def test_it_stands_where_it_was_placed():
    result = result_of(rich_header())
    for keyword in PLACING.__dataclass_fields__:
        assert result[keyword].value == getattr(PLACING, keyword)


def test_all_times_follow_from_the_given_instant():
    local = result_of(rich_header(TimezoneOffsetFromUTC="+0100"))
    unknown = result_of(poor_header())
    for prefix in ("InstanceCreation", "Series", "Content"):
        assert local[f"{prefix}Date"].value == "20260101"
        assert local[f"{prefix}Time"].value == "130000.000000"
        assert unknown[f"{prefix}Time"].value == "120000.000000"


def test_the_algorithm_is_the_processing_equipment():
    (item,) = result_of(rich_header()).ContributingEquipmentSequence
    purpose = item.PurposeOfReferenceCodeSequence[0]
    assert (purpose.CodeValue, purpose.CodingSchemeDesignator) == ("109102", "DCM")
    assert purpose.CodeMeaning == "Processing Equipment"
    assert item.Manufacturer == ALGORITHM.manufacturer
    assert item.ManufacturerModelName == ALGORITHM.name
    assert item.SoftwareVersions == ALGORITHM.version
    assert item.DeviceUID == ALGORITHM.device_uid
    assert item.ContributionDateTime == "20260101120000.000000+0000"
    assert "RESEARCH USE ONLY" in item.ContributionDescription


def test_encoding_gives_a_part_10_file_that_reads_back_equal():
    result = result_of(rich_header())
    encoded, _ = encode(result)
    read = pydicom.dcmread(BytesIO(encoded))
    assert read.file_meta.TransferSyntaxUID == ExplicitVRLittleEndian
    assert read.file_meta.MediaStorageSOPInstanceUID == PLACING.SOPInstanceUID
    assert read.file_meta.MediaStorageSOPClassUID == PLACING.SOPClassUID
    assert read.file_meta.ImplementationClassUID == IMPLEMENTATION_CLASS_UID
    assert read == result


def test_the_digest_is_over_transfer_syntax_and_data_set():
    result = result_of(rich_header())
    encoded, digest = encode(result)
    body = BytesIO()
    result.save_as(body, implicit_vr=False, little_endian=True)
    assert encoded.endswith(body.getvalue())
    expected = hashlib.sha256(b"1.2.840.10008.1.2.1" + body.getvalue()).hexdigest()
    assert digest == expected


@pytest.mark.parametrize("header", [rich_header, poor_header])
def test_encoding_twice_gives_the_same_bytes(header: type[Dataset]):
    assert encode(result_of(header())) == encode(result_of(header()))
