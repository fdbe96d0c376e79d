import numpy as np
import pytest
from pydicom import Dataset

from tests.triage_agent.dicom.images import make_table
from triage_agent.dicom.lookup_table import read_lookup_table
from triage_agent.errors import PixelsUnreadable


def packed(descriptor: list[int], data: bytes) -> Dataset:
    item = Dataset()
    item.add_new("LUTDescriptor", "US", descriptor)
    item.add_new("LUTData", "OW", data)
    return item


def entries(item: Dataset, *, big_endian: bool = False) -> list[float]:
    table = read_lookup_table(item, signed=False, big_endian=big_endian)
    return [float(entry) for entry in table.entries]


def test_inputs_beyond_the_ends_give_the_end_entries() -> None:
    table = read_lookup_table(make_table(10, [7, 8, 9]), signed=False, big_endian=False)
    assert table.apply(np.array([-5.0, 10.0, 11.0, 12.0, 99.0])).tolist() == [7, 7, 8, 9, 9]
    assert table.largest == 65535


def test_inputs_are_rounded() -> None:
    table = read_lookup_table(make_table(0, [7, 8]), signed=False, big_endian=False)
    assert table.apply(np.array([0.4, 0.6])).tolist() == [7, 8]


def test_words_in_bytes() -> None:
    assert entries(packed([2, 0, 16], b"\x01\x00\x02\x01")) == [1, 258]


def test_words_in_bytes_big_endian() -> None:
    assert entries(packed([2, 0, 16], b"\x00\x01\x01\x02"), big_endian=True) == [1, 258]


def test_two_entries_in_a_word() -> None:
    assert entries(packed([4, 0, 8], b"\x01\x02\x03\x04")) == [1, 2, 3, 4]


def test_two_entries_in_a_word_big_endian() -> None:
    assert entries(packed([4, 0, 8], b"\x02\x01\x04\x03"), big_endian=True) == [1, 2, 3, 4]


def test_zero_entries_means_all() -> None:
    item = packed([0, 0, 16], np.arange(65536, dtype="<u2").tobytes())
    assert len(entries(item)) == 65536


def test_more_data_than_entries_is_cut() -> None:
    assert entries(packed([2, 0, 16], b"\x01\x00\x02\x00\x03\x00")) == [1, 2]


@pytest.mark.parametrize(
    ("signed", "written", "meant"),
    [(True, 65535, -1), (True, 5, 5), (False, 65535, 65535), (False, 5, 5)],
)
def test_the_sign_of_the_first_input(*, signed: bool, written: int, meant: int) -> None:
    item = packed([1, written, 16], b"\x01\x00")
    assert read_lookup_table(item, signed=signed, big_endian=False).first == meant


def test_a_negative_first_input_of_an_unsigned_image() -> None:
    assert read_lookup_table(make_table(-1, [3]), signed=False, big_endian=False).first == 65535


@pytest.mark.parametrize(
    ("item", "complaint"),
    [
        (Dataset(), "no LUT Descriptor"),
        (packed([2, 0], b"\x01\x00\x02\x00"), "no LUT Descriptor"),
        (packed([2, 0, 7], b"\x01\x00\x02\x00"), "entries of 7 bits"),
        (packed([2, 0, 17], b"\x01\x00\x02\x00"), "entries of 17 bits"),
        (packed([5, 0, 16], b"\x01\x00\x02\x00"), "declares 5 entries but has 4"),
        (make_table(0, []), "declares 65536 entries but has 0"),
    ],
)
def test_damaged_tables_are_refused(item: Dataset, complaint: str) -> None:
    with pytest.raises(PixelsUnreadable, match=complaint):
        entries(item)


def test_a_descriptor_of_fractions_is_refused() -> None:
    item = make_table(0, [1, 2])
    item["LUTDescriptor"]._value = [2.0, 0.5, 16.0]
    with pytest.raises(PixelsUnreadable, match="no LUT Descriptor"):
        entries(item)
