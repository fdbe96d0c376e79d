"""Reading the image files that cohorts come as, and what happens if one cannot be read."""

from enum import StrEnum
from pathlib import Path

import numpy as np
from PIL import Image
from pydicom import dcmread

from model_training.cohorts.sample import FloatArray
from triage_agent.dicom.pixels import displayed

IMAGE_SUFFIXES = frozenset({".png", ".jpg", ".jpeg", ".tif", ".tiff", ".bmp", ".dcm"})

_DEEP_MODES = frozenset({"I;16", "I;16B", "I;16L", "I;16N", "I"})


class OnError(StrEnum):
    """What to do about an image that is missing or cannot be read."""

    STOP = "stop"
    SKIP = "skip"


class UnreadableImage(ValueError):
    """An image that is missing or damaged; the message names its file."""

    def __init__(self, name: str, cause: str = "") -> None:
        # Both are given to the base class, so that the error survives the way out of a worker.
        super().__init__(name, cause)
        self.name = name
        self.cause = cause

    def __str__(self) -> str:
        return f"{self.name}: {self.cause}" if self.cause else self.name


def read_image(path: Path) -> FloatArray:
    """Read a PNG, JPEG, TIFF, BMP or DICOM file of any size, bone bright.

    Colours become luminance and 16-bit images keep their depth; transparency is ignored.

    Returns:
        float32 [rows, columns] in 0..1.

    Raises:
        UnreadableImage: the file is missing, damaged or no image.
    """
    try:
        return _read_dicom(path) if path.suffix.lower() == ".dcm" else _read_picture(path)
    except FileNotFoundError as error:
        raise UnreadableImage(str(path), "is not there") from error
    except Exception as error:
        raise UnreadableImage(str(path), f"cannot be read: {error}") from error


def _read_picture(path: Path) -> FloatArray:
    with Image.open(path) as opened:
        if opened.mode in _DEEP_MODES:
            deep = np.asarray(opened, dtype=np.float32)
            scaled: FloatArray = np.clip(deep / np.float32(65535.0), 0.0, 1.0)
            return scaled
        if opened.mode == "F":
            raise ValueError("its values are fractions without a range: save it with 8 or 16 bits")
        grey = opened.convert("RGB" if "A" in opened.getbands() else opened.mode).convert("L")
        return np.asarray(grey, dtype=np.float32) / np.float32(255.0)


def _read_dicom(path: Path) -> FloatArray:
    grey: FloatArray = displayed(dcmread(path))
    return grey
