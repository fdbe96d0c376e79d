"""Drawing a subject's disorders into the bones: first what moves, then each bone, then the rest."""

from collections.abc import Sequence
from dataclasses import dataclass, replace

import numpy as np
import numpy.typing as npt

from dicom_fixtures.anatomy_hand import CARPALS
from dicom_fixtures.bones import Bone
from dicom_fixtures.pathology import degeneration, fracture, hardware, subluxation
from dicom_fixtures.pathology.closeup import Closeup
from dicom_fixtures.pathology.disorder import READING_PIXELS, Disorder
from dicom_fixtures.pathology.findings import Group, Kind
from dicom_fixtures.pathology.joints import seat
from dicom_fixtures.pathology.lesion import lesion
from dicom_fixtures.projection import Field, Grid, Patch, Tube, attenuation, locate

Piece = tuple[tuple[slice, slice], Field]
"""A box of the image, and what a bone takes from the beam there."""

_CLOSE = 4.5
"""How far from a finding, in half-widths of its bone, a line or a lesion can reach."""
_CARPALS = frozenset(name for name, *_ in CARPALS)


@dataclass
class Surgery:
    """The disorders of one subject in one view, and the masks that grow while they are drawn."""

    ills: Sequence[Disorder]
    grid: Grid
    view_degrees: float

    def __post_init__(self) -> None:
        """Start with empty masks."""
        self.masks = [np.zeros(self.grid.shape, dtype=np.bool_) for _ in self.ills]
        self.reading_mm = self.grid.pitch_mm * max(self.grid.shape) / READING_PIXELS

    def moved(self, tubes: list[Tube]) -> list[Tube]:
        """The bones where they come to lie: beyond a displaced fracture or a joint that slipped."""
        for ill in self.ills:
            if ill.kind in fracture.DISPLACING:
                tubes = _displaced(tubes, _named(tubes, ill.bone), ill, self.view_degrees)
            elif ill.kind is Kind.SUBLUXATION and ill.joint:
                place = seat(ill.joint, tubes)
                tubes = subluxation.dislodged(ill, ill.joint, tubes, place, self.view_degrees)
        return tubes

    def pieces(self, tube: Tube, texture: Field) -> list[Piece]:
        """What a bone takes from the beam: whole, stepped at a line, or in fragments."""
        for number, ill in enumerate(self.ills):
            if ill.bone == tube.bone.name and ill.kind in fracture.DISPLACING:
                return self._fragments(number, ill, tube, texture)
        patch = locate(tube, self.grid)
        if patch is None:
            return []
        own = attenuation(tube, patch, texture)
        for ill in self.ills:
            if ill.bone == tube.bone.name and ill.kind.group is Group.FRACTURE:
                reach = 2.0 * fracture.reach_mm(tube, ill.t, self.reading_mm)
                near = cropped(patch, tube, ill.t, reach + tube.width_at(ill.t))
                stepped = fracture.warped(ill, tube, near, self.reading_mm)
                _within(own, patch, near)[...] = attenuation(tube, stepped, texture)
        return [(patch.window, own)]

    def changed(self, whole: Field, tube: Tube) -> None:
        """Draw the lines and lesions of one bone into the field of all of its parts, in place."""
        for number, ill in enumerate(self.ills):
            if ill.bone != tube.bone.name or ill.kind in fracture.DISPLACING:
                continue
            if ill.kind.group is Group.HARDWARE:
                continue
            patch = locate(tube, self.grid, margin_mm=3.0 * self.reading_mm)
            if patch is None:
                continue
            reach = max(_CLOSE * tube.width_at(ill.t), 10.0 * self.reading_mm)
            near = cropped(patch, tube, ill.t, reach)
            taken = whole[near.window]
            if ill.kind.group is Group.FRACTURE:
                area = fracture.line_area(ill, tube, near, self.reading_mm)
                taken = fracture.crossed(ill, tube, near, taken, self.reading_mm)
            else:
                taken, area = lesion(ill, tube, near, taken, self.reading_mm)
            whole[near.window] = taken
            self.masks[number][near.window] |= area > 0.0

    def finished(self, taken: Field, tubes: list[Tube]) -> None:
        """Draw into the field of all bones what lies at joints and what is of metal, in place."""
        for number, ill in enumerate(self.ills):
            if ill.joint:
                place = seat(ill.joint, tubes)
                thick = degeneration.thickness_mm(place, self.reading_mm)
                near = Closeup.of(place, self.grid, subluxation.REACH, thick)
                if near is None:
                    continue
                if ill.kind is Kind.DEGENERATION:
                    taken[near.window] = degeneration.worn(ill, near, taken, self.reading_mm)
                    area = degeneration.worn_area(near, self.reading_mm)
                else:
                    area = subluxation.slipped_area(near)
                self.masks[number][near.window] |= area > 0.0
            elif ill.kind.group is Group.HARDWARE:
                tube = _named(tubes, ill.bone)
                width = tube.width_at(ill.t)
                patch = locate(tube, self.grid, margin_mm=1.5 * width + 4.0 * self.reading_mm)
                if patch is None:
                    continue
                if ill.kind is not Kind.ROD:
                    reach = max(_CLOSE * width + 10.0, 10.0 * self.reading_mm)
                    patch = cropped(patch, tube, ill.t, reach)
                metal, area = hardware.implant(ill, tube, patch, self.view_degrees, self.reading_mm)
                taken[patch.window] += metal
                self.masks[number][patch.window] |= area > 0.0

    def _fragments(self, number: int, ill: Disorder, tube: Tube, texture: Field) -> list[Piece]:
        crack = fracture.broken(ill, tube, self.view_degrees)
        pieces: list[Piece] = []
        for distal in (False, True):
            part = crack.carried(tube, distal=distal)
            patch = locate(part, self.grid, margin_mm=2.0 * self.reading_mm)
            if patch is not None:
                kept = fracture.fragment(ill, part, patch, crack.gap_mm, distal=distal)
                pieces.append((patch.window, attenuation(part, patch, texture) * kept))
                area = fracture.gap_area(ill, part, patch, crack.gap_mm, self.reading_mm)
                self.masks[number][patch.window] |= area > 0.0
        whole = locate(tube, self.grid, margin_mm=2.0)
        if ill.kind is Kind.COMMINUTED and whole is not None:
            near = cropped(whole, tube, ill.t, 2.5 * tube.width_at(ill.t))
            for own, kept in fracture.splinters(ill, tube, near, crack.gap_mm):
                pieces.append((own.window, attenuation(tube, own, texture) * kept))
        return pieces


