"""Bones as tapered tubes in space: where they lie, how wide, how thick their cortex.

Lengths are millimetres. The frame is that of the displayed PA image: x to the right, y down,
z towards the reader. Skeletons are built as a right side.
"""

from dataclasses import dataclass, field, replace
from functools import cache

import numpy as np
import numpy.typing as npt

Vector = npt.NDArray[np.float64]

STATIONS = 512
"""Samples of a profile along its bone: finer than a pixel at every size that is rendered."""
ALONG = np.linspace(0.0, 1.0, STATIONS)
"""The stations as fractions of the length."""


@dataclass(frozen=True)
class Profile:
    """The shape of a bone along its axis.

    Attributes:
        half_widths_mm: Semi-axis in the plane of the PA image, evenly spaced from start to end.
        half_depths_mm: Semi-axis across that plane, same stations.
        cap_mm: Length over which each end is rounded off.
        cortex_mm: Thickness of the cortex at the middle of the shaft.
        long: Whether a marrow cavity is nearly free of trabeculae at the middle.
        shift_mm: Sideways place of the centre line, same kind of stations; positive is to the left
            of who walks from start to end over the PA image. Empty for a straight bone.
        lift_mm: The same out of the image plane, positive away from the reader.
        slant: Tangent of the tilt of the joint surface at the end.
    """

    half_widths_mm: tuple[float, ...]
    half_depths_mm: tuple[float, ...]
    cap_mm: float = 4.0
    cortex_mm: float = 1.6
    long: bool = True
    shift_mm: tuple[float, ...] = ()
    lift_mm: tuple[float, ...] = ()
    slant: float = 0.0

    def sampled(self, length_mm: float, scale: float) -> tuple[Vector, Vector]:
        """Half-widths and half-depths at `STATIONS` points, both ends rounded to zero."""
        t = ALONG
        cap = min(0.5, self.cap_mm * scale / length_mm)
        from_end = np.minimum(1.0, np.minimum(t, 1.0 - t) / cap)
        # Squarer than an ellipse for a shaft, so that neighbours face each other across a joint.
        inward = 1.0 - from_end
        rounding = np.sqrt(1.0 - (inward**3 if self.long else inward**2))
        return (
            _smooth(self.half_widths_mm) * rounding * scale,
            _smooth(self.half_depths_mm) * rounding * scale,
        )

    def centre_line(self, scale: float) -> tuple[Vector, Vector]:
        """Shift and lift at `STATIONS` points, mm."""
        return (
            _smooth(self.shift_mm or (0.0, 0.0)) * scale,
            _smooth(self.lift_mm or (0.0, 0.0)) * scale,
        )


@dataclass(frozen=True)
class Bone:
    """One bone in space.

    Attributes:
        name: English name as a finding text uses it.
        start: Proximal end, (3,) mm.
        end: Distal end, (3,) mm.
        profile: Its shape.
        bow_mm: Sideways deflection of the middle.
        ray: Number of the digit whose bones move together; 0 for none.
        rank: Order along the ray; larger is more distal.
        flesh_mm: Radius of the soft tissue around its axis; 0 for none.
        density: Factor on its attenuation.
        joined: Name of the larger bone it is a part of. Parts of one bone do not add up where
            they overlap; empty for a bone drawn as one tube.
        plates: Where growth plates cross the axis, as fractions; none in an adult.
        epiphysis: 0..1, how far the ends beyond the plates have turned to bone.
        sideways: Unit vector of the profile's width; None for the one in the PA image.
    """

    name: str
    start: Vector
    end: Vector
    profile: Profile
    bow_mm: float = 0.0
    ray: int = 0
    rank: int = 0
    flesh_mm: float = 0.0
    density: float = 1.0
    joined: str = ""
    plates: tuple[float, ...] = ()
    epiphysis: float = 1.0
    sideways: Vector | None = None

    def wide(self) -> Vector:
        """Unit vector along the profile's width."""
        if self.sideways is not None:
            return self.sideways
        axis = self.end - self.start
        wide = np.array([axis[1], -axis[0], 0.0])
        size = float(np.hypot(axis[0], axis[1]))
        return wide / size if size > 1e-6 else np.array([1.0, 0.0, 0.0])  # noqa: PLR2004 - end on

    def turned(self, rotation: Vector, pivot: Vector) -> "Bone":
        """The same bone after a (3, 3) rotation about a point."""
        return replace(
            self,
            start=pivot + rotation @ (self.start - pivot),
            end=pivot + rotation @ (self.end - pivot),
            sideways=rotation @ self.wide(),
        )

    def moved(self, shift: Vector) -> "Bone":
        """The same bone elsewhere."""
        return replace(self, start=self.start + shift, end=self.end + shift)


