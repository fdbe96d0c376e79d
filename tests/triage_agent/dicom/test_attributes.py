import struct

import pytest
from pydicom.dataset import Dataset
from pydicom.sequence import Sequence

from tests.encoded_objects import (
    BIG_ENDIAN,
    EXPLICIT,
    SEQUENCE_END,
    UNDEFINED,
    Value,
    delimiter,
    element,
    encoded,
    item,
    make_dataset,
)
from triage_agent.dicom.attributes import Attributes, tag_of
from triage_agent.dicom.elements import DataSetWalk
from triage_agent.dicom.transfer_syntaxes import ACCEPTED
from triage_agent.domain.instance import CodedConcept


def read(data: bytes, syntax: str = EXPLICIT) -> Attributes:
    walk = DataSetWalk(data, ACCEPTED[syntax])
    return Attributes(data, ACCEPTED[syntax], walk, walk.elements())


def of(syntax: str = EXPLICIT, **elements: Value) -> Attributes:
    return read(encoded(make_dataset(**elements), syntax), syntax)


def code(**elements: str) -> Dataset:
    made = Dataset()
    for keyword, value in elements.items():
        setattr(made, keyword, value)
    return made


def test_texts_are_read_in_the_declared_character_set() -> None:
    attributes = of(SpecificCharacterSet="ISO_IR 192", StudyDescription="Łokieć")

    assert attributes.text("StudyDescription") == "Łokieć"
    assert attributes.text("SeriesDescription") == ""


def test_items_inherit_the_character_set_or_have_their_own() -> None:
    inherits, own = Dataset(), Dataset()
    inherits.StudyDescription = "Łokieć"
    own.SpecificCharacterSet = "ISO_IR 100"
    own.StudyDescription = "Fuß"
    attributes = of(
        SpecificCharacterSet="ISO_IR 192", RequestAttributesSequence=Sequence([inherits, own])
    )

    texts = [
        each.text("StudyDescription") for each in attributes.items("RequestAttributesSequence")
    ]

    assert texts == ["Łokieć", "Fuß"]


def test_a_sequence_has_no_text() -> None:
    data = element(tag_of("StudyDescription"), b"UN", b"", UNDEFINED) + delimiter(SEQUENCE_END)

    assert read(data).text("StudyDescription") == ""


def test_several_values_are_split() -> None:
    assert of(ImageType=["ORIGINAL", "PRIMARY"]).texts("ImageType") == ("ORIGINAL", "PRIMARY")
    assert of(ImageType=None).texts("ImageType") == ()


@pytest.mark.parametrize(
    ("value", "expected"),
    [
        (b"12", 12),
        (b" -3 ", -3),
        (b"7\\8 ", 7),
        (b"", None),
        (b"x ", None),
        (b"1.5 ", None),
        (b"99999999999 ", None),
    ],
)
def test_integers_are_read_or_absent(value: bytes, expected: int | None) -> None:
    data = element(tag_of("InstanceNumber"), b"IS", value)

    assert read(data).integer("InstanceNumber") == expected


def test_an_absent_integer_is_none() -> None:
    assert of().integer("InstanceNumber") is None


@pytest.mark.parametrize("syntax", [EXPLICIT, BIG_ENDIAN])
def test_unsigned_numbers_follow_the_byte_order(syntax: str) -> None:
    attributes = of(syntax, Rows=4)

    assert attributes.unsigned("Rows") == 4
    assert attributes.unsigned("NumberOfFrames") is None


def test_an_empty_unsigned_number_is_none() -> None:
    assert read(element(tag_of("Rows"), b"US", b"")).unsigned("Rows") is None


def test_codes_are_read_with_what_they_have() -> None:
    attributes = of(
        AnatomicRegionSequence=Sequence(
            [
                code(CodeValue="T-D8700", CodingSchemeDesignator="SRT", CodeMeaning="Forearm"),
                code(LongCodeValue="1234567890123456789", CodingSchemeDesignator="SCT"),
                code(CodeMeaning="Hand"),
                code(CodingSchemeDesignator="SCT"),
            ]
        )
    )

    assert attributes.codes("AnatomicRegionSequence") == (
        CodedConcept(CodeValue="T-D8700", CodingSchemeDesignator="SRT", CodeMeaning="Forearm"),
        CodedConcept(CodeValue="1234567890123456789", CodingSchemeDesignator="SCT"),
        CodedConcept(CodeValue="", CodingSchemeDesignator="", CodeMeaning="Hand"),
    )
    assert attributes.codes("ViewCodeSequence") == ()


def test_items_before_a_malformed_one_are_kept() -> None:
    good = item(element(tag_of("CodeMeaning"), b"LO", b"Hand"))
    bad = item(element(tag_of("CodeMeaning"), b"LO", b"Hand", 400))
    data = element(tag_of("AnatomicRegionSequence"), b"SQ", good + bad + good)

    meanings = [each.text("CodeMeaning") for each in read(data).items("AnatomicRegionSequence")]

    assert meanings == ["Hand"]


def test_of_endless_items_only_the_first_are_read() -> None:
    data = element(tag_of("AnatomicRegionSequence"), b"SQ", item(b"") * 1000)

    assert len(read(data).items("AnatomicRegionSequence")) == 100


def test_a_text_where_a_sequence_is_expected_has_no_items() -> None:
    data = element(tag_of("AnatomicRegionSequence"), b"LO", struct.pack("<Q", 1))

    assert read(data).items("AnatomicRegionSequence") == ()


def test_a_keyword_that_does_not_exist_is_our_own_mistake() -> None:
    with pytest.raises(KeyError):
        tag_of("NoSuchKeyword")
