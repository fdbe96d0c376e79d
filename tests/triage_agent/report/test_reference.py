"""What is taken over from images, and what is not."""

from copy import deepcopy
from typing import Any

import pydicom
import pytest
from pydicom.dataelem import DataElement, RawDataElement
from pydicom.dataset import Dataset
from pydicom.filebase import DicomBytesIO
from pydicom.tag import Tag

from tests.report_sources import poor_header, request_attributes, rich_header
from triage_agent.report.reference import normalised

IDENTIFYING = (
    "PatientName",
    "PatientID",
    "PatientBirthDate",
    "PatientSex",
    "StudyID",
    "StudyDate",
    "StudyTime",
    "ReferringPhysicianName",
    "AccessionNumber",
)


def with_raw(keyword: str, value: bytes, vr: str) -> Dataset:
    """Return a poor header with an element as it comes off the wire."""
    header = poor_header()
    tag = Tag(keyword)
    header[tag] = RawDataElement(
        tag, vr, len(value), value, 0, is_implicit_VR=False, is_little_endian=True
    )
    return header


def test_what_is_absent_is_there_but_empty():
    reference = normalised(poor_header())
    for keyword in IDENTIFYING:
        assert keyword in reference
        assert not reference[keyword].value


def test_good_values_are_taken_over_as_they_are():
    header = rich_header()
    reference = normalised(header)
    taken = set(header.keys()) - {Tag("SpecificCharacterSet")}
    assert set(reference.keys()) == taken
    for tag in taken:
        assert reference[tag] == header[tag]


def test_the_source_is_not_changed():
    header = rich_header(PatientSex="U", ImagerPixelSpacing=["0", "0"])
    before = deepcopy(header)
    normalised(header)
    assert header == before


@pytest.mark.parametrize("sex", ["U", "m", "male", "X"])
def test_a_sex_that_the_standard_does_not_know_is_dropped(sex: str):
    assert not normalised(with_raw("PatientSex", sex.encode(), "CS")).PatientSex


@pytest.mark.parametrize("sex", ["M", "F", "O"])
def test_a_sex_that_the_standard_knows_is_kept(sex: str):
    assert normalised(rich_header(PatientSex=sex)).PatientSex == sex


@pytest.mark.parametrize(
    ("keyword", "vr", "value"),
    [
        ("StudyDate", "DA", b"01.02.26"),
        ("StudyTime", "TM", b"half past"),
        ("PatientBirthDate", "DA", b"unknown "),
        ("PatientAge", "AS", b"old "),
        ("BodyPartExamined", "CS", b"hand, left"),
        ("ImagerPixelSpacing", "DS", b"0.1\\wide"),
        ("Rows", "US", b"\x01\x02\x03"),
        ("BodyPartExamined", "OB", b"HAND"),
        ("RequestAttributesSequence", "OB", b"none"),
        ("BodyPartExamined", "CS", b"HAND\\WRIST "),
        ("AccessionNumber", "SQ", b""),
        ("Columns", "US", b"\x01\x00\x02\x00"),
        ("TimezoneOffsetFromUTC", "SH", b"CET "),
        ("BurnedInAnnotation", "CS", b"MAYBE "),
        ("LossyImageCompression", "CS", b"02"),
        ("TimezoneOffsetFromUTC", "SH", b"+0100\\+0200"),
    ],
)
def test_values_that_break_the_rules_are_dropped(keyword: str, vr: str, value: bytes):
    assert not normalised(with_raw(keyword, value, vr)).get(keyword)


@pytest.mark.parametrize(
    ("keyword", "vr", "value"),
    [
        ("PatientID", "LO", "P" * 80),
        ("AccessionNumber", "SH", "A" * 20),
        ("PatientName", "PN", "A" * 70 + "^B"),
        ("StudyInstanceUID", "UI", "1.2.03.4"),
    ],
)
def test_identifiers_are_kept_even_if_they_break_the_rules(keyword: str, vr: str, value: str):
    assert normalised(with_raw(keyword, value.encode(), vr))[keyword].value == value


