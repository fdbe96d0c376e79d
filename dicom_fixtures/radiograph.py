"""Synthetic radiographs of the upper extremity with a known truth."""

from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from dicom_fixtures import anatomy, flesh, physics
from dicom_fixtures.bones import Anatomy
from dicom_fixtures.collimation import Collimation
from dicom_fixtures.growth import suited
from dicom_fixtures.jewellery import Hoop
from dicom_fixtures.marker import Marker, Stamp
from dicom_fixtures.pathology import Disorder, Finding, choose, joints_of, only_view
from dicom_fixtures.placement import placed
from dicom_fixtures.projection import Field, project
from dicom_fixtures.skeleton import skeleton
from dicom_fixtures.subject import ADULT_YEARS, Subject
from triage_agent.domain.region import Region

DEFAULT_SIZE = 512
NO_FINDING = "No abnormality."
CAST_REACH = 0.42
"""How far a cast reaches from its middle, as a share of the field's longer side."""


@dataclass(frozen=True)
class Radiograph:
    """One rendered view and what is true of it.

    Attributes:
        image: float32 [rows, columns] in 0..1, dense bone bright (MONOCHROME2).
        findings: What this image shows; empty for a normal image, also for one of an abnormal study
            whose finding only another view shows.
        study_abnormal: Whether the study has a finding in any of its views.
        region: What is shown.
        view: One of `anatomy.VIEWS`.
        laterality: `L` or `R`, also the letter of the lead marker.
        pixel_spacing_mm: Distance of pixel centres at the detector.
        turned_degrees: How far the limb is turned in the image, clockwise as it is seen.
        age_years: Of the subject: 3 to 15 for a child, 18 and more for an adult.
    """

    image: Field
    findings: tuple[Finding, ...]
    study_abnormal: bool
    region: Region
    view: str
    laterality: str
    pixel_spacing_mm: float
    turned_degrees: float
    age_years: int

    @property
    def child(self) -> bool:
        """Whether the subject is not grown up."""
        return self.age_years < ADULT_YEARS

    @property
    def abnormal(self) -> bool:
        """Whether this image shows a finding."""
        return bool(self.findings)

    @property
    def finding(self) -> str:
        """The truth of this image: a sentence for each finding."""
        return " ".join(each.sentence for each in self.findings) or NO_FINDING

    @property
    def mask(self) -> npt.NDArray[np.bool_]:
        """Bool [rows, columns], the places of all findings; all False for a normal image."""
        union = np.zeros(self.image.shape, dtype=np.bool_)
        for each in self.findings:
            union |= each.mask
        return union


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
    study_views: int = 1,
) -> Radiograph:
    """Draw one view of one synthetic subject.

    The seed is the subject: the same seed and region with another view show the same person, side
    and finding. The same arguments give the same pixels.

    Args:
        seed: Not negative.
        region: Which part of the arm.
        view: One of `anatomy.VIEWS`.
        abnormal: Whether the subject has something wrong: one to three findings.
        rows: Image height, at least 32.
        columns: Image width, at least 32.
        laterality: `L` or `R`; drawn from the seed if not given.
        repeat: Number of the exposure: 1 is the same view taken once more, held a little otherwise.
        study_views: How many views the study has. With two or more, the findings of some subjects
            are seen in one of them only; with one, every view shows them.

    Raises:
        ValueError: An argument is out of its range.
    """
    _check(seed, view, rows, columns, laterality)
    code, shape = tuple(Region).index(region), (rows, columns)
    drawn_side, person, subject = _subject(seed, region)
    # None of what follows from the exposure knows whether the subject is ill.
    exposure = (seed, code, 2, anatomy.VIEWS.index(view), repeat)
    side = laterality or drawn_side
    body = suited(anatomy.build(region, view, subject), person)
    degrees = anatomy.view_degrees(region, view)
    at = placed(body, person, side, degrees, shape, rng=_stream(exposure, 0))
    tubes = [project(bone, at.pose, person.scale) for bone in body.bones]
    ills: tuple[Disorder, ...] = ()
    if abnormal:
        fate = _fate(seed, region)
        ills = _chosen(region, body, person, fate)
        if only_view(ills, anatomy.VIEWS[:study_views], fate) not in {None, view}:
            ills = ()

    texture = physics.spongy_texture(shape, at.grid.pitch_mm, _stream(exposure, 1))
    taken, masks, moved = skeleton(tubes, ills, at.grid, texture, degrees)
    calm = flesh.outline(body, tubes, at.pose, person.scale, at.grid)
    whole = calm if moved is tubes else flesh.outline(body, moved, at.pose, person.scale, at.grid)
    whole = flesh.uneven(whole, _stream(exposure, 2))
    soft, thickness = flesh.attenuation(whole, body, person, at, _stream(exposure, 3))
    taken += soft
    if person.cast:
        middle = (at.pose @ body.cast_at)[:2]
        reach = CAST_REACH * max(body.field_mm) * person.scale
        shell = (middle, reach)
        taken += flesh.cast(whole, person.cast, shell, at.grid, _stream(exposure, 4))
    if person.jewel:
        Hoop.on(region, body, moved, at, rng=_stream(exposure, 9)).wear(taken, at.grid)
    field = Collimation.drawn(at.room, _stream(exposure, 5))
    lead = Marker.drawn(_stream(exposure, 6))
    stamp = None if lead is None else Stamp.on(lead, side, calm, field.inset, at.grid)
    if stamp:
        stamp.shield(taken)
    technique = physics.Technique.drawn(_stream(exposure, 7))
    logarithm = physics.exposed(taken, technique, at.grid.pitch_mm, _stream(exposure, 8))
    open_field = field.field(shape)
    if open_field is not None:
        thickness *= open_field
    image = physics.displayed(logarithm, thickness, technique)
    if stamp:
        stamp.print_on(image)
    if open_field is not None:
        image *= open_field
        image += np.float32(field.border) * (1.0 - open_field)
        masks = [mask & (open_field > 0.0) for mask in masks]
    return Radiograph(
        image=image,
        findings=tuple(
            Finding(ill.kind, ill.place, ill.sentence, mask, ill.conspicuity)
            for ill, mask in zip(ills, masks, strict=True)
            if mask.any()
        ),
        study_abnormal=abnormal,
        region=region,
        view=view,
        laterality=side,
        pixel_spacing_mm=at.grid.pitch_mm,
        turned_degrees=at.turned_degrees,
        age_years=person.age_years,
    )


