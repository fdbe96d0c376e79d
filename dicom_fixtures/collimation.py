"""The edge of the exposed field: straight or round, shuttered in black or left unexposed."""

from dataclasses import dataclass

import numpy as np

from dicom_fixtures.projection import Field

STRAIGHT, ROUND, STRIPS = 0.45, 0.50, 0.68
"""Cumulative shares of four-sided and round collimation and of unexposed strips; the rest fills
the image."""


@dataclass(frozen=True)
class Collimation:
    """What is left of the image, and what lies outside.

    Attributes:
        margins: Top, bottom, left, right, as shares of the image's side; 0 for an open side.
        slope: Tangent by which the edges are turned.
        round: Whether the field is a disc.
        border: Grey 0..1 outside.
        soft_px: Width of the penumbra as a share of the image's side.
    """

    margins: tuple[float, float, float, float]
    slope: float
    round: bool
    border: float
    soft: float

    @classmethod
    def drawn(cls, room: tuple[float, float], rng: np.random.Generator) -> "Collimation":
        """A collimation that leaves the middle free.

        `room` is the share of the image's height and width that nothing needed lies in, on the
        tighter side. Always the same number of draws.
        """
        kind, slope, white, soft, tight = rng.uniform(size=5)
        sides = rng.uniform(size=4)
        slope = 0.06 * (slope - 0.5)
        # A turned edge comes nearer the middle at one of its ends.
        free = [max(0.0, each - abs(slope) / 2.0) for each in room]
        depth = [
            0.9 * min(free[number // 2], 0.3) * tight * side for number, side in enumerate(sides)
        ]
        if kind < ROUND:
            margins = [max(0.004, each) for each in depth]
            grey = float(white) if white < 0.06 else 0.0  # noqa: PLR2004 - nearly black or black
        elif kind < STRIPS:
            margins = [each if side < 0.4 else 0.0 for each, side in zip(depth, sides, strict=True)]  # noqa: PLR2004
            grey = 0.86 + 0.14 * float(white)
        else:
            margins, grey = [0.0] * 4, 0.0
        top, bottom, left, right = margins
        return cls(
            margins=(top, bottom, left, right),
            slope=slope if any(margins) else 0.0,
            round=STRAIGHT <= kind < ROUND,
            border=grey,
            soft=0.002 + 0.006 * float(soft),
        )

    @property
    def inset(self) -> float:
        """The widest margin, as a share of the image's side."""
        return max(self.margins) + abs(self.slope) / 2.0

    def field(self, shape: tuple[int, int]) -> Field | None:
        """1 inside and 0 outside, over a penumbra; None where all of the image is exposed."""
        if not (self.round or any(self.margins)):
            return None
        rows, columns = shape
        y = np.linspace(0.0, 1.0, rows, dtype=np.float32)[:, None]
        x = np.linspace(0.0, 1.0, columns, dtype=np.float32)[None, :]
        slope, soft = np.float32(self.slope), np.float32(1.0 / self.soft)
        inside = np.ones(shape, dtype=np.float32)
        if self.round:
            # A disc that touches the image's corners leaves a middle of any shape free.
            reach = np.float32(0.5 + 0.10 * (1.0 - self.soft * 100.0))
            away = np.sqrt((y - 0.5) ** 2 + (x - 0.5) ** 2)
            return np.clip((max(reach, np.float32(0.52)) - away) * soft, 0.0, 1.0, out=inside)
        top, bottom, left, right = (np.float32(each) for each in self.margins)
        if top:
            inside = np.minimum(inside, (y - top - slope * (x - 0.5)) * soft)
        if bottom:
            inside = np.minimum(inside, (1.0 - bottom - y + slope * (x - 0.5)) * soft)
        if left:
            inside = np.minimum(inside, (x - left + slope * (y - 0.5)) * soft)
        if right:
            inside = np.minimum(inside, (1.0 - right - x - slope * (y - 0.5)) * soft)
        return np.maximum(inside, 0.0, out=inside)
