"""A finding changes the image in its mask, nowhere else, and the more the plainer it is."""

import numpy as np
import pytest

from dicom_fixtures import anatomy
from dicom_fixtures.pathology import Group, Kind
from dicom_fixtures.pathology.disorder import Disorder
from dicom_fixtures.pathology.fracture import DISPLACING
from dicom_fixtures.pathology.joints import Seat
from dicom_fixtures.pathology.subluxation import slip_mm
from tests.dicom_fixtures.pathology.scene import disorder, joints, scene
from triage_agent.domain.region import Region

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
AT_JOINTS = {Kind.DEGENERATION, Kind.SUBLUXATION}
MOVING = DISPLACING | {Kind.SUBLUXATION}
# A band around a thin line, or around metal, is mostly unchanged bone.
LEAST_CHANGED = {Group.FRACTURE: 0.08, Group.HARDWARE: 0.2, Group.DEGENERATIVE: 0.4}

sites = pytest.mark.parametrize(("region", "bone", "t"), SITES)
views = pytest.mark.parametrize("view", anatomy.VIEWS)


def at(kind: Kind, region: Region, bone: str, t: float, *, conspicuity: float = 0.6) -> Disorder:
    if kind in AT_JOINTS:
        return disorder(kind, joint=joints(region)[0], conspicuity=conspicuity)
    return disorder(kind, bone, t, conspicuity=conspicuity)


@views
@sites
@pytest.mark.parametrize("kind", sorted(set(Kind) - MOVING))
def test_what_keeps_the_bones_in_place_changes_the_image_in_its_mask_alone(
    kind: Kind, region: Region, bone: str, t: float, view: str
):
    shown = scene(region, view, at(kind, region, bone, t))
    (mask,) = shown.masks

    assert mask.any()
    assert (shown.change > VISIBLE)[mask].mean() > LEAST_CHANGED.get(kind.group, 0.25)
    assert shown.change[~mask].sum() < 0.06 * shown.change.sum()


@views
@sites
@pytest.mark.parametrize("kind", sorted(MOVING))
def test_what_moves_bones_changes_its_mask_most(
    kind: Kind, region: Region, bone: str, t: float, view: str
):
    shown = scene(region, view, at(kind, region, bone, t))
    (mask,) = shown.masks

    assert (shown.change > VISIBLE)[mask].mean() > 0.2
    assert shown.change[mask].mean() > 1.2 * shown.change[~mask].mean()


@sites
@pytest.mark.parametrize("kind", sorted(set(Kind) - {Kind.SUBLUXATION}))
def test_a_plainer_finding_changes_the_image_more(kind: Kind, region: Region, bone: str, t: float):
    shown = [
        scene(region, "PA", at(kind, region, bone, t, conspicuity=plain))
        for plain in (0.15, 0.5, 0.95)
    ]
    place = shown[0].masks[0] | shown[-1].masks[0]

    subtle, moderate, obvious = (float(each.change[place].sum()) for each in shown)

    assert subtle < moderate < obvious


@views
def test_a_joint_slips_further_the_plainer_it_is_and_in_every_view(view: str):
    joint = joints(Region.ELBOW)[0]
    place = Seat(np.zeros(2), np.array([0.0, 1.0]), 10.0)
    turned = anatomy.view_degrees(Region.ELBOW, view)
    subtle, obvious = (
        np.hypot(
            *slip_mm(disorder(Kind.SUBLUXATION, joint=joint, conspicuity=plain), place, turned)
        )
        for plain in (0.15, 0.95)
    )

    assert place.half_width * 0.4 < subtle < obvious < place.half_width * 1.5


@views
@pytest.mark.parametrize("region", Region)
def test_every_joint_is_found_in_every_view(region: Region, view: str):
    for joint in joints(region):
        shown = scene(region, view, disorder(Kind.DEGENERATION, joint=joint))
        assert shown.masks[0].any()
        assert shown.change[shown.masks[0]].mean() > VISIBLE / 2


@views
def test_a_held_fracture_lies_under_its_plate_and_moves_nothing(view: str):
    shown = scene(
        Region.FOREARM,
        view,
        disorder(Kind.COMMINUTED, "radius", 0.5, fixed=True),
        disorder(Kind.PLATE, "radius", 0.5, fixed=True),
    )
    fracture, plate = shown.masks

    assert (fracture & plate).any()
    assert shown.change[~(fracture | plate)].sum() < 0.06 * shown.change.sum()


def test_what_hangs_on_a_broken_bone_goes_with_it():
    shown = scene(
        Region.HAND, "PA", disorder(Kind.DISPLACED, "metacarpal of the index finger", 0.5)
    )

    assert shown.change[: shown.change.shape[0] // 4].max() > VISIBLE


@pytest.mark.parametrize("kind", Kind)
def test_a_finding_out_of_the_field_leaves_the_image_as_it_is(kind: Kind):
    shown = scene(Region.HUMERUS, "PA", at(kind, *SITES[2]), aside_mm=1000.0)

    assert not shown.masks[0].any()
    assert not shown.change.any()


def test_a_field_beside_the_finding_shows_the_bone_without_it():
    shown = scene(Region.HUMERUS, "PA", at(Kind.SCREWS, *SITES[2]), below_mm=290.0)

    assert not shown.masks[0].any()
    assert not shown.change.any()
