"""Projecting bones onto the detector and drawing how much of the beam they take.

A tube's path length is that of an elliptic cylinder; its attenuation is cortex plus trabecular
inside. Fields are float32, and only the box around a tube is computed.
"""

from dataclasses import dataclass, replace

import numpy as np
import numpy.typing as npt
from PIL import Image

from dicom_fixtures.bones import ALONG, STATIONS, Bone, Flesh, Vector

Field = npt.NDArray[np.float32]

CORTICAL_PER_MM = 0.088
"""Attenuation of compact bone at 42 keV beyond the muscle it replaces (NIST, ICRU-44 tissues)."""
TRABECULAR_PER_MM = 0.030
"""The same for spongy bone near a joint."""
MARROW_SHARE = 0.25
"""Share of the spongy attenuation left in the middle of a long bone."""
PLATE_MM = 0.55
"""Half the height of a growth plate."""
DENSE_MM = 7.0
"""Half-depth up to which spongy bone has its full attenuation; larger ends are looser."""

_SHAFT = np.clip(np.minimum(ALONG, 1.0 - ALONG) / 0.28, 0.0, 1.0) ** 1.3
_BOW = 4.0 * ALONG * (1.0 - ALONG)


@dataclass(frozen=True)
class Grid:
    """Pixel centres of an image in mm: `x` (1, columns) and `y` (rows, 1), float32."""

    x: Field
    y: Field
    pitch_mm: float

    @classmethod
    def around(
        cls, centre: Vector, field_mm: tuple[float, float], rows: int, columns: int
    ) -> "Grid":
        """The grid whose pixels are square and whose image shows at least `field_mm`."""
        pitch = max(field_mm[0] / rows, field_mm[1] / columns)
        x = (np.arange(columns, dtype=np.float32) - (columns - 1) / 2) * pitch + centre[0]
        y = (np.arange(rows, dtype=np.float32) - (rows - 1) / 2) * pitch + centre[1]
        return cls(x.astype(np.float32)[None, :], y.astype(np.float32)[:, None], pitch)

    def coarser(self, step: int) -> "Grid":
        """Every `step`-th pixel, starting with the first and reaching at least the last."""
        return Grid(_stretched(self.x[0], step)[None, :], _stretched(self.y[:, 0], step)[:, None],
                    self.pitch_mm * step)  # fmt: skip

    @property
    def shape(self) -> tuple[int, int]:
        """Rows and columns."""
        return self.y.shape[0], self.x.shape[1]


@dataclass(frozen=True)
class Tube:
    """A bone as the detector sees it; arrays have `STATIONS` samples from start to end."""

    bone: Bone
    start: Vector
    end: Vector
    half_width: Vector
    half_depth: Vector
    cortex: Vector
    spongy: Vector
    axis_mm: Vector
    """How far the centre line lies beside the straight line between the ends."""
    solid: Vector | None = None
    """Share of bone at each station of a bone that still grows."""

    slant: float = 0.0
    """Tangent of the tilt of the end, as seen."""

    @property
    def length_mm(self) -> float:
        """Length of the straight line between its ends."""
        return float(np.hypot(*(self.end - self.start)))

    def width_at(self, t: float) -> float:
        """Half-width at a fraction of the length, mm."""
        return float(self.half_width[round(t * (STATIONS - 1))])

    def at(self, t: float, across: float = 0.0) -> Vector:
        """The image position of a point given along the axis and beside it."""
        along = (self.end - self.start) / self.length_mm
        beside = np.array([-along[1], along[0]])
        aside = across + float(self.axis_mm[round(t * (STATIONS - 1))])
        return self.start + along * t * self.length_mm + beside * aside

    def moved(self, shift: Vector, degrees: float, pivot: Vector) -> "Tube":
        """The same tube turned in the image plane about `pivot`, then shifted."""
        c, s = np.cos(np.radians(degrees)), np.sin(np.radians(degrees))
        turn = np.array([[c, -s], [s, c]])
        return replace(
            self,
            start=pivot + turn @ (self.start - pivot) + shift,
            end=pivot + turn @ (self.end - pivot) + shift,
        )


@dataclass(frozen=True)
class Patch:
    """The box of an image around a tube, with the tube's own coordinates."""

    window: tuple[slice, slice]
    along_mm: Field
    across_mm: Field
    station: npt.NDArray[np.int32]
    """Index into the tube's arrays."""


