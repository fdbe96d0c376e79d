"""Drawing a worn joint: a narrow space between dense rims, and bony spurs at its edges."""

import numpy as np

from dicom_fixtures.pathology.closeup import Closeup
from dicom_fixtures.pathology.disorder import Disorder
from dicom_fixtures.pathology.joints import Seat
from dicom_fixtures.projection import Field

ALONG, BESIDE = 1.0, 1.5
"""Half-axes of the part of the image that a worn joint changes, in its own units."""
WEAR_MM = 10.0
"""How far wear goes into the bones of a large joint."""
SMALL_PIXELS = 14.0
"""Half-width of a joint, in pixels of a small image, below which its wear is drawn plainer."""
DENSE_RIM = 0.55
"""Attenuation of a bone's end up to which its sclerosis grows with it."""
BONY = 0.08
"""Attenuation from which there is bone."""
SPUR_PER_MM = 0.055
"""Attenuation of an osteophyte beyond the soft tissue it replaces."""


def thickness_mm(seat: Seat, reading_mm: float) -> float:
    """How far the wear of a joint goes into its bones: with the joint's size, to a limit."""
    return min(seat.half_width, max(WEAR_MM, 6.0 * reading_mm))


def worn(ill: Disorder, near: Closeup, taken: Field, reading_mm: float) -> Field:
    """What a degenerated joint takes from the beam over its box.

    `taken` is the field of all bones over the whole image.
    """
    small = float(np.clip(1.0 - near.seat.half_width / (SMALL_PIXELS * reading_mm), 0.0, 0.6))
    plain = np.float32(small + (1.0 - small) * ill.conspicuity)
    u, v = near.across, near.beside
    fading = np.clip(3.0 * (1.0 - (u / ALONG) ** 2 - (v / BESIDE) ** 2), 0.0, 1.0)
    pinch = 1.0 + (0.7 + 0.9 * plain) * np.exp(-((u / 0.42) ** 2)) * fading
    flare = 1.0 / (1.0 + (0.10 + 0.22 * plain) * np.exp(-((u / 0.5) ** 2)) * fading)
    drawn = near.read(taken, u * pinch, v * flare)
    lens = np.sqrt(np.clip(1.0 - (v / 1.15) ** 2, 0.0, 1.0))
    rims = np.exp(-(((np.abs(u) - 0.26) / 0.2) ** 2)) * lens * fading
    # Where bones lie over one another the dense rims do not add up to metal.
    dense = (0.55 + 0.65 * plain) * np.minimum(1.3 * drawn, DENSE_RIM)
    drawn = drawn + dense * rims
    for number, (over, side) in enumerate(((-1, -1), (-1, 1), (1, -1), (1, 1))):
        size = (0.20 + 0.15 * plain) * (0.85 + 0.3 * np.sin(ill.jag[number]))
        # A beak: long along the joint line, its base on the edge of the bone.
        off_u = (u - 0.22 * over) / (0.85 * size)
        off_v = (v - side * (_edge(taken, near, 0.28 * over, side) + 0.3 * size)) / (1.5 * size)
        chord = np.sqrt(np.clip(1.0 - off_u**2 - off_v**2, 0.0, 1.0))
        spur = np.float32(SPUR_PER_MM * 2.0) * size * max(near.thick_mm, 5.0) * chord
        drawn = drawn + spur * fading
    changed: Field = drawn.astype(np.float32)
    return changed


def worn_area(near: Closeup, reading_mm: float) -> Field:
    """1 in the joint's neighbourhood, 0 elsewhere."""
    along = max(ALONG, 6.0 * reading_mm / near.thick_mm)
    beside = max(BESIDE, 6.0 * reading_mm / near.seat.half_width)
    inside = (near.across / along) ** 2 + (near.beside / beside) ** 2 < 1.0
    return inside.astype(np.float32)


def _edge(taken: Field, near: Closeup, across: float, side: int) -> float:
    """Where the bone ends beside a joint, in half-widths of the joint."""
    places = np.linspace(0.45, 1.15, 15, dtype=np.float32)
    profile = near.read(taken, np.full_like(places, across), places * np.float32(side))
    bone = np.flatnonzero(profile > BONY)
    return float(places[bone[-1]]) if bone.size else float(places[0])
