from typing import Any

import numpy as np
import pytest
from pydicom import Dataset
from pydicom.uid import ExplicitVRBigEndian

from tests.triage_agent.dicom.images import make_image, make_table
from triage_agent.dicom.pixels import displayed
from triage_agent.errors import PixelsUnreadable


def row(*values: int, dtype: str = "<u2") -> np.ndarray[Any, np.dtype[Any]]:
    return np.array([values], dtype=dtype)


def shown(dataset: Dataset) -> list[float]:
    image = displayed(dataset)
    assert image.dtype == np.float32
    return [round(float(value), 4) for value in image.ravel()]


def test_without_a_window_the_range_of_the_pixels_is_stretched() -> None:
    assert shown(make_image(row(100, 150, 200))) == [0.0, 0.5, 1.0]


def test_the_result_has_the_shape_of_the_image() -> None:
    image = displayed(make_image(np.arange(12, dtype="<u2").reshape(3, 4)))
    assert image.shape == (3, 4)
    np.testing.assert_allclose(image, np.arange(12).reshape(3, 4) / 11, atol=1e-6)


def test_an_image_of_many_bands_is_looked_up_whole() -> None:
    pixels = np.arange(40_000, dtype="<u2")[np.newaxis].repeat(60, axis=0)
    image = displayed(make_image(pixels))
    np.testing.assert_allclose(image, pixels / 39_999, atol=1e-6)


def test_bytes_are_pixels_too() -> None:
    assert shown(make_image(row(0, 51, 255, 0, dtype="u1"))) == [0.0, 0.2, 1.0, 0.0]


def test_big_endian_words() -> None:
    dataset = make_image(row(0, 128, 256, dtype=">u2"), syntax=ExplicitVRBigEndian)
    assert shown(dataset) == [0.0, 0.5, 1.0]


@pytest.mark.parametrize(
    "polarity",
    [
        {"PhotometricInterpretation": "MONOCHROME1"},
        {"PresentationLUTShape": "INVERSE"},
        {"PhotometricInterpretation": "MONOCHROME1", "PresentationLUTShape": "INVERSE"},
        {"PhotometricInterpretation": "MONOCHROME1", "PresentationLUTShape": "IDENTITY"},
    ],
)
def test_monochrome1_and_inverse_are_one_inversion(polarity: dict[str, str]) -> None:
    assert shown(make_image(row(0, 1, 4), **polarity)) == [1.0, 0.75, 0.0]


def test_identity_changes_nothing() -> None:
    assert shown(make_image(row(0, 1, 4), PresentationLUTShape="IDENTITY")) == [0.0, 0.25, 1.0]


def test_negative_values() -> None:
    assert shown(make_image(row(-3, 0, 1, dtype="<i2"))) == [0.0, 0.75, 1.0]


def test_a_sign_bit_below_the_top_of_the_container() -> None:
    # 12 bits stored: 0xFFF is -1, and no bit above was filled with the sign.
    dataset = make_image(row(0xFFF, 0x000, 0x001), BitsStored=12, PixelRepresentation=1)
    assert shown(dataset) == [0.0, 0.5, 1.0]


def test_bits_above_the_high_bit_are_not_pixels() -> None:
    # Old devices keep overlays there (PS3.5 section 8.1.2).
    assert shown(make_image(row(0xF000, 0xF001, 0x1002), BitsStored=12)) == [0.0, 0.5, 1.0]


def test_bits_below_the_sample_are_not_pixels() -> None:
    dataset = make_image(row(0x000F, 0x0010, 0x0023), BitsStored=12, HighBit=15)
    assert shown(dataset) == [0.0, 0.5, 1.0]


def test_bits_stored_high_bit_and_representation_may_be_absent() -> None:
    dataset = make_image(row(0, 32768, 65535), BitsStored=None, HighBit=None)
    del dataset.PixelRepresentation
    dataset.WindowCenter, dataset.WindowWidth = 32768, 65536
    assert shown(dataset) == [0.0, 0.5, 1.0]


