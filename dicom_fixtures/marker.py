"""The lead letter that says which side the limb is, and the border of the exposed field."""

import numpy as np

from dicom_fixtures.projection import Field

LETTERS = {
    "L": ("10000", "10000", "10000", "10000", "10000", "10000", "11111"),
    "R": ("11110", "10001", "10001", "11110", "10100", "10010", "10001"),
}


def side_letter(letter: str, height_px: int) -> Field:
    """The letter as a field of 0 and 1, `height_px` high."""
    dots = np.array([[float(dot) for dot in row] for row in LETTERS[letter]], dtype=np.float32)
    rows = (np.arange(height_px) * len(dots)) // height_px
    width_px = max(1, round(height_px * 5 / 7))
    columns = (np.arange(width_px) * dots.shape[1]) // width_px
    letter_px: Field = dots[np.ix_(rows, columns)]
    return letter_px


def emptiest_corner(body: Field, box: tuple[int, int], inset: tuple[int, int]) -> tuple[int, int]:
    """Row and column of a box of `box` pixels in the corner that covers least of the body."""
    rows, columns = body.shape
    places = [
        (top, left)
        for top in (inset[0], max(0, rows - inset[0] - box[0]))
        for left in (inset[1], max(0, columns - inset[1] - box[1]))
    ]
    return min(
        places,
        key=lambda at: float(body[at[0] : at[0] + box[0], at[1] : at[1] + box[1]].sum()),
    )


def shutter(shape: tuple[int, int], rng: np.random.Generator) -> tuple[Field, tuple[int, int]]:
    """1 inside the collimated field and 0 outside, and the wider of its margins in pixels."""
    margins = rng.uniform(0.0, 0.035, size=4)
    edges = []
    for size, (before, after) in zip(shape, (margins[:2], margins[2:]), strict=True):
        index = np.arange(size, dtype=np.float32)
        near = np.clip(index - before * size, 0.0, 1.0)
        far = np.clip(size * (1.0 - after) - index, 0.0, 1.0)
        edges.append((near * far).astype(np.float32))
    inset = (int(margins[:2].max() * shape[0]) + 1, int(margins[2:].max() * shape[1]) + 1)
    return edges[0][:, None] * edges[1][None, :], inset