@pytest.mark.parametrize(
    ("keyword", "vr", "value", "kept"),
    [
        ("PatientName", "PN", b"\x1b[2J\x1b]0;owned\x07", "[2J]0;owned"),
        ("PatientID", "LO", b"\x00P\x001\x00", "P1"),
        ("StudyDescription", "LO", b"one\x9btwo ", "onetwo"),
        ("AccessionNumber", "SH", b"A1\r\nA2", "A1A2"),
    ],
)
def test_control_characters_are_taken_out(keyword: str, vr: str, value: bytes, kept: str):
    assert normalised(with_raw(keyword, value, vr))[keyword].value == kept


@pytest.mark.parametrize("value", [["L"], ["L", ""], "", ["L", "F", "H"]])
def test_orientation_has_two_values_or_none(value: Any):
    assert "PatientOrientation" not in normalised(rich_header(PatientOrientation=value))


@pytest.mark.parametrize("value", [["0.1"], ["0", "0.1"], ["-0.1", "0.1"], None, ["0.1"] * 3])
def test_spacing_has_two_positive_values_or_none(value: Any):
    assert "ImagerPixelSpacing" not in normalised(rich_header(ImagerPixelSpacing=value))


def test_a_sequence_without_anything_in_it_is_dropped():
    header = rich_header(ProcedureCodeSequence=[Dataset()], RequestAttributesSequence=[])
    reference = normalised(header)
    assert "ProcedureCodeSequence" not in reference
    assert "RequestAttributesSequence" not in reference


def test_items_of_sequences_are_cleaned_too():
    item = request_attributes(StudyInstanceUID="1.2.3")
    item.add(DataElement(Tag(0x0009, 0x0010), "LO", "VENDOR"))
    item.add(DataElement(Tag(0x0009, 0x1001), "LO", "secret"))
    item.RequestedProcedureCodeSequence = [Dataset()]
    item.RequestedProcedureCodeSequence[0].CodeValue = "C1"
    item.RequestedProcedureComments = "two\r\nlines\x00"
    item.EncapsulatedDocument = b"text"
    reference = normalised(rich_header(RequestAttributesSequence=[item, Dataset()]))
    (cleaned,) = reference.RequestAttributesSequence
    assert cleaned.RequestedProcedureID == "RP1"
    assert cleaned.RequestedProcedureCodeSequence[0].CodeValue == "C1"
    assert cleaned.RequestedProcedureComments == "two\r\nlines"
    assert "EncapsulatedDocument" not in cleaned
    assert not [tag for tag in cleaned.keys() if tag.is_private]  # noqa: SIM118


@pytest.mark.parametrize(
    ("character_set", "name"),
    [
        ("ISO_IR 100", "M\u00fcller^J\u00fcrgen"),
        ("ISO_IR 144", "\u0418\u0432\u0430\u043d"),
        ("GB18030", "\u738b^\u5c0f\u4e1c"),
        (["", "ISO 2022 IR 87"], "Yamada^Tarou=\u5c71\u7530^\u592a\u90ce"),
    ],
)
def test_names_are_decoded_also_in_sequences(character_set: Any, name: str):
    item = request_attributes(RequestedProcedureDescription=name.partition("=")[2] or name)
    header = rich_header(
        SpecificCharacterSet=character_set,
        PatientName=name,
        RequestAttributesSequence=[item],
    )
    buffer = DicomBytesIO()
    header.save_as(buffer, implicit_vr=False, little_endian=True)
    buffer.seek(0)
    reference = normalised(pydicom.dcmread(buffer, force=True))
    assert str(reference.PatientName) == name
    described = reference.RequestAttributesSequence[0].RequestedProcedureDescription
    assert described == item.RequestedProcedureDescription
    assert "SpecificCharacterSet" not in reference


def test_an_unknown_character_set_is_no_obstacle():
    header = with_raw("PatientName", "M\u00fcller".encode("latin-1"), "PN")
    header.add(DataElement("SpecificCharacterSet", "CS", "ISO_IR 999", validation_mode=0))
    assert str(normalised(header).PatientName) == "M\u00fcller"
