"""A ring or a bangle: metal that says nothing about health."""

from dataclasses import dataclass

import numpy as np

from dicom_fixtures.bones import Anatomy, Vector, point
from dicom_fixtures.placement import Placement
from dicom_fixtures.projection import Field, Grid, Tube
from triage_agent.domain.region import Region

GOLD_PER_MM = 1.2
"""Attenuation of a gold alloy as far as it matters: next to nothing passes."""
BANGLE_AT = point(4.0, 62.0)
"""Where on the forearm a bangle sits, in the frame of the hand."""


@dataclass(frozen=True)
class Hoop:
    """A circle of wire seen at a slant.

    Attributes:
        centre: (2,) mm on the detector.
        angle: Direction of the limb through it, radians.
        radius_mm: Of the circle.
        ratio: How wide it looks along the limb, as a share of its width across.
        half_wire_mm: Half the thickness of the wire.
    """

    centre: Vector
    angle: float
    radius_mm: float
    ratio: float
    half_wire_mm: float

    @classmethod
    def on(
        cls,
        region: Region,
        body: Anatomy,
        tubes: list[Tube],
        at: Placement,
        *,
        rng: np.random.Generator,
    ) -> "Hoop":
        """A bangle at the wrist; elsewhere a ring on the ring finger or on the one shown."""
        ratio, wire, turn = rng.uniform(size=3)
        # A pose is a rotation times the subject's scale.
        scale = float(np.linalg.norm(at.pose[:, 1]))
        if region is Region.WRIST:
            axis, centre = (at.pose @ point(0.0, 1.0))[:2], (at.pose @ BANGLE_AT)[:2]
            radius, half_wire = 33.0 * scale, 1.0 + float(wire)
        else:
            finger = "proximal phalanx of the ring finger"
            name = next(iter(body.sites)) if region is Region.FINGER else finger
            tube = next(tube for tube in tubes if tube.bone.name == name)
            axis, centre = tube.end - tube.start, tube.at(0.46)
            radius, half_wire = (tube.bone.flesh_mm + 0.4) * scale, 0.7 + 0.6 * float(wire)
        angle = float(np.arctan2(axis[1], axis[0]) + np.radians(14.0 * (turn - 0.5)))
        return cls(centre, angle, radius, 0.10 + 0.25 * float(ratio), half_wire)

    def wear(self, taken: Field, grid: Grid) -> None:
        """Add the metal to the exponent of Beer-Lambert, in place."""
        reach = self.radius_mm + 2.0 * self.half_wire_mm
        left, right = np.searchsorted(grid.x[0], (self.centre[0] - reach, self.centre[0] + reach))
        top, bottom = np.searchsorted(
            grid.y[:, 0], (self.centre[1] - reach, self.centre[1] + reach)
        )
        dx = grid.x[:, left:right] - np.float32(self.centre[0])
        dy = grid.y[top:bottom] - np.float32(self.centre[1])
        cosine, sine = np.float32(np.cos(self.angle)), np.float32(np.sin(self.angle))
        flat = np.float32(self.radius_mm * self.ratio)
        along = (dx * cosine + dy * sine) / flat
        across = (dy * cosine - dx * sine) / np.float32(self.radius_mm)
        # Distance from the ellipse, to first order.
        steep = 2.0 * np.sqrt((along / flat) ** 2 + (across / np.float32(self.radius_mm)) ** 2)
        away = np.abs(along**2 + across**2 - 1.0) / np.maximum(steep, 1e-3)
        metal = 2.0 * np.sqrt(np.maximum(self.half_wire_mm**2 - away**2, 0.0))
        taken[top:bottom, left:right] += (GOLD_PER_MM * metal).astype(np.float32)
