"""What makes a study abnormal: a displaced fracture, a plate with screws, or a bone lesion.

The choice and its place depend only on the subject, so every view of a study shows the same
finding; each view then draws it as seen from its side.
"""

from dataclasses import dataclass
from enum import StrEnum

import numpy as np
import numpy.typing as npt

from dicom_fixtures.projection import Field, Patch, Tube

METAL_PER_MM = 0.40
"""Attenuation of an implant alloy, about 35 keV."""


class Kind(StrEnum):
    """The abnormalities that are drawn."""

    FRACTURE = "displaced fracture"
    PLATE = "plate and screws"
    LYTIC = "lytic lesion"
    SCLEROTIC = "sclerotic lesion"


SHARES = {Kind.FRACTURE: 0.5, Kind.PLATE: 0.2, Kind.LYTIC: 0.15, Kind.SCLEROTIC: 0.15}


@dataclass(frozen=True)
class Abnormality:
    """One finding of one subject.

    Attributes:
        kind: What it is.
        bone: Name of the bone that has it.
        t: Where on the bone's axis, as a fraction.
        size: 0..1, from just plain to large.
        side: -1 or 1: to which side a fragment or a plate lies.
        degrees: Turn of a fragment, or turn of a plate about the bone.
        slope: How oblique a fracture line runs.
        jag: Phases of the irregularities of an edge.
    """

    kind: Kind
    bone: str
    t: float
    size: float
    side: int
    degrees: float
    slope: float
    jag: tuple[float, ...]

    @property
    def finding(self) -> str:
        """One line in a radiologist's words."""
        what = {
            Kind.FRACTURE: "Displaced fracture of the",
            Kind.PLATE: "Plate and screws in the",
            Kind.LYTIC: "Lytic lesion of the",
            Kind.SCLEROTIC: "Sclerotic lesion of the",
        }[self.kind]
        return f"{what} {self.bone}."


def choose(candidates: dict[str, tuple[float, float]], rng: np.random.Generator) -> Abnormality:
    """Draw a finding; `candidates` maps a bone's name to the part of it that may be hit."""
    names = tuple(candidates)
    bone = names[int(rng.integers(len(names)))]
    kinds = tuple(SHARES)
    kind = kinds[int(rng.choice(len(kinds), p=tuple(SHARES.values())))]
    low, high = candidates[bone]
    return Abnormality(
        kind=kind,
        bone=bone,
        t=float(rng.uniform(low, high)),
        size=float(rng.uniform(0.0, 1.0)),
        side=int(rng.choice((-1, 1))),
        degrees=float(rng.uniform(-1.0, 1.0)),
        slope=float(rng.uniform(-0.6, 0.6)),
        jag=tuple(float(value) for value in rng.uniform(0.0, 2.0 * np.pi, size=4)),
    )


@dataclass(frozen=True)
class Break:
    """A fracture in one view: the line, and how the distal fragment lies."""

    gap_mm: float
    shift: npt.NDArray[np.float64]
    degrees: float
    pivot: npt.NDArray[np.float64]

    def carried(self, tube: Tube, *, distal: bool) -> Tube:
        """Where a tube that hangs on one of the fragments comes to lie."""
        if distal:
            return tube.moved(self.shift / 2, self.degrees, self.pivot)
        return tube.moved(-self.shift / 2, 0.0, self.pivot)


def broken(found: Abnormality, tube: Tube) -> Break:
    """How far apart the fragments of `tube` stand: a gap and a step across the bone."""
    half_width = tube.width_at(found.t)
    axis = (tube.end - tube.start) / tube.length_mm
    beside = np.array([-axis[1], axis[0]])
    step_mm = half_width * (0.75 + 0.45 * found.size) * found.side
    return Break(
        gap_mm=half_width * (0.55 + 0.35 * found.size),
        shift=beside * step_mm,
        degrees=(6.0 + 8.0 * abs(found.degrees)) * float(np.sign(found.degrees) or 1.0),
        pivot=tube.at(found.t),
    )


def fragment(found: Abnormality, tube: Tube, patch: Patch, gap_mm: float, *, distal: bool) -> Field:
    """1 on one side of the fracture line and 0 on the other, with a soft edge."""
    beyond = patch.along_mm - np.float32(found.t * tube.length_mm)
    beyond = beyond - np.float32(found.slope) * patch.across_mm
    wave = np.float32(tube.width_at(found.t) / 2.0)
    beyond += np.float32(0.12) * wave * np.sin(patch.across_mm / wave * 4.1 + found.jag[0])
    beyond += np.float32(0.10) * wave * np.sin(patch.across_mm / wave * 8.7 + found.jag[1])
    signed = beyond if distal else -beyond
    kept: Field = np.clip((signed - np.float32(gap_mm / 2.0)) / np.float32(0.4) + 0.5, 0.0, 1.0)
    return kept