@dataclass(frozen=True)
class Flesh:
    """A capsule of soft tissue, or of air, in space."""

    start: Vector
    end: Vector
    start_mm: float
    end_mm: float
    depth: float = 1.0
    """Depth of the body as a share of its width."""

    def turned(self, rotation: Vector, pivot: Vector) -> "Flesh":
        """The same capsule after a (3, 3) rotation about a point."""
        return replace(
            self,
            start=pivot + rotation @ (self.start - pivot),
            end=pivot + rotation @ (self.end - pivot),
        )

    def moved(self, shift: Vector) -> "Flesh":
        """The same capsule elsewhere."""
        return replace(self, start=self.start + shift, end=self.end + shift)


@dataclass(frozen=True)
class Anatomy:
    """What stands in the beam, and the part of it that the field shows.

    Attributes:
        bones: All bones, also those that reach out of the field.
        flesh: Soft tissue beyond the sleeves that bones carry.
        sites: Where an abnormality may lie: a bone's name and a part of its axis, as fractions,
            that is inside the field in every view.
        lung: Air-filled capsules, subtracted from the soft tissue.
        centre: Centre of the field, (3,) mm.
        field_mm: Height and width that must fit into the image.
        cast_at: Middle of a cast, (3,) mm; the joint by default.
    """

    bones: tuple[Bone, ...]
    flesh: tuple[Flesh, ...]
    centre: Vector
    field_mm: tuple[float, float]
    sites: dict[str, tuple[float, float]]
    lung: tuple[Flesh, ...] = ()
    cast_at: Vector = field(default_factory=lambda: point(0.0, 0.0))


def point(x: float, y: float, z: float = 0.0) -> Vector:
    """A position in mm."""
    return np.array([x, y, z], dtype=np.float64)


def about_x(degrees: float) -> Vector:
    """Rotation that flexes a limb lying along y."""
    c, s = np.cos(np.radians(degrees)), np.sin(np.radians(degrees))
    return np.array([[1.0, 0.0, 0.0], [0.0, c, -s], [0.0, s, c]])


def about_y(degrees: float) -> Vector:
    """Rotation of a limb about its long axis: 0 is PA, 90 lateral."""
    c, s = np.cos(np.radians(degrees)), np.sin(np.radians(degrees))
    return np.array([[c, 0.0, s], [0.0, 1.0, 0.0], [-s, 0.0, c]])


def about_z(degrees: float) -> Vector:
    """Rotation within the image plane; positive turns clockwise on the screen."""
    c, s = np.cos(np.radians(degrees)), np.sin(np.radians(degrees))
    return np.array([[c, -s, 0.0], [s, c, 0.0], [0.0, 0.0, 1.0]])


def _smooth(values: tuple[float, ...]) -> Vector:
    """Values at even stations, eased so that a profile has no kinks."""
    sampled: Vector = _weights(len(values)) @ np.asarray(values)
    return sampled


@cache
def _weights(knots: int) -> Vector:
    """What each knot adds at each station, [STATIONS, knots]."""
    position = ALONG * (knots - 1)
    index = np.minimum(position.astype(np.intp), knots - 2)
    within = position - index
    eased = within * within * (3.0 - 2.0 * within)
    weights = np.zeros((STATIONS, knots))
    weights[np.arange(STATIONS), index] = 1.0 - eased
    weights[np.arange(STATIONS), index + 1] += eased
    return weights
