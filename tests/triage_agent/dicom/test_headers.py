import zlib
from dataclasses import fields

import pytest
from hypothesis import given
from hypothesis import strategies as st
from pydicom.dataset import Dataset
from pydicom.sequence import Sequence

from dicom_fixtures import Malformed, catalogue
from tests.encoded_objects import (
    BIG_ENDIAN,
    DEFLATED,
    DX,
    EXPLICIT,
    IMPLICIT,
    JPEG_2000,
    ROOT,
    encoded,
    encoded_compressed,
    make_dataset,
    make_report,
)
from triage_agent.dicom.headers import check_command, is_valid_uid, parse_header, read_object
from triage_agent.dicom.status import StoreStatus
from triage_agent.domain.instance import CodedConcept, InstanceHeader
from triage_agent.errors import ObjectRefused

CANNOT_UNDERSTAND = range(0xC000, 0xD000)
UNCOMPRESSED = [EXPLICIT, IMPLICIT, BIG_ENDIAN, DEFLATED]


def code(meaning: str) -> Dataset:
    made = Dataset()
    made.CodeValue, made.CodingSchemeDesignator, made.CodeMeaning = "1", "99X", meaning
    return made


def full_dataset() -> Dataset:
    request = Dataset()
    request.RequestedProcedureDescription = "Wrist two views"
    request.ScheduledProcedureStepDescription = "Wrist left"
    request.RequestedProcedurePriority = "STAT"
    request.ScheduledProtocolCodeSequence = Sequence([code("Wrist ap"), code("Wrist left")])
    gateway, algorithm = Dataset(), Dataset()
    gateway.Manufacturer = "Maker"
    algorithm.DeviceUID = "2.25.1"
    return make_dataset(
        PatientID="P1",
        IssuerOfPatientID="H",
        PatientName="Test^Patient",
        PatientBirthDate="19700101",
        PatientSex="O",
        AccessionNumber="A1",
        StudyID="S1",
        StudyDate="20260101",
        StudyTime="120000",
        StudyDescription="Upper limb",
        SeriesDescription="AP",
        ProtocolName="WRIST",
        BodyPartExamined="WRIST",
        AnatomicRegionSequence=Sequence([code("Wrist")]),
        RequestAttributesSequence=Sequence([request]),
        RequestedProcedurePriority="HIGH",
        ScheduledProcedureStepPriority="MEDIUM",
        RequestedProcedureCodeSequence=Sequence([code("XR wrist")]),
        PerformedProcedureStepDescription="XR wrist left",
        ProcedureCodeSequence=Sequence([code("XR wrist")]),
        Laterality="L",
        ViewPosition="AP",
        PresentationIntentType="FOR PRESENTATION",
        ImageType=["ORIGINAL", "PRIMARY", ""],
        BurnedInAnnotation="NO",
        Manufacturer="Maker",
        StationName="ROOM1",
        InstanceNumber=2,
        NumberOfFrames=1,
        NumberOfStudyRelatedInstances=3,
        ContributingEquipmentSequence=Sequence([gateway, algorithm]),
    )


@pytest.mark.parametrize("syntax", UNCOMPRESSED)
def test_a_full_header_is_read_in_every_encoding(syntax: str) -> None:
    dataset = full_dataset()

    header = parse_header(encoded(dataset, syntax), syntax)

    assert header == InstanceHeader(
        SOPClassUID=DX,
        SOPInstanceUID=dataset.SOPInstanceUID,
        StudyInstanceUID=dataset.StudyInstanceUID,
        SeriesInstanceUID=dataset.SeriesInstanceUID,
        TransferSyntaxUID=syntax,
        Modality="DX",
        PatientID="P1",
        IssuerOfPatientID="H",
        PatientName="Test^Patient",
        PatientBirthDate="19700101",
        PatientSex="O",
        AccessionNumber="A1",
        StudyID="S1",
        StudyDate="20260101",
        StudyTime="120000",
        StudyDescription="Upper limb",
        SeriesDescription="AP",
        ProtocolName="WRIST",
        BodyPartExamined="WRIST",
        anatomic_regions=(
            CodedConcept(CodeValue="1", CodingSchemeDesignator="99X", CodeMeaning="Wrist"),
        ),
        requested_procedures=(
            "XR wrist",
            "Wrist two views",
            "Wrist left",
            "Wrist ap",
            "XR wrist left",
        ),
        priorities=("HIGH", "STAT", "MEDIUM"),
        ImageLaterality="L",
        ViewPosition="AP",
        PresentationIntentType="FOR PRESENTATION",
        PhotometricInterpretation="MONOCHROME2",
        ImageType=("ORIGINAL", "PRIMARY", ""),
        BurnedInAnnotation="NO",
        Manufacturer="Maker",
        StationName="ROOM1",
        InstanceNumber=2,
        NumberOfFrames=1,
        Rows=4,
        Columns=6,
        declared_instances=3,
        processing_device_uids=("2.25.1",),
    )
    # A new attribute of the header must be read and named here.
    unset = [each.name for each in fields(header) if getattr(header, each.name) in ("", None, ())]
    assert unset == []


def test_only_the_four_uids_are_needed() -> None:
    dataset = make_report(Modality=None)

    header = parse_header(encoded(dataset), EXPLICIT)

    assert header == InstanceHeader(
        SOPClassUID=dataset.SOPClassUID,
        SOPInstanceUID=dataset.SOPInstanceUID,
        StudyInstanceUID=dataset.StudyInstanceUID,
        SeriesInstanceUID=dataset.SeriesInstanceUID,
        TransferSyntaxUID=EXPLICIT,
    )


