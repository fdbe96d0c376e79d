"""Synthetic radiographs of the upper extremity with a known truth."""

from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from dicom_fixtures import anatomy, marker, physics
from dicom_fixtures.abnormality import Kind, choose
from dicom_fixtures.bones import Anatomy, Vector, about_y, about_z
from dicom_fixtures.projection import Field, Grid, project
from dicom_fixtures.skeleton import skeleton, soft_tissue
from triage_agent.domain.region import Region

DEFAULT_SIZE = 512
NO_FINDING = "No abnormality."


@dataclass(frozen=True)
class Radiograph:
    """One rendered view and what is true of it.

    Attributes:
        image: float32 [rows, columns] in 0..1, dense bone bright (MONOCHROME2).
        mask: bool [rows, columns], where the abnormality is; all False for a normal image.
        finding: The truth in one sentence.
        kind: What the abnormality is; None for a normal image.
        region: What is shown.
        view: `PA`, `LATERAL` or `OBLIQUE`.
        laterality: `L` or `R`, also the letter of the lead marker.
        pixel_spacing_mm: Distance of pixel centres at the detector.
    """

    image: Field
    mask: npt.NDArray[np.bool_]
    finding: str
    kind: Kind | None
    region: Region
    view: str
    laterality: str
    pixel_spacing_mm: float

    @property
    def abnormal(self) -> bool:
        """Whether an abnormality was drawn."""
        return self.kind is not None


def render(
    seed: int,
    region: Region,
    view: str,
    *,
    abnormal: bool,
    rows: int = DEFAULT_SIZE,
    columns: int = DEFAULT_SIZE,
    laterality: str | None = None,
    repeat: int = 0,
) -> Radiograph:
    """Draw one view of one synthetic subject.

    The seed is the subject: the same seed and region with another view show the same person, side
    and finding. The same arguments give the same pixels.

    Args:
        seed: Not negative.
        region: Which part of the arm.
        view: `PA`, `LATERAL` or `OBLIQUE`.
        abnormal: Whether exactly one abnormality is drawn.
        rows: Image height, at least 32.
        columns: Image width, at least 32.
        laterality: `L` or `R`; drawn from the seed if not given.
        repeat: Number of the exposure: 1 is the same view taken once more, held a little otherwise.

    Raises:
        ValueError: An argument is out of its range.
    """
    _check(seed, view, rows, columns, laterality)
    code = tuple(Region).index(region)
    subject = np.random.default_rng((seed, code, 1))
    exposure = np.random.default_rng(
        (seed, code, 2, anatomy.VIEWS.index(view), int(abnormal), repeat)
    )
    side = laterality or ("L", "R")[int(subject.integers(2))]
    scale = float(subject.uniform(0.93, 1.07))
    body = anatomy.build(region, view, subject)
    pose = _pose(view, scale, side, exposure)
    grid = _grid(body, pose, rows, columns, exposure)
    tubes = [project(bone, pose, scale) for bone in body.bones]
    found = None
    if abnormal:
        found = choose(body.sites, np.random.default_rng((seed, code, 3)))

    texture = physics.spongy_texture((rows, columns), grid.pitch_mm, exposure)
    taken, mask, tubes = skeleton(tubes, found, grid, texture, anatomy.VIEW_DEGREES[view])
    flesh = soft_tissue(body, tubes, pose, scale, grid)
    technique = physics.Technique.drawn(exposure)
    logarithm = physics.exposed(
        taken + np.float32(physics.SOFT_PER_MM) * flesh, technique, exposure
    )
    image = physics.displayed(logarithm, flesh, technique)
    field, inset = marker.shutter((rows, columns), exposure)
    image *= field
    _stamp(image, flesh, side, inset, grid.pitch_mm)
    return Radiograph(
        image=image,
        mask=mask & (field > 0.0),
        finding=found.finding if found else NO_FINDING,
        kind=found.kind if found else None,
        region=region,
        view=view,
        laterality=side,
        pixel_spacing_mm=grid.pitch_mm,
    )


def _check(seed: int, view: str, rows: int, columns: int, laterality: str | None) -> None:
    if seed < 0:
        raise ValueError("seed must not be negative")
    if view not in anatomy.VIEWS:
        raise ValueError(f"view must be one of {', '.join(anatomy.VIEWS)}")
    if min(rows, columns) < 32:  # noqa: PLR2004 - the marker and the texture need that many
        raise ValueError("rows and columns must be at least 32")
    if laterality not in {None, "L", "R"}:
        raise ValueError("laterality must be L or R")


def _pose(view: str, scale: float, side: str, rng: np.random.Generator) -> Vector:
    """Rotation into the view, small tilts of a real patient, size, and mirroring for a left arm."""
    turn, tilt = rng.uniform(-6.0, 6.0, size=2)
    pose = about_z(float(tilt)) @ about_y(anatomy.VIEW_DEGREES[view] + float(turn)) * scale
    if side == "L":
        pose = np.diag([-1.0, 1.0, 1.0]) @ pose
    return pose


def _grid(body: Anatomy, pose: Vector, rows: int, columns: int, rng: np.random.Generator) -> Grid:
    zoom = float(rng.uniform(0.98, 1.06))
    height, width = body.field_mm
    centre = (pose @ body.centre)[:2] + rng.uniform(-0.02, 0.02, size=2) * height
    return Grid.around(centre, (height * zoom, width * zoom), rows, columns)


def _stamp(image: Field, flesh: Field, side: str, inset: tuple[int, int], pitch_mm: float) -> None:
    """Put the lead letter where it hides least."""
    height = int(np.clip(round(9.0 / pitch_mm), 7, image.shape[0] // 10))
    letter = marker.side_letter(side, height)
    gap = height // 2
    top, left = marker.emptiest_corner(flesh, letter.shape, (inset[0] + gap, inset[1] + gap))
    box = image[top : top + letter.shape[0], left : left + letter.shape[1]]
    np.maximum(box, letter * np.float32(0.97), out=box)
