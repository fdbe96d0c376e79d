"""The lead letter that says which side the limb is, in the styles that departments use."""

from dataclasses import dataclass
from enum import Enum

import numpy as np
from PIL import Image, ImageDraw, ImageFont

from dicom_fixtures.flesh import Outline
from dicom_fixtures.projection import Field, Grid

INITIALS = "ABCDEFGHJKLMNPRSTUVWYZ"
NONE_SHARE = 0.08
"""Share of images that were taken without a marker."""

QUARTERS = 0.2
"""Share of markers that lie as the cassette was turned, by quarters."""


class Style(Enum):
    """What a marker looks like."""

    LETTER = "lead letter"
    INITIALLED = "lead letter over the technologist's initials"
    FRAMED = "lead letter in a lead frame"
    DISC = "letter cut out of a lead disc"
    PRINTED = "letter added by the console"


@dataclass(frozen=True)
class Marker:
    """One marker on one image.

    Attributes:
        style: What it looks like.
        initials: Two letters; drawn where the style has them.
        height_mm: Height of the letter.
        degrees: How it is turned.
        thickness: Exponent of Beer-Lambert of the lead.
        spot: 0..1, which of the free places it takes.
    """

    style: Style
    initials: str
    height_mm: float
    degrees: float
    thickness: float
    spot: float

    @classmethod
    def drawn(cls, rng: np.random.Generator) -> "Marker | None":
        """A marker, or None where there is none; always the same number of draws."""
        missing, style, first, second, height, turn, quarter, lead, spot = rng.uniform(size=9)
        if missing < NONE_SHARE:
            return None
        letters = [INITIALS[int(each * len(INITIALS))] for each in (first, second)]
        kind = tuple(Style)[int(style * len(Style))]
        degrees = 24.0 * (turn - 0.5) + (90.0 * int(3.99 * lead) if quarter < QUARTERS else 0.0)
        return cls(
            style=kind,
            initials="".join(letters),
            height_mm=8.0 + 7.0 * float(height),
            degrees=0.0 if kind is Style.PRINTED else float(degrees),
            thickness=2.0 + 3.0 * float(lead),
            spot=float(spot),
        )

    def shape(self, side: str, height_px: int) -> Field:
        """0..1, where the lead (or the ink) is; the letter is about `height_px` high."""
        letter = max(6, height_px)
        box = 3 * letter
        page = Image.new("L", (box, box), 0)
        pen = ImageDraw.Draw(page)
        middle = box / 2
        line = max(1, letter // 9)
        ink = 255
        edge = 0.85 * letter
        if self.style is Style.DISC:
            pen.ellipse((middle - edge, middle - edge, middle + edge, middle + edge), fill=255)
            ink = 0
        elif self.style is Style.FRAMED:
            pen.rectangle(
                (middle - edge, middle - edge, middle + edge, middle + edge), None, 255, line
            )
        size = round(1.35 * letter)
        font = ImageFont.load_default(size)
        pen.text((middle, middle), side, ink, font, "mm", stroke_width=line // 2, stroke_fill=ink)
        if self.style is Style.INITIALLED:
            small = ImageFont.load_default(max(6, letter // 2))
            pen.text((middle, middle + 0.95 * letter), self.initials, 255, small, "mm")
        turned = page.rotate(self.degrees, Image.Resampling.BILINEAR)
        inked = np.asarray(turned.crop(turned.getbbox()), dtype=np.float32)
        return inked / np.float32(255.0)


def place(
    body: Field, box: tuple[int, int], inset: tuple[int, int], spot: float
) -> tuple[int, int]:
    """Row and column of a box of `box` pixels at the edge of the field, off the body if possible.

    `inset` is how far the exposed field's edge lies inside the image; `body` is above 0 where the
    patient is, and may be coarser than the image: its shape is taken to cover the same area.
    """
    return min(
        _places(body.shape, box, inset, spot), key=lambda at: (_covered(body, at, box), at[2])
    )[:2]


def _places(
    shape: tuple[int, ...], box: tuple[int, int], inset: tuple[int, int], spot: float
) -> list[tuple[int, int, int]]:
    low = [min(inset[axis], max(0, shape[axis] - box[axis])) for axis in (0, 1)]
    high = [max(low[axis], shape[axis] - inset[axis] - box[axis]) for axis in (0, 1)]
    ring = []
    for share in (0.0, 0.18, 0.36, 0.64, 0.82, 1.0):
        down = round(low[0] + share * (high[0] - low[0]))
        right = round(low[1] + share * (high[1] - low[1]))
        ring += [(low[0], right), (high[0], right), (down, low[1]), (down, high[1])]
    start = int(spot * len(ring)) % len(ring)
    return [(top, left, rank) for rank, (top, left) in enumerate(ring[start:] + ring[:start])]


def _covered(body: Field, at: tuple[int, int, int], box: tuple[int, int]) -> int:
    """How much of the body a box hides, in tenths of its area."""
    area = body[at[0] : at[0] + box[0], at[1] : at[1] + box[1]]
    return int(10.0 * float(np.mean(area > 0.0)))


@dataclass(frozen=True)
class Stamp:
    """A marker at its place in one image."""

    marker: Marker
    inked: Field
    window: tuple[slice, slice]

    @classmethod
    def on(cls, marker: Marker, side: str, body: Outline, inset: float, grid: Grid) -> "Stamp":
        """Choose the place; `inset` is the share of the image's side that may be shut off."""
        rows, columns = grid.shape
        height = round(marker.height_mm / grid.pitch_mm)
        inked = marker.shape(side, int(np.clip(height, 7, max(7, min(rows, columns) // 10))))
        inked = inked[:rows, :columns]
        step = body.step
        box = (-(-inked.shape[0] // step) + 1, -(-inked.shape[1] // step) + 1)
        margin = 0.02 + inset
        edge = (int(margin * rows / step), int(margin * columns / step))
        coarse = body.squares[: rows // step, : columns // step]
        top, left = place(coarse, box, edge, marker.spot)
        top = min(top * step, rows - inked.shape[0])
        left = min(left * step, columns - inked.shape[1])
        window = (slice(top, top + inked.shape[0]), slice(left, left + inked.shape[1]))
        return cls(marker, inked, window)

    def shield(self, taken: Field) -> None:
        """Add the lead to the exponent of Beer-Lambert, in place."""
        if self.marker.style is not Style.PRINTED:
            taken[self.window] += np.float32(self.marker.thickness) * self.inked

    def print_on(self, image: Field) -> None:
        """Write the letter into the displayed image, in place, if the console adds it."""
        if self.marker.style is Style.PRINTED:
            box = image[self.window]
            np.maximum(box, np.float32(0.97) * self.inked, out=box)
