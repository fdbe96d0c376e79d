"""Radiographs and masks as 8 bit PNG files."""

from pathlib import Path

import numpy as np
import numpy.typing as npt
from PIL import Image


def save_grey(image: npt.NDArray[np.floating] | npt.NDArray[np.bool_], path: Path) -> None:
    """Write an image of 0..1, or a mask, as 0..255."""
    Image.fromarray(np.rint(image * 255.0).astype(np.uint8)).save(path)
