"""Drawing fractures: lines in a bone that keeps its place, and fragments that do not."""

from dataclasses import dataclass, replace

import numpy as np
import numpy.typing as npt

from dicom_fixtures.bones import STATIONS
from dicom_fixtures.pathology.disorder import Disorder
from dicom_fixtures.pathology.findings import Kind
from dicom_fixtures.projection import Field, Patch, Tube

DISPLACING = frozenset({Kind.DISPLACED, Kind.ANGULATED, Kind.COMMINUTED})
"""Fractures whose fragments move, with all that hangs on them."""

SOFT_MM = 0.3
"""Over how much an edge fades."""


@dataclass(frozen=True)
class Break:
    """A displaced fracture in one view: how wide the gap is and how the distal fragment lies."""

    gap_mm: float
    shift: npt.NDArray[np.float64]
    degrees: float
    pivot: npt.NDArray[np.float64]

    def carried(self, tube: Tube, *, distal: bool) -> Tube:
        """Where a tube that hangs on one of the fragments comes to lie."""
        if distal:
            return tube.moved(self.shift / 2, self.degrees, self.pivot)
        return tube.moved(-self.shift / 2, 0.0, self.pivot)


def broken(ill: Disorder, tube: Tube, view_degrees: float) -> Break:
    """How the fragments of `tube` lie; those of a fixed fracture are back in place."""
    width, seen, plain = tube.width_at(ill.t), ill.seen(view_degrees), ill.conspicuity
    gap, step, turn = {
        Kind.DISPLACED: (0.25 + 0.45 * plain, 0.35 + 0.85 * plain, 3.0 + 7.0 * plain),
        Kind.ANGULATED: (0.12 + 0.20 * plain, 0.10 + 0.15 * plain, 10.0 + 22.0 * plain),
        Kind.COMMINUTED: (0.80 + 0.90 * plain, 0.10 + 0.35 * plain, 3.0 + 5.0 * plain),
    }[ill.kind]
    loose = 0.0 if ill.fixed else 1.0
    axis = (tube.end - tube.start) / tube.length_mm
    beside = np.array([-axis[1], axis[0]])
    return Break(
        gap_mm=width * gap,
        shift=beside * width * step * seen * loose,
        degrees=turn * seen * loose,
        pivot=tube.at(ill.t),
    )


def beyond_line(ill: Disorder, tube: Tube, patch: Patch) -> Field:
    """Millimetres beyond the fracture line, towards the distal end; negative before it."""
    width = np.float32(tube.width_at(ill.t))
    across = patch.across_mm
    beyond = patch.along_mm - np.float32(ill.t * tube.length_mm)
    if ill.kind is Kind.SPIRAL:
        turn = np.arcsin(np.clip(across / width, -1.0, 1.0))
        beyond = beyond - np.float32(ill.slope) * width * turn
    else:
        beyond = beyond - np.float32(ill.slope) * across
    ragged = 0.15 if ill.kind in DISPLACING else 0.08
    for number, (steps, share) in enumerate(((2.7, 0.9), (6.1, 0.7), (11.3, 0.4))):
        wave = across * np.float32((steps + np.cos(ill.jag[number + 3])) / width)
        beyond += np.float32(ragged * share * width) * np.sin(wave + np.float32(ill.jag[number]))
    signed: Field = beyond.astype(np.float32, copy=False)
    return signed


def reach_mm(tube: Tube, t: float, reading_mm: float) -> float:
    """How far along the bone a fracture line's surroundings go, to each side."""
    return max(0.6 * tube.width_at(t), 4.0 * reading_mm)


def warped(ill: Disorder, tube: Tube, patch: Patch, reading_mm: float) -> Patch:
    """The bone's coordinates with the cortical step of a line, or with the bulge of a buckle."""
    reach = reach_mm(tube, ill.t, reading_mm)
    beyond = beyond_line(ill, tube, patch)
    if ill.kind is Kind.BUCKLE:
        swell = (0.20 + 0.22 * ill.conspicuity) * _hump(beyond / np.float32(reach))
        return replace(patch, across_mm=patch.across_mm / (1.0 + swell.astype(np.float32)))
    step = reading_mm * (0.9 + 1.4 * ill.conspicuity) * ill.side
    fading = np.clip(1.0 - beyond / np.float32(reach), 0.0, 1.0) ** 2
    stepped = np.float32(step) * fading * np.clip(beyond / np.float32(SOFT_MM) + 0.5, 0.0, 1.0)
    return replace(patch, across_mm=(patch.across_mm - stepped).astype(np.float32))


