import pytest

from tests.encoded_objects import (
    DX,
    EXPLICIT,
    JPEG_2000,
    Value,
    element,
    encoded,
    encoded_compressed,
    make_dataset,
    make_report,
)
from triage_agent.dicom.attributes import Attributes
from triage_agent.dicom.elements import DataSetWalk
from triage_agent.dicom.pixel_data import check_pixel_data
from triage_agent.dicom.status import StoreStatus
from triage_agent.dicom.transfer_syntaxes import ACCEPTED
from triage_agent.errors import ObjectRefused

PIXEL_DATA = 0x7FE00010


def check(data: bytes, syntax: str = EXPLICIT, SOPClassUID: str = DX) -> tuple[str, ...]:
    encoding = ACCEPTED[syntax]
    walk = DataSetWalk(data, encoding)
    attributes = Attributes(data, encoding, walk, walk.elements())
    return check_pixel_data(attributes, walk, encoding, SOPClassUID)


def refusal(data: bytes, syntax: str = EXPLICIT) -> str:
    with pytest.raises(ObjectRefused) as caught:
        check(data, syntax)
    assert caught.value.status == StoreStatus.PIXEL_DATA_INCOMPLETE
    return str(caught.value)


@pytest.mark.parametrize(
    ("elements", "size"),
    [
        ({}, 48),
        ({"BitsAllocated": 8}, 24),
        ({"Rows": 3, "Columns": 3, "BitsAllocated": 8}, 10),  # padded
        ({"BitsAllocated": 1}, 4),  # 24 pixels
        ({"NumberOfFrames": 3}, 144),
        ({"SamplesPerPixel": 3, "BitsAllocated": 8, "PhotometricInterpretation": "RGB"}, 72),
        (
            {
                "SamplesPerPixel": 3,
                "BitsAllocated": 8,
                "PhotometricInterpretation": "YBR_FULL_422",
            },
            48,
        ),
        ({"Rows": 0}, 0),
    ],
)
def test_native_pixels_have_the_declared_length(elements: dict[str, Value], size: int) -> None:
    assert check(encoded(make_dataset(PixelData=bytes(size), **elements))) == ()
    if size > 3:
        short = encoded(make_dataset(PixelData=bytes(size - 2), **elements))
        assert refusal(short).startswith(f"Pixel Data has {size - 2} of")


def test_absurd_dimensions_are_only_a_large_number() -> None:
    absurd = make_dataset(
        Rows=65_535, Columns=65_535, NumberOfFrames=2**31 - 1, SamplesPerPixel=65_535
    )

    assert "of the" in refusal(encoded(absurd))


def test_more_pixels_than_declared_are_remarked_upon() -> None:
    assert check(encoded(make_dataset(PixelData=bytes(60)))) == (
        "Pixel Data has 12 bytes more than declared",
    )


def test_pixels_without_dimensions_are_left_to_the_decoder() -> None:
    assert check(encoded(make_dataset(Rows=None))) == (
        "the header does not say how much Pixel Data there must be",
    )


def test_an_image_without_pixels_is_refused_and_a_report_is_not() -> None:
    without = encoded(make_dataset(PixelData=None))

    assert refusal(without) == "the image has no Pixel Data"
    assert check(encoded(make_report()), SOPClassUID="1.2.840.10008.5.1.4.1.1.88.11") == ()


def test_float_pixels_are_pixels() -> None:
    assert check(encoded(make_dataset(PixelData=None, FloatPixelData=bytes(96)))) == ()


def test_native_pixels_of_undefined_length_are_refused() -> None:
    assert "undefined length" in refusal(encoded_compressed([b"1234"]), EXPLICIT)


def test_encapsulated_pixels_have_a_fragment_per_frame() -> None:
    assert check(encoded_compressed([b"1234"]), JPEG_2000) == ()
    assert check(encoded_compressed([b"12", b"34"], NumberOfFrames=2), JPEG_2000) == ()
    assert "1 fragments for 2 frames" in refusal(
        encoded_compressed([b"12"], NumberOfFrames=2), JPEG_2000
    )


@pytest.mark.parametrize(
    "items", [b"", b"\xfe\xff\x00\xe0" + bytes(4), b"\xfe\xff\x00\xe0\x00\x00\x00\x00" * 2]
)
def test_encapsulated_pixels_without_content_are_refused(items: bytes) -> None:
    whole = encoded(make_dataset(PixelData=None))
    end = b"\xfe\xff\xdd\xe0" + bytes(4)

    data = whole + element(PIXEL_DATA, b"OB", items + end, 0xFFFFFFFF)

    assert "0 fragments for 1 frames" in refusal(data, JPEG_2000)


def test_native_pixels_in_a_compressed_syntax_are_refused() -> None:
    assert "not encapsulated" in refusal(encoded(make_dataset()), JPEG_2000)
