"""Findings of rendered images: masks in the exposed field, sentences, and views that show none."""

from functools import cache

import numpy as np
import pytest

from dicom_fixtures import render
from dicom_fixtures.anatomy import VIEWS
from dicom_fixtures.pathology import Group, Kind
from dicom_fixtures.pathology.choice import NEVER_HIDDEN
from dicom_fixtures.radiograph import NO_FINDING, Radiograph
from triage_agent.domain.region import Region

SIZE = 96


@cache
def shown(seed: int, region: Region, view: str, study_views: int = 1) -> Radiograph:
    return render(
        seed, region, view, abnormal=True, rows=SIZE, columns=SIZE, study_views=study_views
    )


@pytest.mark.parametrize("kind", Kind)
def test_every_kind_belongs_to_a_group(kind: Kind):
    assert kind.group in Group
    assert (kind.group is Group.FRACTURE) == kind.value.endswith("fracture")


@pytest.mark.parametrize("region", Region)
def test_findings_are_graded_told_and_marked(region: Region):
    for seed in range(8):
        radiograph = shown(seed, region, "PA")
        assert radiograph.study_abnormal
        assert radiograph.abnormal
        assert radiograph.finding == " ".join(each.sentence for each in radiograph.findings)
        for finding in radiograph.findings:
            assert finding.group is finding.kind.group
            assert 0.0 < finding.conspicuity <= 1.0
            assert finding.place in finding.sentence
            assert finding.sentence.endswith(".")
            assert finding.mask.shape == radiograph.image.shape
            assert finding.mask.any()
            assert (radiograph.mask >= finding.mask).all()


def test_the_image_differs_from_the_healthy_one_in_the_mask():
    for seed in range(21):
        region = tuple(Region)[seed % len(Region)]
        ill = shown(seed, region, "PA")
        healthy = render(seed, region, "PA", abnormal=False, rows=SIZE, columns=SIZE)
        change = np.abs(ill.image - healthy.image)
        assert change[ill.mask].mean() > change[~ill.mask].mean(), f"seed {seed}"


def _hidden(seed: int, region: Region) -> bool:
    return not all(shown(seed, region, view, 3).abnormal for view in VIEWS[:3])


def test_a_finding_seen_in_one_view_leaves_the_others_normal():
    cases = [(seed, Region.WRIST) for seed in range(60)]
    hidden = [case for case in cases if _hidden(*case)]
    assert hidden

    for seed, region in hidden:
        views = [shown(seed, region, view, 3) for view in VIEWS[:3]]
        normal = [view for view in views if not view.abnormal]
        assert len(normal) == 2
        for view in normal:
            assert view.study_abnormal
            assert view.finding == NO_FINDING
            assert not view.mask.any()
            healthy = render(seed, region, view.view, abnormal=False, rows=SIZE, columns=SIZE)
            np.testing.assert_array_equal(view.image, healthy.image)
        (plain,) = (view for view in views if view.abnormal)
        assert not {finding.kind for finding in plain.findings} & NEVER_HIDDEN
        assert shown(seed, region, "PA").abnormal
