"""Drawing a subject's bones with and without a disorder, without noise and flesh."""

from dataclasses import dataclass

import numpy as np

from dicom_fixtures import anatomy
from dicom_fixtures.bones import about_y
from dicom_fixtures.pathology import Disorder, Joint, Kind, joints_of
from dicom_fixtures.pathology.findings import Mask
from dicom_fixtures.projection import Field, Grid, project
from dicom_fixtures.skeleton import skeleton
from triage_agent.domain.region import Region

SHAPE = (256, 256)
JAG = tuple(0.4 + 0.7 * number for number in range(8))


@dataclass(frozen=True)
class Scene:
    """One view of one subject.

    Attributes:
        change: By how much the bones' attenuation differs from the healthy subject's.
        masks: Of each disorder.
    """

    change: Field
    masks: list[Mask]


def scene(
    region: Region, view: str, *ills: Disorder, aside_mm: float = 0.0, below_mm: float = 0.0
) -> Scene:
    """Draw a subject with and without disorders, with the field moved aside or down."""
    body = anatomy.build(region, view, np.random.default_rng(1))
    degrees = anatomy.view_degrees(region, view)
    pose = about_y(degrees)
    centre = (pose @ body.centre)[:2] + np.array([aside_mm, below_mm])
    grid = Grid.around(centre, body.field_mm, *SHAPE)
    tubes = [project(bone, pose, 1.0) for bone in body.bones]
    texture = np.ones(SHAPE, dtype=np.float32)
    healthy, nothing, _ = skeleton(tubes, (), grid, texture, degrees)
    assert nothing == []
    ill, masks, _ = skeleton(tubes, ills, grid, texture, degrees)
    return Scene(np.abs(ill - healthy), masks)


def joints(region: Region) -> tuple[Joint, ...]:
    """The joints of a region."""
    body = anatomy.build(region, "PA", np.random.default_rng(1))
    return joints_of(region, body.bones, body.sites)


def disorder(
    kind: Kind,
    bone: str = "",
    t: float = 0.0,
    *,
    joint: Joint | None = None,
    conspicuity: float = 0.6,
    fixed: bool = False,
    side: int = 1,
) -> Disorder:
    """A disorder that leaves nothing to chance."""
    slope = {Kind.OBLIQUE: 0.8, Kind.SPIRAL: 1.1}.get(kind, 0.15)
    return Disorder(kind, bone, t, joint, conspicuity, fixed, side, 38.0, slope, JAG)
