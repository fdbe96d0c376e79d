"""Text in the picture itself, as film printers and old workstations burned it in."""

import numpy as np
from PIL import Image, ImageDraw, ImageFont

from dicom_fixtures.projection import Field

BAND = 12
"""Share of the rows, from below, that the text takes at most: one in so many."""
_MARGIN = 2


def burned(image: Field, text: str) -> Field:
    """A copy of an image 0..1 with white text at its lower left edge, as far as it fits."""
    rows, columns = image.shape
    font = ImageFont.load_default(max(6, rows // (2 * BAND)))
    page = Image.new("L", (columns, rows // BAND))
    ImageDraw.Draw(page).text((_MARGIN, 0), text, fill=255, font=font)
    written = image.copy()
    band = written[rows - page.height :]
    np.maximum(band, np.asarray(page, dtype=np.float32) / 255.0, out=band)
    return written