def test_image_laterality_comes_before_laterality() -> None:
    data = encoded(make_dataset(ImageLaterality="R", Laterality="L"))

    assert parse_header(data, EXPLICIT).ImageLaterality == "R"


def test_numbers_of_images_that_make_no_sense_are_left_out() -> None:
    data = encoded(make_dataset(NumberOfStudyRelatedInstances=0, NumberOfFrames=0))

    header = parse_header(data, EXPLICIT)

    assert header.declared_instances is None
    assert header.NumberOfFrames == 1


def test_a_compressed_object_and_a_memoryview_are_read() -> None:
    data = encoded_compressed([b"1234"])

    received = read_object(memoryview(data), JPEG_2000)

    assert received.header.TransferSyntaxUID == JPEG_2000
    assert received.remarks == ()


def test_remarks_come_with_the_header() -> None:
    received = read_object(encoded(make_dataset(PixelData=bytes(60))), EXPLICIT)

    assert received.remarks == ("Pixel Data has 12 bytes more than declared",)


@pytest.mark.parametrize("syntax", UNCOMPRESSED)
def test_every_truncation_is_refused(syntax: str) -> None:
    whole = encoded(make_dataset(StudyDescription="Hand"), syntax)
    # Without the byte that only pads a deflated stream to even length, nothing is missing.
    padding = 0
    if syntax == DEFLATED:
        inflater = zlib.decompressobj(-zlib.MAX_WBITS)
        inflater.decompress(whole)
        padding = len(inflater.unused_data)

    for length in range(len(whole) - padding):
        with pytest.raises(ObjectRefused) as caught:
            read_object(whole[:length], syntax)
        assert caught.value.status in CANNOT_UNDERSTAND


def test_every_truncation_of_a_compressed_object_is_refused() -> None:
    whole = encoded_compressed([b"1234", b"5678"])

    for length in range(len(whole)):
        with pytest.raises(ObjectRefused) as caught:
            read_object(whole[:length], JPEG_2000)
        assert caught.value.status in CANNOT_UNDERSTAND


@given(st.binary(max_size=400), st.sampled_from(UNCOMPRESSED))
def test_bytes_that_are_no_object_are_refused(data: bytes, syntax: str) -> None:
    with pytest.raises(ObjectRefused) as caught:
        read_object(data, syntax)
    assert caught.value.status in CANNOT_UNDERSTAND


@given(st.integers(0, 399), st.binary(min_size=1, max_size=8))
def test_overwritten_bytes_never_cause_anything_but_a_refusal(at: int, noise: bytes) -> None:
    data = bytearray(encoded(make_dataset(SOPInstanceUID=f"{ROOT}.3.1")))
    data[at : at + len(noise)] = noise

    try:
        header = parse_header(data, EXPLICIT)
    except ObjectRefused:
        return
    assert is_valid_uid(header.SOPInstanceUID)


def test_an_unknown_transfer_syntax_is_refused() -> None:
    with pytest.raises(ObjectRefused, match="no decoder"):
        read_object(encoded(make_dataset()), "1.2.840.10008.1.2.4.102")


@pytest.mark.parametrize(
    "keyword", ["SOPClassUID", "SOPInstanceUID", "StudyInstanceUID", "SeriesInstanceUID"]
)
def test_a_missing_uid_is_refused_and_named(keyword: str) -> None:
    with pytest.raises(ObjectRefused, match=f"{keyword} is missing") as caught:
        read_object(encoded(make_dataset(**{keyword: None})), EXPLICIT)
    assert caught.value.status == StoreStatus.INVALID_UID


@given(st.text(max_size=70))
def test_a_uid_is_digits_and_dots(text: str) -> None:
    parts = text.split(".")
    is_one = len(text) <= 64 and all(
        part and all(character in "0123456789" for character in part) for part in parts
    )

    assert is_valid_uid(text) == is_one


@pytest.mark.parametrize(
    ("text", "expected"),
    [("1.2.840", True), ("1", True), ("1." * 32 + "1", False), ("1." * 31 + "12", True),
     ("1..2", False), (".1", False), ("1.", False), ("1.2\n", False), ("1.\uff12", False),
     ("../../etc", False), ("", False)],
)  # fmt: skip
def test_uids_at_the_limits(text: str, *, expected: bool) -> None:
    assert is_valid_uid(text) is expected


def test_the_command_must_name_the_same_class_and_instance() -> None:
    header = parse_header(encoded(make_dataset()), EXPLICIT)

    check_command(header, header.SOPClassUID, header.SOPInstanceUID)
    with pytest.raises(ObjectRefused) as other_class:
        check_command(header, "1.2", header.SOPInstanceUID)
    with pytest.raises(ObjectRefused) as other_instance:
        check_command(header, header.SOPClassUID, "1.2")

    assert other_class.value.status == 0xA900
    assert other_instance.value.status == StoreStatus.SOP_INSTANCE_MISMATCH


@pytest.mark.parametrize("malformed", catalogue(), ids=lambda each: each.name)
def test_malformed_objects_are_refused_and_odd_ones_kept(malformed: Malformed) -> None:
    def receive() -> None:
        header = parse_header(malformed.data, malformed.transfer_syntax)
        check_command(header, malformed.SOPClassUID, malformed.SOPInstanceUID)

    if malformed.acceptable:
        receive()
    else:
        with pytest.raises(ObjectRefused):
            receive()
