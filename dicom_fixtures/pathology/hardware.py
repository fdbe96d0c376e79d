"""Drawing implants: a slab for a plate, and pins for screws, wires and rods.

An implant is laid out in the bone's own space - along it, to its side, and in depth - and each view
shows that from its angle, so that a plate seen on its face in one view is seen on edge in another.
"""

from dataclasses import dataclass, replace

import numpy as np

from dicom_fixtures.bones import STATIONS
from dicom_fixtures.pathology.disorder import Disorder
from dicom_fixtures.pathology.findings import Kind
from dicom_fixtures.pathology.lesion import shaft_width
from dicom_fixtures.projection import Field, Patch, Tube

METAL_PER_MM = 0.40
"""Attenuation of an implant alloy, about 35 keV."""
LONGEST_PATH = 5.0
"""How many radii of metal a pin seen nearly end on puts in the beam."""
THREAD = 0.08

SHORTEST = 0.3
"""Least share of an implant's length that is shown when its bone is seen end on."""

Spot = tuple[float, float, float]


@dataclass(frozen=True)
class Pin:
    """A cylinder of metal from one spot (along, side, depth; mm) to another."""

    start: Spot
    end: Spot
    radius: float
    thread: float = 0.0
    """Depth of its thread as a share of the radius."""


@dataclass(frozen=True)
class Slab:
    """A plate that lies on the bone: half-length, half-width and half-thickness in mm."""

    half_length: float
    half_width: float
    half_thick: float
    distance: float
    """From the bone's axis to the middle of the plate."""


def implant(
    ill: Disorder, tube: Tube, patch: Patch, view_degrees: float, reading_mm: float
) -> tuple[Field, Field]:
    """What the metal takes from the beam, and its area slightly enlarged (0 or 1)."""
    short = _foreshortening(tube, view_degrees)
    patch = replace(
        patch,
        along_mm=(patch.along_mm - np.float32(ill.t * tube.length_mm)) / np.float32(short),
    )
    pins, slab = _layout(ill, tube, tube.length_mm / short, reading_mm)
    turn = np.radians(view_degrees - ill.facing)
    sine, cosine = float(np.cos(turn)) * ill.side, float(np.sin(turn)) * ill.side
    metal = np.zeros_like(patch.along_mm)
    inside = np.full_like(patch.along_mm, -1e3)
    if slab:
        _lay(slab, patch, (sine, cosine), metal, inside)
    for pin in pins:
        _drive(pin, patch, (sine, cosine), metal, inside)
    return metal * np.float32(METAL_PER_MM), (inside > -2.0 * reading_mm).astype(np.float32)


def _layout(
    ill: Disorder, tube: Tube, length_mm: float, reading_mm: float
) -> tuple[tuple[Pin, ...], Slab | None]:
    """The parts of an implant, from the place of the disorder on the bone's axis."""
    # Both views of a bone must agree on its size: the mean of what they see.
    here = round(ill.t * (STATIONS - 1))
    width = min(
        float(np.sqrt(tube.half_width[here] * tube.half_depth[here])), shaft_width(tube, ill.t)
    )
    if ill.kind is Kind.PLATE:
        return _plate(width, length_mm, ill.conspicuity, reading_mm)
    if ill.kind is Kind.SCREWS:
        return _screws(width, ill, reading_mm), None
    if ill.kind is Kind.WIRES:
        return _wires(width, ill, reading_mm), None
    return _rod(width, length_mm, ill, tube, reading_mm), None


def _plate(
    width: float, length_mm: float, plain: float, reading_mm: float
) -> tuple[tuple[Pin, ...], Slab]:
    count = 4 + 2 * round(1.6 * plain)
    half_length = min((1.6 + 2.2 * plain) * width + 7.0, 0.36 * length_mm)
    thick = max(0.12 * width, 0.75 * reading_mm)
    slab = Slab(half_length, (0.42 + 0.2 * plain) * width, thick, width + thick)
    radius = max(0.17 * width, 0.65 * reading_mm)
    pins = []
    for number in range(count):
        # The middle stays free: that is where the fracture was.
        spread = (number + 0.5) / count * 2.0 - 1.0
        along = half_length * float(np.sign(spread)) * (0.16 + 0.80 * abs(spread))
        pins.append(
            Pin((along, width + 2.6 * thick, 0.0), (along, -1.05 * width, 0.0), radius, THREAD)
        )
        pins.append(Pin((along, width + 2.9 * thick, 0.0), (along, width, 0.0), 1.55 * radius))
    return tuple(pins), slab


def _screws(width: float, ill: Disorder, reading_mm: float) -> tuple[Pin, ...]:
    plain = ill.conspicuity
    count = 1 + round(2.2 * plain)
    radius = max(0.15 * width, (0.75 + 0.25 * plain) * reading_mm)
    pins = []
    for number in range(count):
        middle = (number - (count - 1) / 2.0) * max(0.8 * width, 5.0 * radius)
        lean = 0.35 * width * float(np.sin(ill.jag[number]))
        depth = 0.25 * width * float(np.cos(ill.jag[number]))
        head, tip = 1.10 * width, -1.08 * width
        pins.append(Pin((middle - lean, head, depth), (middle + lean, tip, -depth), radius, THREAD))
        pins.append(
            Pin(
                (middle - lean, head + 1.1 * radius, depth),
                (middle - lean, head - 0.3 * radius, depth),
                1.9 * radius,
            )
        )
    return tuple(pins)


