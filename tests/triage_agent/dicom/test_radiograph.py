from typing import Any

import numpy as np
import pytest
from pydicom import Dataset
from pydicom.uid import ExplicitVRBigEndian

from tests.factories import Value
from tests.triage_agent.dicom.images import make_image, make_table
from triage_agent.dicom.pixels import displayed
from triage_agent.dicom.radiograph import read_radiograph
from triage_agent.domain.radiograph import Radiograph, Spacing, Window
from triage_agent.errors import PixelsUnreadable


def row(*values: int, dtype: str = "<u2") -> np.ndarray[Any, np.dtype[Any]]:
    return np.array([values], dtype=dtype)


def values_of(radiograph: Radiograph) -> list[float]:
    return [float(each) for each in radiograph.modality[radiograph.codes].ravel()]


def tones_of(radiograph: Radiograph) -> list[int]:
    return [int(each) for each in radiograph.tones[radiograph.codes].ravel()]


@pytest.mark.parametrize("bits", [8, 10, 12, 14, 15, 16])
@pytest.mark.parametrize("photometric", ["MONOCHROME1", "MONOCHROME2"])
def test_every_value_of_so_many_bits_is_kept(bits: int, photometric: str) -> None:
    pixels = np.arange(2**bits, dtype="<u2").reshape(16, -1)
    read = read_radiograph(
        make_image(pixels, BitsStored=bits, PhotometricInterpretation=photometric)
    )
    assert read.codes.dtype == np.uint16
    np.testing.assert_array_equal(read.codes, pixels)
    np.testing.assert_array_equal(read.modality, np.arange(2**bits))
    assert read.inverted == (photometric == "MONOCHROME1")
    assert read.rescale == (1.0, 0.0)


@pytest.mark.parametrize("bits", [10, 12, 16])
def test_signed_values_are_counted_from_the_lowest(bits: int) -> None:
    lowest = -(2 ** (bits - 1))
    pixels = np.array([[lowest, -1, 0, 1, -lowest - 1]], dtype="<i2")
    read = read_radiograph(make_image(pixels, BitsStored=bits))
    np.testing.assert_array_equal(read.codes[0], pixels[0].astype(int) - lowest)
    assert values_of(read) == pixels[0].tolist()
    assert read.rescale == (1.0, float(lowest))


def test_bits_that_are_no_pixels_are_left_out() -> None:
    overlay = 0xF000
    read = read_radiograph(make_image(row(1, 2 | overlay, 4095), BitsStored=12))
    assert values_of(read) == [1.0, 2.0, 4095.0]
    assert len(read.modality) == 4096


def test_the_rescale_is_part_of_the_values() -> None:
    read = read_radiograph(
        make_image(row(0, 1, 1000), RescaleSlope="0.25", RescaleIntercept="-100")
    )
    assert values_of(read) == [-100.0, -99.75, 150.0]
    assert read.rescale == (0.25, -100.0)


def test_a_modality_table_is_part_of_the_values() -> None:
    table = make_table(0, [0, 10, 1000, 2000])
    read = read_radiograph(make_image(row(0, 1, 3, 2), ModalityLUTSequence=[table]))
    assert values_of(read) == [0.0, 10.0, 2000.0, 1000.0]
    assert read.rescale is None


IMAGES: dict[str, dict[str, Value]] = {
    "range": {},
    "window": {"WindowCenter": 2000, "WindowWidth": 1500},
    "exact": {"WindowCenter": 2000, "WindowWidth": 900, "VOILUTFunction": "LINEAR_EXACT"},
    "sigmoid": {"WindowCenter": 2000, "WindowWidth": 900, "VOILUTFunction": "SIGMOID"},
    "table": {"VOILUTSequence": [make_table(500, list(range(0, 4000, 2)), 12)]},
    "falling table": {"VOILUTSequence": [make_table(500, list(range(4000, 0, -2)), 12)]},
    "padding": {"PixelPaddingValue": 0, "PixelPaddingRangeLimit": 40},
    "rescale": {"RescaleSlope": 2, "RescaleIntercept": 7, "WindowCenter": 3000, "WindowWidth": 99},
}


@pytest.mark.parametrize("name", IMAGES)
@pytest.mark.parametrize("photometric", ["MONOCHROME1", "MONOCHROME2"])
def test_the_tones_are_those_of_the_displayed_image(name: str, photometric: str) -> None:
    pixels = np.random.default_rng(1).integers(0, 4096, (40, 30)).astype("<u2")
    dataset = make_image(
        pixels, BitsStored=12, PhotometricInterpretation=photometric, **IMAGES[name]
    )
    read = read_radiograph(dataset)
    expected = np.rint(displayed(dataset) * 255)
    # The greys are rounded from single precision in one case, from double in the other.
    assert np.abs(read.tones[read.codes] - expected).max() <= 1
    assert (read.tones[read.codes] != expected).mean() < 0.01