def cropped(patch: Patch, tube: Tube, t: float, reach_mm: float) -> Patch:
    """The part of a tube's patch whose pixels are less than `reach_mm` from a place on its axis."""
    along = np.abs(patch.along_mm - np.float32(t * tube.length_mm)) < reach_mm
    rows, columns = along.any(axis=1), along.any(axis=0)
    if not rows.any():
        return patch
    top, bottom = int(rows.argmax()), len(rows) - int(rows[::-1].argmax())
    left, right = int(columns.argmax()), len(columns) - int(columns[::-1].argmax())
    part = (slice(top, bottom), slice(left, right))
    window = tuple(
        slice(whole.start + cut.start, whole.start + cut.stop)
        for whole, cut in zip(patch.window, part, strict=True)
    )
    return replace(
        patch,
        window=(window[0], window[1]),
        along_mm=patch.along_mm[part],
        across_mm=patch.across_mm[part],
        station=patch.station[part],
    )


def _within(own: Field, patch: Patch, near: Patch) -> npt.NDArray[np.float32]:
    rows, columns = (
        slice(part.start - whole.start, part.stop - whole.start)
        for whole, part in zip(patch.window, near.window, strict=True)
    )
    return own[rows, columns]


def _named(tubes: Sequence[Tube], name: str) -> Tube:
    return next(tube for tube in tubes if tube.bone.name == name)


def _displaced(tubes: list[Tube], hit: Tube, ill: Disorder, view_degrees: float) -> list[Tube]:
    """What hangs on the broken bone goes with its fragment.

    That is everything further out on the limb, and the other parts of the same bone.
    """
    crack = fracture.broken(ill, hit, view_degrees)
    axis = (hit.end - hit.start) / hit.length_mm**2

    def follow(tube: Tube) -> Tube:
        beyond = float(((tube.start + tube.end) / 2.0 - hit.start) @ axis) > ill.t
        same_ray = hit.bone.ray and tube.bone.ray == hit.bone.ray
        if tube is hit:
            return tube
        if (same_ray and tube.bone.rank > hit.bone.rank) or _hangs(tube.bone, hit.bone):
            return crack.carried(tube, distal=True)
        if hit.bone.joined and tube.bone.joined == hit.bone.joined:
            return crack.carried(tube, distal=beyond)
        return tube

    return [follow(tube) for tube in tubes]


def _hangs(bone: Bone, hit: Bone) -> bool:
    """Whether a bone goes along with the distal end of another that is not of its digit."""
    if hit.name == "humerus":
        return {bone.name, bone.joined} & {"radius", "ulna"} != set()
    return hit.name == "radius" and (bone.ray > 0 or bone.name in _CARPALS)