def _wires(width: float, ill: Disorder, reading_mm: float) -> tuple[Pin, ...]:
    plain = ill.conspicuity
    count = 1 + round(2.0 * plain)
    radius = max(0.8, (0.60 + 0.25 * plain) * reading_mm)
    pins = []
    for number in range(count):
        hand = 1.0 if number % 2 else -1.0
        half = (2.6 + 0.8 * float(np.sin(ill.jag[number]))) * width
        offset = 0.5 * width * float(np.sin(ill.jag[number + 4]))
        inner = (-half, -hand * 0.8 * width, -hand * 0.5 * width + offset)
        outer = (half, hand * 1.35 * width, hand * 0.5 * width + offset)
        pins.append(Pin(inner, outer, radius))
        # The end left outside the bone is bent over.
        hook = (outer[0] + 0.3 * width, outer[1] + hand * 0.8 * width, outer[2])
        pins.append(Pin(outer, hook, radius))
    return tuple(pins)


def _rod(
    width: float, length_mm: float, ill: Disorder, tube: Tube, reading_mm: float
) -> tuple[Pin, ...]:
    radius = max((0.28 + 0.16 * ill.conspicuity) * width, 0.9 * reading_mm)
    first, last = (0.06 - ill.t) * length_mm, (0.90 - ill.t) * length_mm
    rod = Pin((first, 0.0, 0.0), (last, 0.0, 0.0), radius)
    thin = max(0.14 * width, 0.65 * reading_mm)
    locks = []
    for t in (0.12, 0.83, 0.87):
        reach = 1.12 * min(tube.width_at(t), 1.6 * width)
        along = (t - ill.t) * length_mm
        locks.append(Pin((along, reach, 0.0), (along, -reach, 0.0), thin, THREAD))
        locks.append(Pin((along, reach + 0.8 * thin, 0.0), (along, reach, 0.0), 1.6 * thin))
    return (rod, *locks)


def _drive(
    pin: Pin, patch: Patch, facing: tuple[float, float], metal: Field, inside: Field
) -> None:
    """Add a pin to the metal, and to how far inside metal a pixel is (mm), as a view sees it."""
    a, b = _seen(pin.start, facing), _seen(pin.end, facing)
    flat = (b[0] - a[0], b[1] - a[1])
    seen = max(float(np.hypot(*flat)), 1e-3)
    length = float(np.linalg.norm(np.subtract(pin.end, pin.start)))
    along = patch.along_mm - np.float32(a[0])
    across = patch.across_mm - np.float32(a[1])
    down = along * np.float32(flat[0] / seen) + across * np.float32(flat[1] / seen)
    beside = across * np.float32(flat[0] / seen) - along * np.float32(flat[1] / seen)
    over = np.maximum(np.maximum(-down, down - np.float32(seen)), 0.0)
    radius = pin.radius * (1.0 + pin.thread * np.sin(down * np.float32(3.4 / pin.radius)))
    deep = radius - np.sqrt(beside**2 + over**2)
    np.maximum(inside, deep, out=inside)
    chord = 2.0 * np.sqrt(np.maximum(deep * (2.0 * radius - deep), 0.0))
    slant = min(length / seen, LONGEST_PATH)
    np.maximum(metal, (chord * np.float32(slant)).astype(np.float32), out=metal)


def _lay(
    slab: Slab, patch: Patch, facing: tuple[float, float], metal: Field, inside: Field
) -> None:
    """Add a plate as a view sees it: on its face, on edge, or between."""
    edge, face = abs(facing[0]), abs(facing[1])
    half = float(np.hypot(slab.half_width * face, slab.half_thick * edge))
    deep = 4.0 * slab.half_width * slab.half_thick / half
    along = slab.half_length - np.abs(patch.along_mm)
    across = half - np.abs(patch.across_mm - np.float32(slab.distance * facing[0]))
    within = np.minimum(along, across)
    np.maximum(inside, within, out=inside)
    metal += np.clip(within / np.float32(0.33) + 0.5, 0.0, 1.0) * np.float32(deep)


def _foreshortening(tube: Tube, view_degrees: float) -> float:
    """How much of its length a bone shows, as a share; at least a little."""
    axis = (tube.bone.end - tube.bone.start) / np.linalg.norm(tube.bone.end - tube.bone.start)
    turn = np.radians(view_degrees)
    beam = float(axis[2] * np.cos(turn) - axis[0] * np.sin(turn))
    return max(float(np.sqrt(max(0.0, 1.0 - beam**2))), SHORTEST)


def _seen(spot: Spot, facing: tuple[float, float]) -> tuple[float, float]:
    return spot[0], spot[1] * facing[0] + spot[2] * facing[1]
