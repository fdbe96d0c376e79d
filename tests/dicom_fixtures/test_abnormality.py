"""The mask is where the picture changes, and the change can be seen."""

import numpy as np
import pytest

from dicom_fixtures import abnormality as ab
from dicom_fixtures import anatomy
from dicom_fixtures.bones import about_y
from dicom_fixtures.projection import Field, Grid, project
from dicom_fixtures.skeleton import skeleton
from triage_agent.domain.region import Region

SHAPE = (200, 200)
VISIBLE = 0.05
"""Attenuation that stands out: a finger's soft tissue takes 0.5, its bones 0.5 more."""

SITES = [
    (Region.WRIST, "radius", 0.84),
    (Region.FOREARM, "ulna", 0.5),
    (Region.HUMERUS, "humerus", 0.5),
    (Region.ELBOW, "humerus", 0.86),
    (Region.SHOULDER, "clavicle", 0.5),
    (Region.HAND, "proximal phalanx of the index finger", 0.5),
]


def drawn(kind: ab.Kind, region: Region, bone: str, t: float, view: str) -> tuple[Field, Field]:
    """How much a finding changes the bones' attenuation, and its mask as 0 and 1."""
    body = anatomy.build(region, view, np.random.default_rng(1))
    degrees = anatomy.VIEW_DEGREES[view]
    pose = about_y(degrees)
    grid = Grid.around((pose @ body.centre)[:2], body.field_mm, *SHAPE)
    tubes = [project(bone, pose, 1.0) for bone in body.bones]
    texture = np.ones(SHAPE, dtype=np.float32)
    found = ab.Abnormality(kind, bone, t, 0.5, 1, 0.5, 0.3, (0.1, 0.2, 0.3, 0.4))
    whole, nothing, _ = skeleton(tubes, None, grid, texture, degrees)
    changed, mask, _ = skeleton(tubes, found, grid, texture, degrees)
    assert not nothing.any()
    return np.abs(changed - whole), mask.astype(np.float32)


@pytest.mark.parametrize("view", anatomy.VIEWS)
@pytest.mark.parametrize(("region", "bone", "t"), SITES)
@pytest.mark.parametrize("kind", [ab.Kind.LYTIC, ab.Kind.SCLEROTIC, ab.Kind.PLATE])
def test_a_lesion_or_plate_changes_the_image_in_its_mask_and_nowhere_else(
    kind: ab.Kind, region: Region, bone: str, t: float, view: str
):
    change, mask = drawn(kind, region, bone, t, view)

    assert (change > VISIBLE)[mask > 0].mean() > 0.5
    assert change[mask == 0].sum() < 0.15 * change.sum()


@pytest.mark.parametrize("view", anatomy.VIEWS)
@pytest.mark.parametrize(("region", "bone", "t"), SITES)
def test_a_fracture_changes_most_of_its_mask(region: Region, bone: str, t: float, view: str):
    change, mask = drawn(ab.Kind.FRACTURE, region, bone, t, view)

    assert (change > VISIBLE)[mask > 0].mean() > 0.4


def test_the_finding_names_the_bone_and_what_is_wrong_with_it():
    found = ab.Abnormality(ab.Kind.FRACTURE, "radius", 0.8, 0.5, 1, 0.0, 0.0, (0.0,) * 4)

    assert found.finding == "Displaced fracture of the radius."


def test_findings_are_drawn_from_the_given_sites():
    sites = {"radius": (0.7, 0.9), "ulna": (0.2, 0.3)}

    for seed in range(50):
        found = ab.choose(sites, np.random.default_rng(seed))
        low, high = sites[found.bone]
        assert low <= found.t <= high
        assert 0.0 <= found.size <= 1.0
        assert found.side in {-1, 1}
