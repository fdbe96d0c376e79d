"""The surroundings of a joint in an image, in the joint's own coordinates."""

from dataclasses import dataclass

import numpy as np

from dicom_fixtures.pathology.joints import Seat
from dicom_fixtures.projection import Field, Grid


@dataclass(frozen=True)
class Closeup:
    """The box of an image around a joint.

    Attributes:
        window: The box.
        across: Across the joint space: 0 on its line, 1 at `thick_mm` from it.
        beside: Along the joint space: 1 and -1 at its edges.
        seat: The joint.
        thick_mm: Unit of `across`.
        grid: Of the whole image.
    """

    window: tuple[slice, slice]
    across: Field
    beside: Field
    seat: Seat
    thick_mm: float
    grid: Grid

    @classmethod
    def of(cls, seat: Seat, grid: Grid, size: float, thick_mm: float) -> "Closeup | None":
        """What is within `size` half-widths of the joint; None where that is not in the image."""
        reach = size * seat.half_width
        low, high = seat.centre - reach, seat.centre + reach
        left, right = np.searchsorted(grid.x[0], (low[0], high[0]))
        top, bottom = np.searchsorted(grid.y[:, 0], (low[1], high[1]))
        if left >= right or top >= bottom:
            return None
        dx = grid.x[:, left:right] - np.float32(seat.centre[0])
        dy = grid.y[top:bottom] - np.float32(seat.centre[1])
        along = (seat.axis / thick_mm).astype(np.float32)
        beside = (seat.beside / seat.half_width).astype(np.float32)
        return cls(
            (slice(top, bottom), slice(left, right)),
            dx * along[0] + dy * along[1],
            dx * beside[0] + dy * beside[1],
            seat,
            thick_mm,
            grid,
        )

    def read(self, field: Field, across: Field, beside: Field) -> Field:
        """A field of the whole image, linearly between pixels, at places near the joint."""
        axis, side = self.seat.axis * self.thick_mm, self.seat.beside * self.seat.half_width
        x = self.seat.centre[0] + across * np.float32(axis[0]) + beside * np.float32(side[0])
        y = self.seat.centre[1] + across * np.float32(axis[1]) + beside * np.float32(side[1])
        pitch = np.float32(self.grid.pitch_mm)
        column = np.clip((x - self.grid.x[0, 0]) / pitch, 0, field.shape[1] - 1.001)
        row = np.clip((y - self.grid.y[0, 0]) / pitch, 0, field.shape[0] - 1.001)
        left, top = column.astype(np.intp), row.astype(np.intp)
        right, down = (column - left).astype(np.float32), (row - top).astype(np.float32)
        upper = field[top, left] * (1.0 - right) + field[top, left + 1] * right
        lower = field[top + 1, left] * (1.0 - right) + field[top + 1, left + 1] * right
        value: Field = upper * (1.0 - down) + lower * down
        return value
