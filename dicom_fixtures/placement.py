"""How the limb lies on the detector: turned, tilted, off the middle, in a tight or a wide field."""

from dataclasses import dataclass

import numpy as np

from dicom_fixtures.bones import Anatomy, Vector, about_x, about_y, about_z
from dicom_fixtures.projection import Grid
from dicom_fixtures.subject import Subject

QUARTERS, ASKEW = 0.15, 0.26
"""Cumulative shares of cassettes turned by a quarter or half, and of limbs that lie askew."""


@dataclass(frozen=True)
class Placement:
    """One exposure's geometry.

    Attributes:
        pose: (3, 3) from the anatomy's frame to the detector's, with the subject's scale in it.
        grid: The detector's pixels.
        turned_degrees: How far the limb is turned in the image, clockwise as it is seen.
        room: Shares of the height and of the width, on the tighter side, that show nothing needed.
    """

    pose: Vector
    grid: Grid
    turned_degrees: float
    room: tuple[float, float]


def placed(
    body: Anatomy,
    person: Subject,
    side: str,
    view_degrees: float,
    shape: tuple[int, int],
    *,
    rng: np.random.Generator,
) -> Placement:
    """Lay the limb down; always the same number of draws."""
    roll, nod, small = rng.normal(0.0, 1.0, size=3)
    kind, askew, sign, quarter, wide = rng.uniform(size=5)
    offset = rng.uniform(-1.0, 1.0, size=2)
    turn = float(np.clip(7.0 * small, -20.0, 20.0))
    if kind < QUARTERS:
        turn += (90.0, -90.0, 180.0, 180.0)[int(quarter * 4)]
    elif kind < ASKEW:
        turn = (20.0 + 25.0 * askew) * (1.0 if sign < 0.5 else -1.0)  # noqa: PLR2004
    pose = (
        about_z(turn)
        @ about_x(float(np.clip(2.5 * nod, -6.0, 6.0)))
        @ about_y(view_degrees + float(np.clip(4.5 * roll, -10.0, 10.0)))
        * person.scale
    )
    if side == "L":
        pose = np.diag([-1.0, 1.0, 1.0]) @ pose

    # A small limb gets a smaller field, but cassettes come in sizes.
    size = 0.25 + 0.75 * person.scale if person.child else 1.0
    cosine, sine = abs(np.cos(np.radians(turn))), abs(np.sin(np.radians(turn)))
    height, width = (size * each for each in body.field_mm)
    needed = (height * cosine + 0.8 * width * sine, width * cosine + 0.8 * height * sine)
    zoom = 1.0 + 0.65 * float(wide) ** 2
    pitch = max(needed[0] / shape[0], needed[1] / shape[1]) * zoom
    seen = (pitch * shape[0], pitch * shape[1])
    spare = [(seen[axis] - needed[axis]) / 2.0 for axis in (0, 1)]
    shift = [float(offset[axis]) * min(0.7 * spare[axis], 0.16 * seen[axis]) for axis in (0, 1)]
    centre = (pose @ body.centre)[:2] + np.array([shift[1], shift[0]])
    grid = Grid.around(centre, seen, *shape)
    room = [max(0.0, spare[axis] - abs(shift[axis])) / seen[axis] for axis in (0, 1)]
    return Placement(pose, grid, -turn if side == "L" else turn, (room[0], room[1]))
