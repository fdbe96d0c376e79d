"""Images that no upper-extremity radiograph looks like, to see what a model makes of them.

Drawn, not collected: other parts of the body, and what is no radiograph at all.
"""

from collections.abc import Callable, Mapping

import numpy as np
from PIL import Image

from dicom_fixtures.canvas import Canvas, Field, enlarged, layered_noise
from dicom_fixtures.other_bodies import chest, knee, pelvis, skull

Draw = Callable[[np.random.Generator, Canvas], Field]

_SMALLEST = 32


def draw(kind: str, seed: int, rows: int = 454, columns: int = 373) -> Field:
    """Draw one image: float32 [rows, columns] in 0..1; the same arguments give the same pixels.

    Args:
        kind: one of `KINDS`.
        seed: not negative.
        rows: at least 32.
        columns: at least 32.

    Raises:
        ValueError: an argument is out of its range.
    """
    if kind not in KINDS:
        raise ValueError(f"kind must be one of {', '.join(KINDS)}")
    if seed < 0:
        raise ValueError("seed must not be negative")
    if min(rows, columns) < _SMALLEST:
        raise ValueError(f"rows and columns must be at least {_SMALLEST}")
    rng = np.random.default_rng((seed, tuple(KINDS).index(kind)))
    drawn = KINDS[kind](rng, Canvas(rows, columns))
    return np.clip(drawn, 0.0, 1.0).astype(np.float32)


def _noise(rng: np.random.Generator, at: Canvas) -> Field:
    spread = float(rng.uniform(0.05, 0.4))
    grain = int(rng.choice([1, 2, 4, 8]))
    size = tuple(-(-side // grain) for side in at.shape)
    layer = rng.standard_normal(size).astype(np.float32)
    return float(rng.uniform(0.2, 0.8)) + spread * enlarged(layer, at.shape)


def _clouds(rng: np.random.Generator, at: Canvas) -> Field:
    field = layered_noise(at.shape, rng, finest=int(rng.choice([4, 16, 64, 256])))
    return float(rng.uniform(0.3, 0.6)) + float(rng.uniform(0.1, 0.3)) * field


def _gradient(rng: np.random.Generator, at: Canvas) -> Field:
    turn = float(rng.uniform(0.0, 2.0 * np.pi))
    slope = (at.x * np.cos(turn) + at.y * np.sin(turn)) * float(rng.uniform(0.0, 0.6))
    grain = rng.standard_normal(at.shape, dtype=np.float32) * float(rng.uniform(0.0, 0.01))
    level: Field = (float(rng.uniform(0.1, 0.9)) + slope + grain).astype(np.float32)
    return level


def _objects(rng: np.random.Generator, at: Canvas) -> Field:
    """Things in front of each other, from large to small, as in a photograph."""
    scene = _gradient(rng, at) + 0.1 * layered_noise(at.shape, rng, finest=32)
    for size in np.geomspace(0.9, 0.05, int(rng.integers(40, 160))):
        x, y = rng.uniform(-1.2, 1.2, size=2)
        width, height = size * rng.uniform(0.3, 1.0, size=2)
        turn = float(rng.uniform(0.0, np.pi))
        across = (at.x - x) * np.cos(turn) + (at.y - y) * np.sin(turn)
        along = (at.y - y) * np.cos(turn) - (at.x - x) * np.sin(turn)
        power = float(rng.choice([2.0, 8.0]))
        inside = np.abs(across / width) ** power + np.abs(along / height) ** power < 1.0
        shade = float(rng.uniform(0.0, 1.0)) + along / height * float(rng.uniform(-0.2, 0.2))
        scene = np.where(inside, shade, scene).astype(np.float32)
    return scene


def _page(rng: np.random.Generator, at: Canvas) -> Field:
    """A scanned page: lines of words, dark on light."""
    page = np.full(at.shape, float(rng.uniform(0.85, 1.0)), dtype=np.float32)
    rows, columns = at.shape
    height = max(3, rows // int(rng.integers(30, 60)))
    for top in range(2 * height, rows - 2 * height, 2 * height):
        left = columns // 12
        stop = int(columns * rng.uniform(0.5, 0.92))
        while left < stop:
            width = int(rng.integers(1, 8)) * height
            letters = rng.random((height, min(width, stop - left))) < 0.5  # noqa: PLR2004 (a coin)
            page[top : top + height, left : left + letters.shape[1]][letters] = 0.1
            left += width + height
    return page


def _pattern(rng: np.random.Generator, at: Canvas) -> Field:
    """A test pattern: bars of rising frequency, or squares in steps of grey."""
    cells = int(rng.integers(4, 40))
    if rng.random() < 0.5:  # noqa: PLR2004 (a coin)
        bars: Field = 0.5 + 0.5 * np.sign(np.sin((at.x + 1.2) ** 2 * cells) + 0.0 * at.y)
        return bars.astype(np.float32)
    steps = rng.random((cells, cells)).astype(np.float32)
    spread = Image.fromarray(steps).resize(at.shape[::-1], Image.Resampling.NEAREST)
    return np.asarray(spread, dtype=np.float32)


KINDS: Mapping[str, Draw] = {
    "chest": chest,
    "pelvis": pelvis,
    "skull": skull,
    "knee": knee,
    "noise": _noise,
    "clouds": _clouds,
    "gradient": _gradient,
    "objects": _objects,
    "page": _page,
    "pattern": _pattern,
}
"""What can be drawn; the last six are no radiographs."""