def test_padding_is_black_and_out_of_the_range() -> None:
    dataset = make_image(row(0, 1000, 1001, 1002), PixelPaddingValue=0)
    assert shown(dataset) == [0.0, 0.0, 0.5, 1.0]


def test_padding_stays_black_when_white_is_lowest() -> None:
    dataset = make_image(
        row(0, 1000, 1002), PixelPaddingValue=0, PhotometricInterpretation="MONOCHROME1"
    )
    assert shown(dataset) == [0.0, 1.0, 0.0]


@pytest.mark.parametrize("limits", [(10, 20), (20, 10)])
def test_a_range_of_padding(limits: tuple[int, int]) -> None:
    dataset = make_image(
        row(9, 10, 15, 20, 29), PixelPaddingValue=limits[0], PixelPaddingRangeLimit=limits[1]
    )
    assert shown(dataset) == [0.0, 0.0, 0.0, 0.0, 1.0]


def test_a_range_limit_alone_means_nothing() -> None:
    assert shown(make_image(row(0, 1, 2), PixelPaddingRangeLimit=2)) == [0.0, 0.5, 1.0]


def test_negative_padding_written_as_an_unsigned_number() -> None:
    dataset = make_image(row(-2000, 0, 1, 2, dtype="<i2"))
    dataset.add_new("PixelPaddingValue", "US", 65536 - 2000)
    assert shown(dataset) == [0.0, 0.0, 0.5, 1.0]


def test_rescale_comes_before_the_window() -> None:
    dataset = make_image(
        row(0, 5, 10),
        RescaleSlope="2",
        RescaleIntercept="-10",
        WindowCenter="0",
        WindowWidth="40",
        VOILUTFunction="LINEAR_EXACT",
    )
    assert shown(dataset) == [0.25, 0.5, 0.75]


def test_a_negative_slope_turns_the_image_round() -> None:
    assert shown(make_image(row(0, 1, 4), RescaleSlope="-1")) == [1.0, 0.75, 0.0]


def test_a_modality_table_goes_before_a_rescale() -> None:
    dataset = make_image(row(5, 6, 7, 100), RescaleSlope="-1")
    dataset.ModalityLUTSequence = [make_table(5, [0, 300, 400])]
    assert shown(dataset) == [0.0, 0.75, 1.0, 1.0]


def test_a_modality_table_with_negative_inputs() -> None:
    dataset = make_image(row(-2, -1, 0, 5, dtype="<i2"))
    dataset.ModalityLUTSequence = [make_table(-1, [0, 4, 8])]
    assert shown(dataset) == [0.0, 0.0, 0.5, 1.0]


def test_a_window_outside_the_pixels_leaves_the_range() -> None:
    dataset = make_image(row(100, 150, 200), WindowCenter="5000", WindowWidth="10")
    assert shown(dataset) == [0.0, 0.5, 1.0]


@pytest.mark.parametrize("elements", [{}, {"WindowCenter": "10", "WindowWidth": "10"}])
def test_a_blank_image_is_refused(elements: dict[str, str]) -> None:
    with pytest.raises(PixelsUnreadable, match="blank"):
        displayed(make_image(row(7, 7, 7), **elements))


def test_an_image_that_is_all_padding_is_refused() -> None:
    with pytest.raises(PixelsUnreadable, match="blank"):
        displayed(make_image(row(1, 2), PixelPaddingValue=0, PixelPaddingRangeLimit=9))


@pytest.mark.parametrize("keyword", ["RescaleSlope", "RescaleIntercept"])
def test_a_rescale_that_makes_no_image_is_refused(keyword: str) -> None:
    dataset = make_image(row(1, 2))
    dataset.add_new(keyword, "FD", float("nan"))
    with pytest.raises(PixelsUnreadable, match="make no image"):
        displayed(dataset)


def test_a_slope_of_zero_is_refused() -> None:
    with pytest.raises(PixelsUnreadable, match="make no image"):
        displayed(make_image(row(1, 2), RescaleSlope="0"))
