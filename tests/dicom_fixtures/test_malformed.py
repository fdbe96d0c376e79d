"""The catalogue of malformed objects is what it says, and the same every time."""

import zlib
from contextlib import suppress
from io import BytesIO

import pytest
from pydicom import Dataset
from pydicom.dataset import FileMetaDataset
from pydicom.filereader import read_dataset
from pydicom.uid import UID, DeflatedExplicitVRLittleEndian

from dicom_fixtures import Malformed, catalogue, encoded, synthetic_study
from dicom_fixtures.damaged_bytes import INFLATED_BYTES, ITEM, NESTING
from dicom_fixtures.splice import explicit, spliced, tag_of
from triage_agent.dicom.pixels import displayed
from triage_agent.errors import PixelsUnreadable

CATALOGUE = {one.name: one for one in catalogue()}
BOMB = "deflated bomb"

WANTED = (
    "empty", "random bytes", "zeros", "cut in the pixels, Explicit VR Little Endian",
    "pixel data shorter than rows x columns", "pixel data longer than rows x columns",
    "element length beyond the end", "65535 rows and columns", "1200 nested sequences",
    "rows written as text", "SOPInstanceUID is a path", "SOPInstanceUID is 200 characters long",
    "SOPInstanceUID is empty", "script in PatientName", "script in StudyDescription",
    "SOPInstanceUID absent", "StudyInstanceUID absent", BOMB,
    "sequence longer than the data set", "item longer than its sequence",
    "StudyInstanceUID is letters", "SOPInstanceUID is script", "SeriesInstanceUID is two UIDs",
    "no bits stored", "rescale slope of zero", "lookup table shorter than it says",
    "overlay of 65535 x 65535", "icon of 65535 x 65535",
)  # fmt: skip


def whole(seed: int = 3) -> Dataset:
    return synthetic_study(seed, views=1, rows=64, columns=64).datasets[0]


def parsed(one: Malformed) -> Dataset:
    syntax = UID(one.transfer_syntax)
    return read_dataset(BytesIO(one.data), syntax.is_implicit_VR, is_little_endian=True)


@pytest.mark.parametrize("name", WANTED)
def test_the_catalogue_has_it(name: str):
    assert name in CATALOGUE


def test_names_and_announced_uids_are_unique_and_valid():
    entries = catalogue()

    assert len({one.name for one in entries}) == len(entries)
    assert len({one.SOPInstanceUID for one in entries}) == len(entries)
    assert all(UID(one.SOPInstanceUID).is_valid for one in entries)
    assert any(one.acceptable for one in entries)
    assert any(not one.acceptable for one in entries)


def test_another_seed_gives_other_objects():
    first, second = catalogue(0), catalogue(1)

    assert [one.name for one in first] == [one.name for one in second]
    assert not {one.SOPInstanceUID for one in first} & {one.SOPInstanceUID for one in second}


@pytest.mark.parametrize("name", [name for name in CATALOGUE if name != BOMB])
def test_the_bytes_are_the_same_every_time(name: str):
    assert CATALOGUE[name].data == CATALOGUE[name].data


@pytest.mark.parametrize(
    "name",
    # pydicom reads the length of an unknown value representation in its older, short form.
    [one.name for one in CATALOGUE.values()
     if one.acceptable and one.name != "unknown value representation"],
)  # fmt: skip
@pytest.mark.filterwarnings("ignore:Unknown encoding 'ISO_IR 999'")  # it is meant to be unknown
def test_an_acceptable_object_can_be_read_to_its_end(name: str):
    one = CATALOGUE[name]

    dataset = parsed(one)

    assert dataset.SOPInstanceUID == one.SOPInstanceUID
    assert dataset.SOPClassUID == one.SOPClassUID
    assert UID(dataset.StudyInstanceUID).is_valid
    assert len(dataset.PixelData) > 0


@pytest.mark.parametrize("name", [one.name for one in CATALOGUE.values() if one.acceptable])
@pytest.mark.filterwarnings("ignore")  # what pydicom says of them is not the matter here
def test_an_acceptable_object_is_shown_or_said_to_be_unreadable(name: str):
    dataset = parsed(CATALOGUE[name])
    dataset.file_meta = FileMetaDataset()
    dataset.file_meta.TransferSyntaxUID = CATALOGUE[name].transfer_syntax

    with suppress(PixelsUnreadable):
        assert displayed(dataset).shape == (64, 64)


@pytest.mark.parametrize(
    ("name", "keyword", "value"),
    [
        ("SOPInstanceUID is a path", "SOPInstanceUID", "../../etc/passwd"),
        ("StudyInstanceUID is empty", "StudyInstanceUID", ""),
        ("script in PatientName", "PatientName", '<script>alert("x")</script>'),
        ("65535 rows and columns", "Rows", 65535),
        ("no rows", "Rows", 0),
    ],
)
@pytest.mark.filterwarnings("ignore:Invalid value for VR UI")  # it is meant to be invalid
def test_content_is_wrong_as_named(name: str, keyword: str, value: object):
    assert parsed(CATALOGUE[name])[keyword].value == value


@pytest.mark.parametrize(
    "keyword", ["SOPInstanceUID", "StudyInstanceUID", "SeriesInstanceUID", "SOPClassUID"]
)
def test_what_is_absent_is_absent(keyword: str):
    assert keyword not in parsed(CATALOGUE[f"{keyword} absent"])


def test_pixel_data_have_the_wrong_length():
    right = 64 * 64 * 2
    short = parsed(CATALOGUE["pixel data shorter than rows x columns"])
    long = parsed(CATALOGUE["pixel data longer than rows x columns"])

    assert len(short.PixelData) == right // 2
    assert len(long.PixelData) == right * 3 // 2


def test_sequences_are_nested_as_deep_as_promised():
    assert CATALOGUE["1200 nested sequences"].data.count(ITEM) >= NESTING > 1000


def test_the_bomb_inflates_to_what_it_says():
    bomb = CATALOGUE[BOMB]
    data = bomb.data
    inflater = zlib.decompressobj(wbits=-zlib.MAX_WBITS)
    size = 0
    while not inflater.eof:
        size += len(inflater.decompress(data, 2**24))
        data = inflater.unconsumed_tail

    assert bomb.transfer_syntax == DeflatedExplicitVRLittleEndian
    assert len(bomb.data) < 1_000_000
    assert size > INFLATED_BYTES


def test_splicing_an_element_s_own_bytes_changes_nothing():
    dataset = whole()
    tag = tag_of("PatientID")
    value = str(dataset.PatientID).encode("ascii")

    raw = explicit(tag, b"LO", value + b" " * (len(value) % 2))

    assert spliced(dataset, tag, raw) == encoded(dataset)


def test_an_unknown_keyword_has_no_tag():
    with pytest.raises(KeyError):
        tag_of("NoSuchElement")