def project(bone: Bone, pose: Vector, scale: float) -> Tube:
    """Look at a bone along z after the (3, 3) `pose`, whose scale is `scale`."""
    start, end = pose @ bone.start, pose @ bone.end
    axis = bone.end - bone.start
    length = float(np.linalg.norm(axis)) * scale
    direction = axis * (scale / length)
    wide = bone.wide()
    deep = np.array(
        [
            direction[1] * wide[2] - direction[2] * wide[1],
            direction[2] * wide[0] - direction[0] * wide[2],
            direction[0] * wide[1] - direction[1] * wide[0],
        ]
    )
    half_width, half_depth = bone.profile.sampled(length, scale)
    shift, lift = bone.profile.centre_line(scale)

    seen = (end - start)[:2]
    seen_mm = float(np.hypot(*seen))
    flat = seen / seen_mm if seen_mm > 1e-6 else np.array([0.0, 1.0])  # noqa: PLR2004 - end on
    beside = np.array([-flat[1], flat[0]])
    facing = float(beside @ (pose @ wide)[:2]) / scale
    turned = float(beside @ (pose @ deep)[:2]) / scale
    width = np.sqrt(half_width**2 * facing**2 + half_depth**2 * turned**2)
    depth = half_width * half_depth / np.maximum(width, 1e-6)

    # A bone seen end on still covers its own cross-section.
    tilt_sine = np.sqrt(max(0.0, 1.0 - (seen_mm / length) ** 2))
    covered = float(np.hypot(seen_mm, 2.0 * half_depth[STATIONS // 2] * tilt_sine))
    middle = (start + end)[:2] / 2.0
    shaft = _SHAFT if bone.profile.long else np.zeros(STATIONS)
    return Tube(
        bone=bone,
        start=middle - flat * covered / 2.0,
        end=middle + flat * covered / 2.0,
        half_width=width,
        # What is foreshortened is as much deeper.
        half_depth=depth * (length / max(covered, 1e-6)),
        cortex=bone.profile.cortex_mm
        * scale
        * (0.45 + 0.55 * shaft if bone.profile.long else 0.8 + shaft),
        spongy=(1.0 - (1.0 - MARROW_SHARE) * shaft)
        * np.sqrt(DENSE_MM / np.maximum(depth, DENSE_MM)),
        axis_mm=facing * (shift - bone.bow_mm * scale * _BOW) + turned * lift,
        slant=bone.profile.slant * facing,
        solid=_grown(bone, length) if bone.plates else None,
    )


def _grown(bone: Bone, length_mm: float) -> Vector:
    """Share of bone along a growing bone: nearly none in the plates, less in soft epiphyses."""
    t = ALONG
    solid = np.ones(STATIONS)
    for plate in bone.plates:
        beyond = (t < plate) if plate < 0.5 else (t > plate)  # noqa: PLR2004 - the nearer end
        solid[beyond] *= bone.epiphysis
        away = np.abs(t - plate) * length_mm
        solid *= 1.0 - 0.72 * np.clip(1.6 - away / PLATE_MM, 0.0, 1.0)
    return solid


def locate(tube: Tube, grid: Grid, margin_mm: float = 0.0) -> Patch | None:
    """The tube's coordinates over its box; None where it is outside the image."""
    aside = float(np.abs(tube.axis_mm).max())
    reach = float(max(tube.half_width.max(), tube.half_depth.max())) + aside + margin_mm
    low = np.minimum(tube.start, tube.end) - reach
    high = np.maximum(tube.start, tube.end) + reach
    left, right = np.searchsorted(grid.x[0], (low[0], high[0]))
    top, bottom = np.searchsorted(grid.y[:, 0], (low[1], high[1]))
    if left >= right or top >= bottom:
        return None
    length = max(tube.length_mm, 1e-6)
    along = ((tube.end - tube.start) / length).astype(np.float32)
    dx = grid.x[:, left:right] - np.float32(tube.start[0])
    dy = grid.y[top:bottom] - np.float32(tube.start[1])
    along_mm = dx * along[0] + dy * along[1]
    across_mm = dy * along[0] - dx * along[1]
    if tube.bone.profile.slant:
        near_end = np.clip(along_mm * np.float32(8.0 / length) - np.float32(6.4), 0.0, 1.0)
        along_mm += np.float32(tube.slant) * near_end * across_mm
    scaled = along_mm * np.float32((STATIONS - 1) / length) + np.float32(0.5)
    station = np.clip(scaled, 0, STATIONS - 1).astype(np.int32)
    if aside:
        across_mm -= tube.axis_mm.astype(np.float32)[station]
    return Patch((slice(top, bottom), slice(left, right)), along_mm, across_mm, station)


def attenuation(tube: Tube, patch: Patch, texture: Field) -> Field:
    """What the bone takes from the beam over its box, as the exponent of Beer-Lambert.

    `texture` is the field of the whole image around 1 that makes spongy bone uneven.
    """
    index = patch.station
    outer = _elliptic(tube.half_width, tube.half_depth, index, patch.across_mm)
    inner = _elliptic(
        np.maximum(tube.half_width - tube.cortex, 0.0),
        np.maximum(tube.half_depth - tube.cortex, 0.0),
        index,
        patch.across_mm,
    )
    spongy = (TRABECULAR_PER_MM * tube.spongy).astype(np.float32)[index] * texture[patch.window]
    taken: Field = (outer - inner) * np.float32(CORTICAL_PER_MM) + inner * spongy
    taken *= np.float32(tube.bone.density)
    if tube.solid is not None:
        taken *= tube.solid.astype(np.float32)[index]
    return taken


def sleeve(flesh: Flesh, pose: Vector, scale: float, grid: Grid) -> Field:
    """Square of the half thickness (mm2) of a soft-tissue capsule over a whole coarse grid.

    Negative outside, where it goes on smoothly, so that an enlargement keeps a clean edge.
    """
    start, end = (pose @ flesh.start)[:2], (pose @ flesh.end)[:2]
    axis = end - start
    squared = max(float(axis @ axis), 1e-6)
    dx, dy = grid.x - np.float32(start[0]), grid.y - np.float32(start[1])
    t = dx * np.float32(axis[0] / squared) + dy * np.float32(axis[1] / squared)
    np.clip(t, 0.0, 1.0, out=t)
    radius = np.float32(scale) * (flesh.start_mm + t * np.float32(flesh.end_mm - flesh.start_mm))
    away = (dx - t * np.float32(axis[0])) ** 2 + (dy - t * np.float32(axis[1])) ** 2
    squares = np.float32(flesh.depth**2) * (radius**2 - away)
    signed: Field = squares.astype(np.float32, copy=False)
    return signed


def blended(one: Field, other: Field, over: float) -> Field:
    """The larger of two fields, with the crease where they meet smoothed over `over`."""
    near = np.maximum(np.float32(over) - np.abs(one - other), 0.0)
    union = np.maximum(one, other) + near * near * np.float32(0.25 / over)
    smooth: Field = union.astype(np.float32, copy=False)
    return smooth


def enlarged(coarse: Field, step: float, shape: tuple[int, int]) -> Field:
    """Bilinear enlargement of a field on `Grid.coarser(step)` back to the full grid."""
    rows, columns = shape
    first = 0.5 - 0.5 / step
    picture = Image.fromarray(np.ascontiguousarray(coarse, dtype=np.float32))
    spread = picture.resize(
        (columns, rows),
        Image.Resampling.BILINEAR,
        box=(first, first, first + columns / step, first + rows / step),
    )
    return np.array(spread, dtype=np.float32)


def _elliptic(width: Vector, depth: Vector, index: npt.NDArray[np.int32], across: Field) -> Field:
    """Chord of an ellipse with semi-axes `width` and `depth` at distance `across`."""
    inverse = (1.0 / np.maximum(width, 1e-3)).astype(np.float32)
    chord = (2.0 * np.where(width > 1e-3, depth, 0.0)).astype(np.float32)  # noqa: PLR2004 - empty
    away: Field = across * inverse[index]
    np.multiply(away, away, out=away)
    np.subtract(1.0, away, out=away)
    np.maximum(away, 0.0, out=away)
    np.sqrt(away, out=away)
    away *= chord[index]
    return away


def _stretched(axis: Field, step: int) -> Field:
    count = (axis.shape[0] - 1) // step + 2
    pitch = axis[1] - axis[0]
    stretched: Field = (axis[0] + np.arange(count) * pitch * step).astype(np.float32)
    return stretched
