"""Soft tissue: the outline of the limb, muscle under fat, the air of the lungs, and a cast."""

from dataclasses import dataclass

import numpy as np

from dicom_fixtures.bones import Anatomy, Flesh, Vector
from dicom_fixtures.placement import Placement
from dicom_fixtures.projection import Field, Grid, Tube, blended, enlarged, sleeve
from dicom_fixtures.subject import Cast, Subject

MUSCLE_PER_MM = 0.0272
FAT_PER_MM = 0.0222
"""Linear attenuation at 42 keV, interpolated in NIST's tables for ICRU-44 tissues."""
PLASTER_PER_MM = 0.055
FIBREGLASS_PER_MM = 0.034
CREASE = 0.35
"""How far the soft tissue of neighbouring parts runs together, as a share of its own square."""
COARSE_PX = 128
"""Soft tissue is smooth: about so many samples on each side of the image carry it."""
LUNG_AIR = 0.72
"""Share of a lung's path that is air."""
NARROW_MM = 30.0
"""Width of a narrow limb: growing by a little adds so many times that to the squared half."""
PADDING_MM = 3.0
"""Wool between skin and cast."""


@dataclass(frozen=True)
class Outline:
    """Square of the half thickness of the body, mm2, on a coarse grid; negative outside."""

    squares: Field
    step: int
    coarse: Grid

    def chord(self, grid: Grid) -> Field:
        """Thickness in mm over the full grid."""
        return chord(self.squares, self.step, grid)


def chord(squares: Field, step: int, grid: Grid) -> Field:
    """Thickness in mm over the full grid from squared half thickness over the coarse one."""
    square = enlarged(squares, step, grid.shape)
    np.maximum(square, 0.0, out=square)
    np.sqrt(square, out=square)
    square *= np.float32(2.0)
    return square


def outline(body: Anatomy, tubes: list[Tube], pose: Vector, scale: float, grid: Grid) -> Outline:
    """The union of all sleeves and capsules, with the creases between them smoothed."""
    step = max(4, max(grid.shape) // COARSE_PX)
    coarse = grid.coarser(step)
    squares = np.full(coarse.shape, -1e6, dtype=np.float32)
    for tube in tubes:
        width = tube.bone.flesh_mm * scale
        if width:
            capsule = Flesh(np.append(tube.start, 0.0), np.append(tube.end, 0.0), width, width)
            squares = blended(squares, sleeve(capsule, np.eye(3), 1.0, coarse), CREASE * width**2)
    for part in body.flesh:
        over = CREASE * (scale * part.start_mm) ** 2
        squares = blended(squares, sleeve(part, pose, scale, coarse), over)
    return Outline(squares, step, coarse)


def uneven(whole: Outline, rng: np.random.Generator) -> Outline:
    """The same outline with the swellings of muscles and the dents of folds."""
    swell = 1.0 + 0.05 * _waves(whole.coarse, 26.0, rng) + 0.03 * _waves(whole.coarse, 9.0, rng)
    # Swellings are as high as an arm has them: a trunk's do not grow with it.
    high = np.minimum(whole.squares, np.float32(1200.0)) * (swell - 1.0)
    return Outline((whole.squares + high).astype(np.float32), whole.step, whole.coarse)


def attenuation(
    whole: Outline,
    body: Anatomy,
    person: Subject,
    at: Placement,
    rng: np.random.Generator,
) -> tuple[Field, Field]:
    """What soft tissue takes from the beam as the exponent of Beer-Lambert, and its thickness."""
    grid = at.grid
    thickness = whole.chord(grid)
    bundles = 0.09 * _waves(whole.coarse, 13.0, rng) + 0.06 * _waves(whole.coarse, 5.0, rng)
    lean = np.maximum(whole.squares, 0.0) * np.float32((1.0 - person.fat) ** 2)
    muscle = 2.0 * np.sqrt(np.maximum(lean - 12.0 * person.scale, 0.0))
    # Bundles are as thick as an arm has them: a trunk's do not grow with it.
    muscle += bundles * np.minimum(muscle, 40.0)
    taken = thickness * np.float32(FAT_PER_MM)
    difference = np.float32(MUSCLE_PER_MM - FAT_PER_MM) * muscle
    taken += enlarged(difference.astype(np.float32), whole.step, grid.shape)
    for part in body.lung:
        air = chord(sleeve(part, at.pose, person.scale, whole.coarse), whole.step, grid)
        np.minimum(air, np.float32(0.8) * thickness, out=air)
        taken -= np.float32(LUNG_AIR * FAT_PER_MM) * air
    return np.maximum(taken, 0.0, out=taken), thickness


def cast(
    whole: Outline,
    material: Cast,
    worn: tuple[Vector, float],
    grid: Grid,
    rng: np.random.Generator,
) -> Field:
    """What a cast around the limb takes from the beam.

    `worn` is its middle on the detector, (2,) mm, and how far it reaches from there.
    """
    centre, reach_mm = worn
    thick = float(rng.uniform(3.5, 6.5))
    inner = chord(whole.squares + np.float32(NARROW_MM * PADDING_MM), whole.step, grid)
    taken = chord(whole.squares + np.float32(NARROW_MM * (PADDING_MM + thick)), whole.step, grid)
    taken -= inner
    x, y = grid.x - np.float32(centre[0]), grid.y - np.float32(centre[1])
    away = np.sqrt(x * x + y * y)
    away += np.float32(3.0) * np.sin(x * np.float32(0.13)) * np.cos(y * np.float32(0.11))
    turn = float(rng.uniform(0.0, np.pi))
    along = x * np.float32(np.cos(turn)) + y * np.float32(np.sin(turn))
    across = y * np.float32(np.cos(turn)) - x * np.float32(np.sin(turn))
    if material is Cast.FIBREGLASS:
        mesh = np.float32(1.9)
        weave = np.sin((along + across) * mesh) * np.sin((along - across) * mesh)
        strength, per_mm = 0.14, FIBREGLASS_PER_MM
    else:
        wound = np.float32(2.0) * np.sin(across * np.float32(0.09))
        weave = np.sin(along * np.float32(0.5) + wound)
        strength, per_mm = 0.06, PLASTER_PER_MM
    taken *= np.float32(per_mm) * (np.float32(1.0) + np.float32(strength) * weave)
    taken *= np.float32(1.0) + np.float32(0.10) * enlarged(
        _waves(whole.coarse, 3.0, rng), whole.step, grid.shape
    )
    if material is Cast.SLAB:
        taken *= np.clip(np.float32(0.5) + across * np.float32(0.06), 0.12, 1.0)
    taken *= np.clip((np.float32(reach_mm) - away) * np.float32(0.5), 0.0, 1.0)
    shell: Field = taken.astype(np.float32, copy=False)
    return shell


def _waves(grid: Grid, length_mm: float, rng: np.random.Generator) -> Field:
    """Smooth noise of standard deviation near 1 that changes over `length_mm`."""
    step = max(1, round(length_mm / grid.pitch_mm))
    rows, columns = (size // step + 3 for size in grid.shape)
    noise = rng.standard_normal((rows, columns), dtype=np.float32)
    rows, columns = grid.shape
    return enlarged(noise, step, grid.shape) if step > 1 else noise[:rows, :columns]