def crossed(ill: Disorder, tube: Tube, patch: Patch, taken: Field, reading_mm: float) -> Field:
    """What a bone takes from the beam with a dark line through it, or a dense band for a buckle."""
    beyond = beyond_line(ill, tube, patch)
    if ill.kind is Kind.BUCKLE:
        band = _hump(beyond / np.float32(0.8 * reach_mm(tube, ill.t, reading_mm)))
        return taken * (1.0 + np.float32(0.22 + 0.40 * ill.conspicuity) * band)
    half = 0.5 * reading_mm * (1.9 + 1.5 * ill.conspicuity)
    depth = 0.62 + 0.33 * ill.conspicuity
    line = np.clip((half - np.abs(beyond)) / np.float32(0.35 * reading_mm) + 0.5, 0.0, 1.0)
    return taken * (1.0 - np.float32(depth) * line.astype(np.float32))


def line_area(ill: Disorder, tube: Tube, patch: Patch, reading_mm: float) -> Field:
    """1 in a band around the line over the bone's width, 0 elsewhere."""
    near = np.abs(beyond_line(ill, tube, patch)) < reach_mm(tube, ill.t, reading_mm)
    beside = np.abs(patch.across_mm) < 1.35 * tube.width_at(ill.t) + 1.5 * reading_mm
    return (near & beside).astype(np.float32)


def fragment(ill: Disorder, tube: Tube, patch: Patch, gap_mm: float, *, distal: bool) -> Field:
    """1 on one side of the gap and 0 on the other, with a soft edge."""
    beyond = beyond_line(ill, tube, patch)
    signed = beyond if distal else -beyond
    kept: Field = np.clip((signed - np.float32(gap_mm / 2.0)) / np.float32(0.4) + 0.5, 0.0, 1.0)
    return kept


def gap_area(ill: Disorder, tube: Tube, patch: Patch, gap_mm: float, reading_mm: float) -> Field:
    """1 in a band around the gap that takes in the ends of both fragments."""
    width = tube.width_at(ill.t)
    near = np.abs(beyond_line(ill, tube, patch)) < gap_mm / 2.0 + max(
        0.55 * width, 4.0 * reading_mm
    )
    beside = np.abs(patch.across_mm) < 1.35 * width + 1.5 * reading_mm
    return (near & beside).astype(np.float32)


def splinters(
    ill: Disorder, tube: Tube, patch: Patch, gap_mm: float
) -> tuple[tuple[Patch, Field], ...]:
    """The pieces in the gap of a comminuted fracture: each one's coordinates, and 1 where it is."""
    width = tube.width_at(ill.t)
    count = 4
    seeds = [
        (
            gap_mm * 0.30 * float(np.sin(ill.jag[number])),
            width * (-0.75 + 1.5 * number / (count - 1)),
        )
        for number in range(count)
    ]
    drift = 0.10 if ill.fixed else 0.10 + 0.25 * ill.conspicuity
    pieces = []
    for number, (along, across) in enumerate(seeds):
        away = (
            0.10 * gap_mm * float(np.cos(ill.jag[number + 4])),
            width * drift * (across / (0.75 * width)),
        )
        turn = np.float32(0.35 * np.sin(ill.jag[number + 4]) * (0.3 if ill.fixed else 1.0))
        a = patch.along_mm - np.float32(ill.t * tube.length_mm + away[0] + along)
        c = patch.across_mm - np.float32(away[1] + across)
        down = a - turn * c + np.float32(ill.t * tube.length_mm + along)
        scaled = down * np.float32((STATIONS - 1) / tube.length_mm) + np.float32(0.5)
        station = np.clip(scaled, 0, STATIONS - 1).astype(np.int32)
        own = Patch(patch.window, down, c + turn * a + np.float32(across), station)
        beyond = beyond_line(ill, tube, own)
        inside = np.float32(gap_mm / 2.0 * 0.92) - np.abs(beyond)
        for other, (_, beside) in enumerate(seeds):
            if other != number:
                slant = np.float32(0.5 * np.sin(ill.jag[(number + other) % 4])) * beyond
                middle = np.float32((across + beside) / 2.0)
                signed = (middle - own.across_mm - slant) * np.float32(np.sign(beside - across))
                inside = np.minimum(inside, signed - np.float32(0.04 * width))
        kept: Field = np.clip(inside / np.float32(SOFT_MM) + 0.5, 0.0, 1.0).astype(np.float32)
        pieces.append((own, kept))
    return tuple(pieces)


def _hump(position: Field) -> Field:
    """1 at 0, falling smoothly to 0 at -1 and 1."""
    hump: Field = np.clip(1.0 - position**2, 0.0, 1.0) ** 2
    return hump
