"""Rendered radiographs: repeatable, in range, and true to what they claim."""

import numpy as np
import numpy.typing as npt
import pytest

from dicom_fixtures import physics, render
from dicom_fixtures.abnormality import Kind
from dicom_fixtures.anatomy import VIEWS
from dicom_fixtures.radiograph import NO_FINDING, Radiograph
from triage_agent.domain.region import Region

SIZE = 96

regions = pytest.mark.parametrize("region", Region)
views = pytest.mark.parametrize("view", VIEWS)


def small(seed: int, region: Region, view: str = "PA", *, abnormal: bool = False) -> Radiograph:
    return render(seed, region, view, abnormal=abnormal, rows=SIZE, columns=SIZE)


@regions
@views
def test_the_same_arguments_give_the_same_pixels(region: Region, view: str):
    first = small(3, region, view, abnormal=True)
    second = small(3, region, view, abnormal=True)

    np.testing.assert_array_equal(first.image, second.image)
    np.testing.assert_array_equal(first.mask, second.mask)
    assert first.finding == second.finding


@regions
def test_another_seed_gives_another_picture(region: Region):
    assert not np.array_equal(small(3, region).image, small(4, region).image)


def test_a_repeat_is_another_exposure_of_the_same_finding():
    first = render(5, Region.WRIST, "PA", abnormal=True, rows=SIZE, columns=SIZE)
    again = render(5, Region.WRIST, "PA", abnormal=True, rows=SIZE, columns=SIZE, repeat=1)

    assert not np.array_equal(first.image, again.image)
    assert (first.finding, first.laterality) == (again.finding, again.laterality)


@regions
@views
def test_images_are_float32_between_zero_and_one_and_use_the_range(region: Region, view: str):
    image = small(1, region, view).image

    assert image.dtype == np.float32
    assert image.shape == (SIZE, SIZE)
    assert 0.0 <= image.min() < 0.05
    assert 0.9 < image.max() <= 1.0


@regions
@views
def test_a_normal_image_has_an_empty_mask_and_says_so(region: Region, view: str):
    normal = small(2, region, view)

    assert not normal.abnormal
    assert normal.kind is None
    assert normal.finding == NO_FINDING
    assert not normal.mask.any()


@regions
@views
def test_an_abnormality_is_inside_the_field_in_every_view(region: Region, view: str):
    for seed in range(12):
        abnormal = render(seed, region, view, abnormal=True, rows=128, columns=128)
        assert abnormal.abnormal
        assert abnormal.mask.dtype == np.bool_
        assert 12 <= abnormal.mask.sum() < 128 * 128 / 4, f"seed {seed}"


@regions
def test_all_views_of_a_subject_show_one_finding_on_one_side(region: Region):
    shown = [small(7, region, view, abnormal=True) for view in VIEWS]

    assert len({(view.finding, view.kind, view.laterality) for view in shown}) == 1


@regions
def test_every_kind_of_abnormality_occurs(region: Region):
    kinds = {small(seed, region, abnormal=True).kind for seed in range(40)}

    assert kinds == set(Kind)


@pytest.mark.parametrize(("rows", "columns"), [(64, 128), (150, 70), (33, 32)])
def test_any_shape_can_be_rendered(rows: int, columns: int):
    shown = render(1, Region.HAND, "OBLIQUE", abnormal=True, rows=rows, columns=columns)

    assert shown.image.shape == shown.mask.shape == (rows, columns)


@pytest.mark.parametrize("side", ["L", "R"])
def test_the_side_can_be_chosen(side: str):
    shown = render(1, Region.HAND, "PA", abnormal=False, rows=SIZE, columns=SIZE, laterality=side)

    assert shown.laterality == side


def test_pixels_are_smaller_where_there_are_more_of_them():
    coarse = render(1, Region.HAND, "PA", abnormal=False, rows=100, columns=100)
    fine = render(1, Region.HAND, "PA", abnormal=False, rows=200, columns=200)

    assert fine.pixel_spacing_mm == pytest.approx(coarse.pixel_spacing_mm / 2)


@pytest.mark.parametrize(
    "wrong",
    [
        {"seed": -1},
        {"view": "AXIAL"},
        {"rows": 31},
        {"columns": 0},
        {"laterality": "B"},
    ],
)
def test_arguments_out_of_range_are_refused(wrong: dict[str, object]):
    right = {"seed": 1, "region": Region.HAND, "view": "PA", "abnormal": False}

    with pytest.raises(ValueError, match=next(iter(wrong))):
        render(**{**right, **wrong})  # type: ignore[arg-type]


def test_a_field_without_a_patient_still_gives_an_image():
    exponent = np.zeros((40, 40), dtype=np.float32)
    technique = physics.Technique(quanta=4000.0, enhancement=0.5, gamma=1.0)
    logarithm = physics.exposed(exponent, technique, np.random.default_rng(1))

    image = physics.displayed(logarithm, exponent, technique)

    assert np.isfinite(image).all()
    assert 0.0 <= image.min() < image.max() <= 1.0


def test_the_regions_can_be_told_apart_by_their_nearest_neighbour():
    known = [(region, _thumbnail(seed, region)) for region in Region for seed in range(14)]
    asked = [(region, _thumbnail(seed, region)) for region in Region for seed in range(50, 56)]

    right = [
        min(known, key=lambda one: float(np.abs(one[1] - picture).mean()))[0] is region
        for region, picture in asked
    ]

    assert np.mean(right) > 0.9


def _thumbnail(seed: int, region: Region) -> npt.NDArray[np.float32]:
    image = render(seed, region, "PA", abnormal=False, rows=64, columns=64, laterality="R").image
    blocks: npt.NDArray[np.float32] = image.reshape(16, 4, 16, 4).mean(axis=(1, 3))
    return blocks