def disorders_of(seed: int, region: Region) -> tuple[Disorder, ...]:
    """What is wrong with the subject of a seed if it is abnormal, without drawing it."""
    _, person, subject = _subject(seed, region)
    body = suited(anatomy.build(region, anatomy.VIEWS[0], subject), person)
    return _chosen(region, body, person, _fate(seed, region))


def _fate(seed: int, region: Region) -> np.random.Generator:
    return np.random.default_rng((seed, tuple(Region).index(region), 3))


def _chosen(
    region: Region, body: Anatomy, person: Subject, fate: np.random.Generator
) -> tuple[Disorder, ...]:
    joints = joints_of(region, body.bones, body.sites)
    return choose(region, body.sites, joints, fate, child=person.child)


def person_of(seed: int, region: Region) -> Subject:
    """Who `render` shows for a seed and a region."""
    return _subject(seed, region)[1]


def _subject(seed: int, region: Region) -> tuple[str, Subject, np.random.Generator]:
    """A subject's side, the subject, and the stream from which the anatomy is drawn next."""
    stream = np.random.default_rng((seed, tuple(Region).index(region), 1))
    side = ("L", "R")[int(stream.integers(2))]
    return side, Subject.drawn(region, stream), stream


def _check(seed: int, view: str, rows: int, columns: int, laterality: str | None) -> None:
    if seed < 0:
        raise ValueError("seed must not be negative")
    if view not in anatomy.VIEWS:
        raise ValueError(f"view must be one of {', '.join(anatomy.VIEWS)}")
    if min(rows, columns) < 32:  # noqa: PLR2004 - the marker and the texture need that many
        raise ValueError("rows and columns must be at least 32")
    if laterality not in {None, "L", "R"}:
        raise ValueError("laterality must be L or R")


def _stream(exposure: tuple[int, ...], number: int) -> np.random.Generator:
    """A stream of its own for each thing drawn: one that draws more does not change the others."""
    return np.random.default_rng((*exposure, number))
