"""Shapes on an image, for drawings that need no anatomy: paths through bodies, clouds of noise."""

import numpy as np
import numpy.typing as npt
from PIL import Image

Field = npt.NDArray[np.float32]


class Canvas:
    """Positions of pixels: `x` and `y` run from -1 to 1 over the image's shorter side."""

    def __init__(self, rows: int, columns: int) -> None:
        self.shape = (rows, columns)
        half = min(rows, columns) / 2
        self.y = (np.arange(rows, dtype=np.float32)[:, None] - (rows - 1) / 2) / half
        self.x = (np.arange(columns, dtype=np.float32)[None, :] - (columns - 1) / 2) / half

    def ellipse(self, x: float, y: float, width: float, height: float, degrees: float = 0) -> Field:
        """Path length through an ellipsoid: 1 in its middle, 0 outside."""
        turn = np.radians(degrees)
        across = (self.x - x) * np.cos(turn) + (self.y - y) * np.sin(turn)
        along = (self.y - y) * np.cos(turn) - (self.x - x) * np.sin(turn)
        inside: Field = 1.0 - (across / width) ** 2 - (along / height) ** 2
        return np.sqrt(np.maximum(inside, 0.0))

    def arc(self, x: float, y: float, width: float, height: float, thickness: float) -> Field:
        """A tube bent along an ellipse, seen from the front: bright at its edges."""
        radius = np.sqrt(((self.x - x) / width) ** 2 + ((self.y - y) / height) ** 2)
        off = np.abs(radius - 1.0) * min(width, height) / thickness
        return np.sqrt(np.maximum(1.0 - off**2, 0.0))

    def tube(self, start: tuple[float, float], end: tuple[float, float], *widths: float) -> Field:
        """A bone: a hollow tube between two points, its half-width changing along it."""
        dx, dy = end[0] - start[0], end[1] - start[1]
        length = float(np.hypot(dx, dy))
        along = ((self.x - start[0]) * dx + (self.y - start[1]) * dy) / length**2
        across = ((self.x - start[0]) * dy - (self.y - start[1]) * dx) / length
        width = np.interp(along, np.linspace(0.0, 1.0, len(widths)), widths)
        cap = np.clip(np.minimum(along, 1.0 - along) * length / width, 0.0, 1.0)
        width = width * np.sqrt(1.0 - (1.0 - cap) ** 2) + 1e-6
        outer = np.sqrt(np.maximum(1.0 - (across / width) ** 2, 0.0))
        inner = np.sqrt(np.maximum(1.0 - (across / (0.75 * width)) ** 2, 0.0))
        hollow: Field = (width * (outer - 0.55 * inner)).astype(np.float32)
        return hollow


def layered_noise(shape: tuple[int, int], rng: np.random.Generator, finest: int) -> Field:
    """Clouds with a standard deviation near 1: every octave half as strong as the one before."""
    field = np.zeros(shape, dtype=np.float32)
    cells, strength = 2, 0.8
    while cells <= finest:
        layer = rng.standard_normal((cells + 1, cells + 1)).astype(np.float32)
        field += strength * enlarged(layer, shape)
        cells, strength = cells * 2, strength / 2
    return field


def enlarged(layer: Field, shape: tuple[int, int]) -> Field:
    """A coarse field spread smoothly over a whole image."""
    spread = Image.fromarray(layer).resize(shape[::-1], Image.Resampling.BICUBIC)
    return np.asarray(spread, dtype=np.float32)
