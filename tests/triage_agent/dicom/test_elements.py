import struct
from itertools import pairwise

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tests.encoded_objects import (
    BIG_ENDIAN,
    EXPLICIT,
    IMPLICIT,
    JPEG_2000,
    SEQUENCE_END,
    UNDEFINED,
    delimiter,
    element,
    encoded,
    encoded_compressed,
    item,
    make_dataset,
)
from triage_agent.dicom import elements
from triage_agent.dicom.elements import DataSetWalk, Malformed
from triage_agent.dicom.transfer_syntaxes import ACCEPTED

MODALITY = 0x00080060
SEQUENCE = 0x00400275
PIXEL_DATA = 0x7FE00010


def walk(data: bytes, syntax: str = EXPLICIT) -> DataSetWalk:
    return DataSetWalk(data, ACCEPTED[syntax])


def fault(data: bytes, syntax: str = EXPLICIT) -> str:
    with pytest.raises(Malformed) as caught:
        list(walk(data, syntax).elements())
    return str(caught.value)


@pytest.mark.parametrize("syntax", [EXPLICIT, IMPLICIT, BIG_ENDIAN])
def test_elements_are_found_where_they_are(syntax: str) -> None:
    dataset = make_dataset()
    data = encoded(dataset, syntax)

    found = list(walk(data, syntax).elements())

    assert [each.tag for each in found] == [int(each.tag) for each in dataset]
    modality = next(each for each in found if each.tag == MODALITY)
    assert data[modality.start : modality.end] == b"DX"
    assert found[-1].end == len(data)
    assert all(one.end < other.start for one, other in pairwise(found))


def test_a_sequence_of_undefined_length_ends_at_its_delimiter() -> None:
    inner = element(SEQUENCE, b"SQ", item(element(MODALITY, b"CS", b"CR")), UNDEFINED)
    data = (
        element(
            SEQUENCE,
            b"SQ",
            item(inner + delimiter(SEQUENCE_END), UNDEFINED) + item(b""),
            UNDEFINED,
        )
        + delimiter(SEQUENCE_END)
        + element(0x00400280, b"ST", b"end ")
    )

    first, last = walk(data).elements()

    assert first.undefined_length
    assert data[first.end :].startswith(delimiter(SEQUENCE_END))
    assert data[last.start : last.end] == b"end "


@pytest.mark.parametrize("item_length", [None, UNDEFINED])
@pytest.mark.parametrize("sequence_length", [None, UNDEFINED])
def test_items_are_read_with_and_without_lengths(
    item_length: int | None, sequence_length: int | None
) -> None:
    contents = [element(MODALITY, b"CS", b"CR"), b"", element(MODALITY, b"CS", b"DX")]
    items = b"".join(item(content, item_length) for content in contents)
    data = element(SEQUENCE, b"SQ", items, sequence_length)
    data += delimiter(SEQUENCE_END) if sequence_length == UNDEFINED else b""
    made = walk(data)

    (sequence,) = made.elements()
    read = [[data[each.start : each.end] for each in found] for found in made.items(sequence)]

    assert read == [[b"CR"], [], [b"DX"]]


def test_an_unknown_sequence_is_in_implicit_vr() -> None:
    # PS3.5 section 6.2.2, note: UN of undefined length.
    inner = struct.pack("<HHL", 0x0008, 0x0060, 2) + b"CR"
    data = element(SEQUENCE, b"UN", item(inner, UNDEFINED), UNDEFINED) + delimiter(SEQUENCE_END)
    made = walk(data)

    (sequence,) = made.elements()
    ((modality,),) = made.items(sequence)

    assert data[modality.start : modality.end] == b"CR"


@pytest.mark.parametrize("length", [None, UNDEFINED])
def test_an_item_in_implicit_vr_within_explicit_is_tolerated(length: int | None) -> None:
    inner = struct.pack("<HHL", 0x0008, 0x0060, 2) + b"CR"
    data = element(SEQUENCE, b"SQ", item(inner, length), UNDEFINED) + delimiter(SEQUENCE_END)
    made = walk(data)

    (sequence,) = made.elements()
    ((modality,),) = made.items(sequence)

    assert data[modality.start : modality.end] == b"CR"


