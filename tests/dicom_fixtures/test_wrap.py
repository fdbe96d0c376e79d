"""Real pictures in DX headers."""

from pathlib import Path

import numpy as np
import pytest
from PIL import Image
from pydicom.uid import JPEG2000Lossless

from dicom_fixtures import wrap_radiograph
from triage_agent.domain.region import Region


def pixels(top: int = 255, dtype: type = np.uint8) -> np.ndarray:
    return np.linspace(0, top, 60 * 50).reshape(60, 50).astype(dtype)


def test_the_pixels_are_those_that_were_given():
    dataset = wrap_radiograph(pixels(), seed=1, region=Region.HAND)

    np.testing.assert_array_equal(dataset.pixel_array, pixels())
    assert (dataset.BitsAllocated, dataset.BitsStored) == (8, 8)
    assert dataset.BodyPartExamined == "HAND"
    assert dataset.AnatomicRegionSequence[0].CodeMeaning == "Hand"


def test_sixteen_bit_pixels_are_stored_with_the_bits_they_need():
    dataset = wrap_radiograph(pixels(4095, np.uint16), seed=1, region=Region.HAND)

    assert (dataset.BitsAllocated, dataset.BitsStored) == (16, 12)
    np.testing.assert_array_equal(dataset.pixel_array, pixels(4095, np.uint16))


def test_monochrome1_is_inverted():
    dataset = wrap_radiograph(pixels(), seed=1, region=Region.HAND, photometric="MONOCHROME1")

    np.testing.assert_array_equal(dataset.pixel_array, 255 - pixels())


def test_a_body_part_out_of_scope_has_no_code():
    dataset = wrap_radiograph(pixels(), seed=1, body_part="KNEE", modality="CR")

    assert dataset.BodyPartExamined == "KNEE"
    assert "AnatomicRegionSequence" not in dataset


def test_nothing_need_be_said_of_the_body_part():
    dataset = wrap_radiograph(pixels(), seed=1)

    assert "BodyPartExamined" not in dataset
    assert list(dataset.AnatomicRegionSequence) == []


def test_images_of_one_seed_are_one_study():
    first, second = (
        wrap_radiograph(pixels(), seed=1, region=Region.HAND, number=number) for number in (1, 2)
    )

    assert first.StudyInstanceUID == second.StudyInstanceUID
    assert first.SOPInstanceUID != second.SOPInstanceUID


def test_the_window_shows_the_whole_range():
    dataset = wrap_radiograph(pixels(4095, np.uint16), seed=1, region=Region.HAND)

    assert dataset.WindowWidth == 4096
    assert dataset.WindowCenter == 2048


def test_a_flat_image_still_has_a_window():
    dataset = wrap_radiograph(np.zeros((40, 40), np.uint8), seed=1, region=Region.HAND)

    assert dataset.WindowWidth >= 1


def test_it_can_be_compressed_and_urgent():
    dataset = wrap_radiograph(
        pixels(), seed=1, region=Region.HAND, stat=True, transfer_syntax=JPEG2000Lossless
    )

    assert dataset.file_meta.TransferSyntaxUID == JPEG2000Lossless
    assert dataset.RequestedProcedurePriority == "STAT"


@pytest.mark.parametrize(
    "wrong", [np.zeros((4, 4, 3), np.uint8), np.zeros((4, 4), np.float32)], ids=["colour", "float"]
)
def test_other_than_grey_integers_is_refused(wrong: np.ndarray):
    with pytest.raises(ValueError, match="uint8 or uint16"):
        wrap_radiograph(wrong, seed=1)


@pytest.mark.parametrize("wrong", [{"view": "TOP"}, {"laterality": "B"}, {"number": 0}])
def test_arguments_out_of_range_are_refused(wrong: dict[str, object]):
    with pytest.raises(ValueError, match="out of range"):
        wrap_radiograph(pixels(), seed=1, **wrong)  # type: ignore[arg-type]


def test_a_real_radiograph_keeps_its_pixels(shared_data: Path):
    path = min((shared_data / "fracatlas" / "images").glob("*.jpg"))
    real = np.asarray(Image.open(path).convert("L"))

    dataset = wrap_radiograph(real, seed=1, region=Region.HAND)

    np.testing.assert_array_equal(dataset.pixel_array, real)