def test_big_endian_words() -> None:
    read = read_radiograph(make_image(row(0, 258, 3, dtype=">u2"), syntax=ExplicitVRBigEndian))
    assert values_of(read) == [0.0, 258.0, 3.0]


def test_the_windows_of_the_object_come_in_its_order_with_their_names() -> None:
    read = read_radiograph(
        make_image(
            row(0, 2000),
            WindowCenter=[100, 200, 300],
            WindowWidth=[50, 0, 70],
            WindowCenterWidthExplanation=["NORMAL", "HARDER"],
            VOILUTFunction="SIGMOID",
        )
    )
    assert read.windows == (
        Window(center=100, width=50, name="NORMAL"),
        Window(center=300, width=70),
    )
    assert read.function == "SIGMOID"


def test_one_name_of_a_window_is_not_taken_letter_by_letter() -> None:
    read = read_radiograph(
        make_image(
            row(0, 900), WindowCenter=400, WindowWidth=50, WindowCenterWidthExplanation="BONE"
        )
    )
    assert read.windows == (Window(center=400, width=50, name="BONE"),)


def test_a_stretched_range_is_a_window_too() -> None:
    read = read_radiograph(make_image(row(100, 150, 200)))
    assert read.windows == (Window(center=150.5, width=101),)
    assert tones_of(read) == [0, 128, 255]


def test_a_window_that_shows_nothing_is_no_window() -> None:
    read = read_radiograph(make_image(row(100, 200), WindowCenter=9000, WindowWidth=50))
    assert read.windows == (Window(center=150.5, width=101),)
    assert read.function == "LINEAR"


@pytest.mark.parametrize(
    ("entries", "center", "inverted"),
    [(range(0, 1000, 10), 51.5, False), (range(1000, 0, -10), 49.5, True)],
)
def test_a_table_gets_the_window_that_looks_like_it(
    entries: range,
    center: float,
    inverted: bool,  # noqa: FBT001 (a value of the table)
) -> None:
    table = make_table(0, list(entries), 10)
    read = read_radiograph(make_image(np.arange(100, dtype="<u2")[None], VOILUTSequence=[table]))
    (window,) = read.windows
    assert window.center == pytest.approx(center, abs=1.5)
    assert window.width == pytest.approx(103, abs=2)
    assert read.inverted is inverted
    assert read.function == "LINEAR"


def test_padding_is_told_and_black() -> None:
    read = read_radiograph(
        make_image(
            row(65535, 65000, 10, 20),
            PixelPaddingValue=65535,
            PixelPaddingRangeLimit=64000,
            PhotometricInterpretation="MONOCHROME1",
        )
    )
    assert read.padding == (64000, 65535)
    assert tones_of(read) == [0, 0, 255, 0]


def test_without_padding_there_is_none() -> None:
    assert read_radiograph(make_image(row(0, 1))).padding is None


@pytest.mark.parametrize(
    ("elements", "expected"),
    [
        ({}, None),
        (
            {"ImagerPixelSpacing": [0.2, 0.1]},
            Spacing(row_mm=0.2, column_mm=0.1, at_detector=True),
        ),
        (
            {"ImagerPixelSpacing": [0.2, 0.2], "PixelSpacing": [0.15, 0.15]},
            Spacing(row_mm=0.15, column_mm=0.15, at_detector=False),
        ),
        ({"PixelSpacing": [0, 0.1]}, None),
        ({"PixelSpacing": [0.1]}, None),
    ],
)
def test_spacing(elements: dict[str, Value], expected: Spacing | None) -> None:
    assert read_radiograph(make_image(row(0, 1), **elements)).spacing == expected


def test_the_size_is_that_of_the_object() -> None:
    read = read_radiograph(make_image(np.arange(12, dtype="<u2").reshape(3, 4)))
    assert (read.source_rows, read.source_columns) == (3, 4)


def test_an_image_of_many_bands_is_read_whole() -> None:
    pixels = np.arange(40_000, dtype="<u2")[np.newaxis].repeat(60, axis=0)
    np.testing.assert_array_equal(read_radiograph(make_image(pixels)).codes, pixels)


def test_a_blank_image_is_refused() -> None:
    with pytest.raises(PixelsUnreadable, match="blank"):
        read_radiograph(make_image(row(7, 7)))


def test_a_dataset_without_pixels_is_refused() -> None:
    with pytest.raises(PixelsUnreadable):
        read_radiograph(Dataset())
