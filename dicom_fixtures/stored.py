"""Stored values and the grey scale attributes that tell a reader how to show them."""

from enum import StrEnum
from typing import Literal

import numpy as np
import numpy.typing as npt
from pydicom import Dataset

from dicom_fixtures.projection import Field

Pixels = npt.NDArray[np.uint8] | npt.NDArray[np.uint16]
Photometric = Literal["MONOCHROME1", "MONOCHROME2"]

BITS_STORED = range(8, 17)
"""Bits that a radiograph is stored with; 8 also for JPEG baseline."""
TOE, SHOULDER = 0.04, 0.90
"""Where black and white lie in the range of stored values: detectors leave room on both sides."""


OUTPUT_TOP = 2**16 - 1
"""Largest output of a lookup table: validators accept 8 and 16 bits."""


class Voi(StrEnum):
    """How the values of interest are given (PS3.3 C.11.2)."""

    WINDOW = "window"
    WINDOWS = "several windows"
    SIGMOID = "sigmoid window"
    LUT = "lookup table"
    NONE = "none"


def stored_values(image: Field, bits: int, photometric: Photometric) -> Pixels:
    """An image 0..1 as unsigned integers of `bits` bits, inverted for MONOCHROME1."""
    top = 2**bits - 1
    low, high = black_and_white(bits)
    values = np.rint(low + np.clip(image, 0.0, 1.0) * np.float32(high - low))
    if photometric == "MONOCHROME1":
        values = top - values
    stored: Pixels = values.astype(np.uint8 if bits == BITS_STORED.start else np.uint16)
    return stored


def black_and_white(bits: int) -> tuple[int, int]:
    """The stored values of black and white in a MONOCHROME2 image."""
    top = 2**bits - 1
    return round(TOE * top), round(SHOULDER * top)


def describe_grey_scale(
    dataset: Dataset,
    *,
    voi: Voi,
    bits: int,
    photometric: Photometric,
    limits: tuple[int, int] | None = None,
) -> None:
    """Add the VOI LUT module for values between `limits` (black, white of MONOCHROME2)."""
    top = 2**bits - 1
    low, high = limits or black_and_white(bits)
    if photometric == "MONOCHROME1":
        low, high = top - high, top - low
    # PS3.3 C.11.2.1.2.1: these map `low` to the darkest and `high` to the brightest value.
    centre, width = (low + high) / 2 + 0.5, high - low + 1
    match voi:
        case Voi.WINDOW:
            dataset.WindowCenter, dataset.WindowWidth = centre, width
            dataset.WindowCenterWidthExplanation = "STANDARD"
        case Voi.WINDOWS:
            dataset.WindowCenter = [centre, centre - width // 8, centre]
            dataset.WindowWidth = [width, width // 2, top + 1]
            dataset.WindowCenterWidthExplanation = ["STANDARD", "SOFT TISSUE", "FULL"]
        case Voi.SIGMOID:
            dataset.WindowCenter, dataset.WindowWidth = centre, width
            dataset.VOILUTFunction = "SIGMOID"
        case Voi.LUT:
            dataset.VOILUTSequence = [_lookup_table(low, high)]
        case Voi.NONE:
            pass


def _lookup_table(low: int, high: int) -> Dataset:
    """A gently curved table over `low`..`high`; values beyond take its ends."""
    count = high - low + 1
    position = np.linspace(0.0, 1.0, count)
    curve = position * position * (3.0 - 2.0 * position) * 0.5 + position * 0.5
    table = np.rint(curve * OUTPUT_TOP).astype("<u2")
    item = Dataset()
    item.add_new("LUTDescriptor", "US", [count, low, OUTPUT_TOP.bit_length()])
    item.LUTExplanation = "STANDARD"
    item.add_new("LUTData", "OW", table.tobytes())
    return item
