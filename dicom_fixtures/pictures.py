"""Radiographs and masks as 8 bit PNG files."""

from pathlib import Path

import numpy as np
import numpy.typing as npt
from PIL import Image

_COMPRESSION = 1
"""Of zlib: noise does not get much smaller by trying harder, only later."""


def save_grey(image: npt.NDArray[np.floating] | npt.NDArray[np.bool_], path: Path) -> None:
    """Write an image of 0..1, or a mask, as 0..255; make the folder if there is none."""
    path.parent.mkdir(parents=True, exist_ok=True)
    grey = np.rint(image * np.float32(255.0)).astype(np.uint8)
    Image.fromarray(grey).save(path, compress_level=_COMPRESSION)
