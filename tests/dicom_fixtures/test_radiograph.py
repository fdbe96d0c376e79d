"""Rendered radiographs: repeatable, in range, and true to what they claim."""

import numpy as np
import pytest

from dicom_fixtures import render
from dicom_fixtures.anatomy import VIEWS
from dicom_fixtures.radiograph import NO_FINDING, Radiograph
from dicom_fixtures.subject import ADULT_YEARS
from triage_agent.domain.region import Region

SIZE = 96

regions = pytest.mark.parametrize("region", Region)
views = pytest.mark.parametrize("view", VIEWS)


def small(
    seed: int, region: Region, view: str = "PA", *, abnormal: bool = False, repeat: int = 0
) -> Radiograph:
    return render(seed, region, view, abnormal=abnormal, rows=SIZE, columns=SIZE, repeat=repeat)


def seed_of(region: Region, *, child: bool) -> int:
    """The first subject of an age group."""
    return next(seed for seed in range(200) if small(seed, region).child is child)


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
    first = small(5, Region.WRIST, abnormal=True)
    again = small(5, Region.WRIST, abnormal=True, repeat=1)

    assert not np.array_equal(first.image, again.image)
    assert (first.finding, first.laterality) == (again.finding, again.laterality)
    assert first.age_years == again.age_years


@regions
@views
@pytest.mark.parametrize("child", [False, True])
def test_every_region_and_view_renders_at_every_age(region: Region, view: str, *, child: bool):
    shown = small(seed_of(region, child=child), region, view)

    assert shown.child is child
    assert (shown.age_years < ADULT_YEARS) is child
    assert shown.image.dtype == np.float32
    assert shown.image.shape == (SIZE, SIZE)
    assert 0.0 <= shown.image.min() < shown.image.max() <= 1.0
    assert np.ptp(np.quantile(shown.image, (0.02, 0.98))) > 0.2


@regions
@views
def test_a_normal_image_has_an_empty_mask_and_says_so(region: Region, view: str):
    normal = small(2, region, view)

    assert not normal.abnormal
    assert not normal.study_abnormal
    assert normal.findings == ()
    assert normal.finding == NO_FINDING
    assert not normal.mask.any()


@regions
@views
def test_a_finding_is_inside_the_exposed_field_in_every_view(region: Region, view: str):
    for seed in range(6):
        abnormal = render(seed, region, view, abnormal=True, rows=128, columns=128)
        assert abnormal.abnormal
        for finding in abnormal.findings:
            assert finding.mask.dtype == np.bool_
            assert finding.mask.shape == (128, 128)
            assert finding.mask.sum() >= 8, f"seed {seed}: {finding.sentence}"


@pytest.mark.parametrize(("rows", "columns"), [(64, 128), (150, 70), (33, 32)])
@regions
def test_any_shape_can_be_rendered(region: Region, rows: int, columns: int):
    shown = render(1, region, "OBLIQUE", abnormal=True, rows=rows, columns=columns)

    assert shown.image.shape == shown.mask.shape == (rows, columns)


def test_a_large_detector_is_rendered_in_float32():
    shown = render(1, Region.SHOULDER, "PA", abnormal=True, rows=3000, columns=2500)

    assert shown.image.dtype == np.float32
    assert shown.image.shape == (3000, 2500)
    assert shown.mask.any()


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


@regions
def test_what_the_exposure_adds_does_not_depend_on_the_label(region: Region):
    for seed in range(6):
        normal = small(seed, region)
        abnormal = small(seed, region, abnormal=True)

        assert normal.pixel_spacing_mm == abnormal.pixel_spacing_mm
        assert (normal.laterality, normal.age_years) == (abnormal.laterality, abnormal.age_years)
        # Same marker, collimation and noise: far from the finding the pictures run together.
        alike = np.corrcoef(normal.image.ravel(), abnormal.image.ravel())[0, 1]
        assert alike > 0.6, f"seed {seed}"


@regions
def test_the_picture_changes_where_the_finding_is(region: Region):
    inside, outside = [], []
    for seed in range(8):
        normal, abnormal = small(seed, region), small(seed, region, abnormal=True)
        change = np.abs(normal.image - abnormal.image)
        inside.append(change[abnormal.mask].mean())
        outside.append(np.median(change[~abnormal.mask]))

    assert np.mean(inside) > 2.0 * np.mean(outside)