def test_fragments_are_measured() -> None:
    data = encoded_compressed([b"1234", b"56"])
    made = walk(data, JPEG_2000)

    pixel_data = list(made.elements())[-1]

    assert made.fragments(pixel_data) == (0, 4, 2)


def test_a_fragment_of_undefined_length_is_refused() -> None:
    data = element(PIXEL_DATA, b"OB", item(item(b""), UNDEFINED), UNDEFINED)
    made = walk(data)
    value = elements.Element(PIXEL_DATA, b"OB", 12, len(data), undefined_length=True)

    with pytest.raises(Malformed, match="undefined length"):
        made.fragments(value)


@given(st.data())
def test_a_data_set_cut_anywhere_but_between_elements_is_malformed(data: st.DataObject) -> None:
    syntax = data.draw(st.sampled_from([EXPLICIT, IMPLICIT, BIG_ENDIAN]))
    whole = encoded(make_dataset(SOPInstanceUID="1.2.3.4"), syntax)
    ends = {each.end for each in walk(whole, syntax).elements()}
    cut = data.draw(st.integers(1, len(whole) - 1).filter(lambda position: position not in ends))

    with pytest.raises(Malformed):
        list(walk(whole[:cut], syntax).elements())


@given(st.binary(max_size=300), st.sampled_from([EXPLICIT, IMPLICIT, BIG_ENDIAN]))
def test_any_bytes_are_walked_to_their_end_or_malformed(data: bytes, syntax: str) -> None:
    try:
        found = list(walk(data, syntax).elements())
    except Malformed:
        return
    assert not data or found[-1].end + 8 * found[-1].undefined_length == len(data)


def test_faults_say_what_is_wrong() -> None:
    assert "runs past the end" in fault(element(MODALITY, b"CS", b"DX", 4))
    assert "head" in fault(b"\x08\x00\x60")
    assert "head" in fault(b"\x08\x00\x60\x00OB\x00\x00\x01")
    assert "00020010 cannot stand" in fault(element(0x00020010, b"UI", b"1.2\x00"))
    assert "FFFEE00D cannot stand" in fault(delimiter(0xFFFEE00D))
    assert "no value representation" in fault(element(MODALITY, b"\x00\x01", b"DX"))
    assert "no item" in fault(element(SEQUENCE, b"SQ", element(MODALITY, b"CS", b"CR"), UNDEFINED))


def test_a_value_representation_of_the_future_has_a_long_length() -> None:
    head = struct.pack("<HH2sHL", 0x0009, 0x1010, b"ZZ", 0, 2)

    (found,) = walk(head + b"ab").elements()

    assert (found.vr, found.end - found.start) == (b"ZZ", 2)


@pytest.mark.parametrize(("depth", "is_accepted"), [(60, True), (70, False), (100_000, False)])
def test_nesting_is_bounded_without_recursion(depth: int, *, is_accepted: bool) -> None:
    head = element(SEQUENCE, b"SQ", struct.pack("<HHL", 0xFFFE, 0xE000, UNDEFINED), UNDEFINED)
    data = head * depth + (delimiter(0xFFFEE00D) + delimiter(SEQUENCE_END)) * depth

    if is_accepted:
        assert len(list(walk(data).elements())) == 1
    else:
        assert "deeper than 64" in fault(data)


def test_the_work_is_bounded() -> None:
    ten = element(MODALITY, b"CS", b"") * 10

    assert len(list(DataSetWalk(ten, ACCEPTED[EXPLICIT], maximum_elements=10).elements())) == 10
    with pytest.raises(Malformed, match="more than 9 elements"):
        list(DataSetWalk(ten, ACCEPTED[EXPLICIT], maximum_elements=9).elements())
