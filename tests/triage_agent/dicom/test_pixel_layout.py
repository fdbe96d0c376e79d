import numpy as np
import pytest

from tests.factories import Value
from tests.triage_agent.dicom.images import make_image
from triage_agent.dicom.pixel_layout import MAXIMUM_PIXELS, read_layout
from triage_agent.errors import PixelsUnreadable

PIXELS = np.zeros((2, 3), dtype="<u2")


def test_the_bytes_of_a_frame() -> None:
    layout = read_layout(make_image(PIXELS, BitsStored=12))
    assert (layout.rows, layout.columns, layout.frame_bytes) == (2, 3, 12)
    assert (layout.bits_stored, layout.high_bit) == (12, 11)


def test_one_frame_may_be_said() -> None:
    assert read_layout(make_image(PIXELS, NumberOfFrames=1)).rows == 2


@pytest.mark.parametrize(
    ("elements", "complaint"),
    [
        ({"PhotometricInterpretation": "RGB"}, "greyscale.*RGB"),
        ({"PhotometricInterpretation": "PALETTE COLOR"}, "greyscale.*unknown"),
        ({"PhotometricInterpretation": None}, "greyscale.*unknown"),
        ({"SamplesPerPixel": 3}, "greyscale"),
        ({"NumberOfFrames": 2}, "2 frames"),
        ({"NumberOfFrames": 0}, "0 frames"),
        ({"Rows": None}, "0 x 3 pixels"),
        ({"Rows": 0}, "0 x 3 pixels"),
        ({"Columns": 0}, "2 x 0 pixels"),
        ({"Rows": 65535, "Columns": 65535}, "65535 x 65535 pixels"),
        ({"BitsAllocated": None}, "Bits Allocated is None"),
        ({"BitsAllocated": 1}, "Bits Allocated is 1"),
        ({"BitsAllocated": 32}, "Bits Allocated is 32"),
        ({"BitsStored": 0}, "do not fit"),
        ({"BitsStored": 17}, "do not fit"),
        ({"HighBit": 16}, "do not fit"),
        ({"BitsStored": 12, "HighBit": 10}, "do not fit"),
    ],
)
def test_what_is_not_one_greyscale_frame_is_refused(
    elements: dict[str, Value], complaint: str
) -> None:
    with pytest.raises(PixelsUnreadable, match=complaint):
        read_layout(make_image(PIXELS, **elements))


def test_a_reason_never_repeats_free_text() -> None:
    dataset = make_image(PIXELS)
    dataset.add_new("PhotometricInterpretation", "LO", "Doe^Jane")
    with pytest.raises(PixelsUnreadable) as caught:
        read_layout(dataset)
    assert "Doe" not in str(caught.value)


def test_the_largest_image() -> None:
    rows = MAXIMUM_PIXELS // 8192
    assert read_layout(make_image(PIXELS, Rows=rows, Columns=8192)).rows == rows
    with pytest.raises(PixelsUnreadable, match="not the size of a radiograph"):
        read_layout(make_image(PIXELS, Rows=rows + 1, Columns=8192))