def fracture_area(found: Abnormality, tube: Tube, patch: Patch, gap_mm: float) -> Field:
    """1 in a band around the fracture line that takes in the ends of both fragments."""
    half_width = tube.width_at(found.t)
    beyond = patch.along_mm - np.float32(found.t * tube.length_mm)
    beyond = np.abs(beyond - np.float32(found.slope) * patch.across_mm)
    inside = (beyond < gap_mm / 2.0 + 0.5 * half_width) & (
        np.abs(patch.across_mm) < 1.25 * half_width
    )
    return inside.astype(np.float32)


def lesion(found: Abnormality, tube: Tube, patch: Patch, taken: Field) -> tuple[Field, Field]:
    """The bone's attenuation with a lesion in it, and the lesion's area (0 or 1)."""
    half_width = _shaft_width(found, tube)
    radius = max(half_width * (0.9 + 0.3 * found.size), 4.0)
    along = (patch.along_mm - np.float32(found.t * tube.length_mm)) / np.float32(radius * 1.35)
    across = patch.across_mm / np.float32(radius)
    angle = np.arctan2(across, along)
    edge = (
        1.0 + 0.10 * np.sin(3.0 * angle + found.jag[0]) + 0.06 * np.sin(5.0 * angle + found.jag[1])
    )
    distance = np.sqrt(along**2 + across**2) / edge
    inside = np.clip((1.0 - distance) / 0.16, 0.0, 1.0).astype(np.float32)
    # The thin shell of an expansile lesion belongs to it.
    area = (distance < (1.15 if found.kind is Kind.LYTIC else 1.0)).astype(np.float32)
    if found.kind is Kind.LYTIC:
        shell = np.exp(-(((distance - 1.0) / 0.10) ** 2)).astype(np.float32)
        thin = np.float32(0.045 * half_width)
        return taken * (1.0 - np.float32(0.88) * inside) + shell * thin * (taken > 0.0), area
    patchy = 0.85 + 0.15 * np.sin(7.0 * along + found.jag[2]) * np.sin(6.0 * across + found.jag[3])
    dense = np.float32(0.085 * 2.0 * half_width) * inside * patchy.astype(np.float32)
    return taken + dense * np.clip(1.6 - distance, 0.0, 1.0), area


def plate(found: Abnormality, tube: Tube, patch: Patch, view_degrees: float) -> tuple[Field, Field]:
    """Attenuation of a plate with screws on the bone, and the area of the metal (0 or 1)."""
    half_width = _shaft_width(found, tube)
    half_length = min(3.6 * half_width + 8.0, 0.36 * tube.length_mm)
    half_plate, half_thick = 0.62 * half_width, max(0.9, 0.13 * half_width)
    turn = np.radians(view_degrees + 18.0 * found.degrees)
    sine, cosine = float(np.sin(turn)) * found.side, float(np.cos(turn))
    offset = (half_width + half_thick) * sine
    seen = float(np.hypot(half_plate * cosine, half_thick * sine))
    deep = 2.0 * half_plate * half_thick / seen

    along = patch.along_mm - np.float32(found.t * tube.length_mm)
    across = patch.across_mm - np.float32(offset)
    metal = _soft(half_length - np.abs(along)) * _soft(seen - np.abs(across)) * np.float32(2 * deep)
    count = 6
    radius = 0.24 * half_width
    for number in range(count):
        place = half_length * (2.0 * (number + 0.5) / count - 1.0)
        # From the plate through the far cortex, as far as this view shows it.
        reach = -2.1 * half_width * sine
        sign = 1.0 if reach >= 0.0 else -1.0
        near = np.maximum(-across * sign, across * sign - abs(reach))
        from_axis = np.sqrt((along - np.float32(place)) ** 2 + np.maximum(near, 0.0) ** 2)
        thread = radius * (1.0 + 0.12 * np.sin(across * np.float32(2.6 / radius)) * abs(sine))
        length = min(2.0 * radius / max(abs(sine), 1e-3), 2.1 * half_width)
        metal = metal + _soft(thread - from_axis) * np.float32(max(length, 2.0 * radius))
    return metal * np.float32(METAL_PER_MM), (metal > half_thick * 0.5).astype(np.float32)


def _shaft_width(found: Abnormality, tube: Tube) -> float:
    """The half-width at the finding, but hardly more than the shaft's: implants come in sizes."""
    return min(tube.width_at(found.t), 1.25 * float(np.median(tube.half_width)))


def _soft(inside_mm: Field) -> Field:
    """1 inside, 0 outside, over a third of a millimetre."""
    soft: Field = np.clip(inside_mm / np.float32(0.33) + 0.5, 0.0, 1.0).astype(np.float32)
    return soft
