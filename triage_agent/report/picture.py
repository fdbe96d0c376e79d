"""The picture that a radiologist sees: radiograph with heat map, colour bar and burnt-in words."""

from collections.abc import Iterator, Sequence
from typing import Final

import numpy as np
import numpy.typing as npt
from PIL import Image, ImageDraw, ImageFont

from triage_agent.domain.heat import overlay, upsample
from triage_agent.domain.instance import ClassActivation
from triage_agent.report.wording import WARNING

FloatImage = npt.NDArray[np.floating]
Font = ImageFont.FreeTypeFont | ImageFont.ImageFont

# Narrow images (a finger) get black at their sides, since the words need room.
MINIMUM_WIDTH: Final = 720
# Letters of about 1/45 of the width can be read on a screen that shows the whole picture.
_WIDTH_PER_LETTER: Final = 45
_WARNING_SCALE: Final = 1.35
_BAR_WIDTH: Final = 0.03  # of the picture's width
_BAR_GREY: Final = 0.35  # of the radiograph behind the bar's colours

_BLACK: Final = (0, 0, 0)
_WHITE: Final = (255, 255, 255)
_AMBER: Final = (255, 191, 0)


def draw(
    display: FloatImage, activation: ClassActivation, paragraphs: Sequence[str]
) -> npt.NDArray[np.uint8]:
    """Draw an overlay: uint8 [rows, columns, 3].

    From top to bottom: the warning; the radiograph with its heat map, neither cut nor enlarged,
    with the colour bar to its right; the paragraphs; the warning again.

    Args:
        display: [rows, columns] in 0..1 as displayed, bone bright.
        activation: the image's class activation map; it covers the image edge to edge.
        paragraphs: broken into lines that fit.

    Raises:
        ValueError: `display` has not two dimensions, or the map is not finite.
    """
    if display.ndim != 2:  # noqa: PLR2004 - rows and columns
        raise ValueError(f"expected an image of rows x columns, not of shape {display.shape}")
    rows, columns = display.shape
    values = np.asarray(activation.values, dtype=np.float64)
    cam = values.reshape(activation.rows, activation.columns)
    picture = Image.fromarray(overlay(display, upsample(cam, rows, columns)))

    letter = max(columns, MINIMUM_WIDTH) // _WIDTH_PER_LETTER
    font = ImageFont.load_default(letter)
    warning_font = ImageFont.load_default(letter * _WARNING_SCALE)
    bar_room = round(_BAR_WIDTH * columns) + 7 * letter
    width = max(columns + 2 * bar_room, MINIMUM_WIDTH)
    lines = [
        line for paragraph in paragraphs for line in _wrapped(paragraph, font, width - 2 * letter)
    ]
    band, spacing = round(2.4 * letter), round(1.45 * letter)
    height = band + rows + letter + spacing * len(lines) + band

    canvas = Image.new("RGB", (width, height), _BLACK)
    pen = ImageDraw.Draw(canvas)
    left = (width - columns) // 2
    canvas.paste(picture, (left, band))
    _draw_bar(canvas, font, left=left + columns + letter, top=band, rows=rows)
    for index, line in enumerate(lines):
        pen.text((letter, band + rows + letter + index * spacing), line, _WHITE, font)
    for top in (0, height - band):
        pen.text((width / 2, top + band / 2), WARNING, _AMBER, warning_font, anchor="mm")
    return np.asarray(canvas)


def _draw_bar(canvas: Image.Image, font: Font, *, left: int, top: int, rows: int) -> None:
    length, width = max(rows // 2, 2), max(round(_BAR_WIDTH * canvas.width), 8)
    heat = np.repeat(np.linspace(1.0, 0.0, length)[:, np.newaxis], width, axis=1)
    bar = Image.fromarray(overlay(np.full(heat.shape, _BAR_GREY), heat))
    start = top + (rows - length) // 2
    canvas.paste(bar, (left, start))
    pen = ImageDraw.Draw(canvas)
    pen.rectangle((left, start, left + width, start + length), outline=_WHITE)
    pen.text((left + width + width / 3, start), "strong", _WHITE, font, anchor="lm")
    pen.text((left + width + width / 3, start + length), "none", _WHITE, font, anchor="lm")


def _wrapped(paragraph: str, font: Font, width: int) -> Iterator[str]:
    line = ""
    for word in paragraph.split(" "):
        longer = f"{line} {word}" if line else word
        if line and font.getlength(longer) > width:
            yield line
            line = word
        else:
            line = longer
    yield line
