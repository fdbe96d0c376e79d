"""Stored values, and the VOI attributes that tell a reader how to show them."""

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
    EXACT = "linear exact window"
    LUT = "lookup table"
    LUTS = "several lookup tables"
    BOTH = "lookup table and window"
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


def ends_of(
    bits: int, photometric: Photometric, limits: tuple[int, int] | None = None
) -> tuple[int, int]:
    """The lowest and the highest stored value of interest; `limits` are those of MONOCHROME2."""
    low, high = limits or black_and_white(bits)
    if photometric == "MONOCHROME1":
        top = 2**bits - 1
        return top - high, top - low
    return low, high


def describe_values_of_interest(
    dataset: Dataset, *, voi: Voi, ends: tuple[int, int], full_width: int
) -> None:
    """Add the VOI LUT module for modality values between `ends`, both included.

    `full_width` is the width of the window that shows all that can be stored.
    """
    low, high = ends
    # PS3.3 C.11.2.1.2.1: these map `low` to the darkest and `high` to the brightest value.
    centre, width = (low + high) / 2 + 0.5, high - low + 1
    match voi:
        case Voi.WINDOW | Voi.BOTH:
            dataset.WindowCenter, dataset.WindowWidth = centre, width
            dataset.WindowCenterWidthExplanation = "STANDARD"
        case Voi.WINDOWS:
            dataset.WindowCenter = [centre, centre - width // 8, centre]
            dataset.WindowWidth = [width, width // 2, full_width]
            dataset.WindowCenterWidthExplanation = ["STANDARD", "SOFT TISSUE", "FULL"]
        case Voi.SIGMOID:
            dataset.WindowCenter, dataset.WindowWidth = centre, width
            dataset.VOILUTFunction = "SIGMOID"
        case Voi.EXACT:
            # PS3.3 C.11.2.1.3.2: without the halves of the linear function.
            dataset.WindowCenter, dataset.WindowWidth = centre - 0.5, width - 1
            dataset.VOILUTFunction = "LINEAR_EXACT"
        case Voi.LUT | Voi.LUTS | Voi.NONE:
            pass
    if voi in {Voi.LUT, Voi.BOTH}:
        dataset.VOILUTSequence = [_lookup_table(low, high, "STANDARD", bend=0.5)]
    elif voi is Voi.LUTS:
        dataset.VOILUTSequence = [
            _lookup_table(low, high, "STANDARD", bend=0.5),
            _lookup_table(low, high, "HARD", bend=1.0),
        ]


def _lookup_table(low: int, high: int, explanation: str, *, bend: float) -> Dataset:
    """A curved table over `low`..`high`; values beyond take its ends. `bend` 0 is straight."""
    count = high - low + 1
    position = np.linspace(0.0, 1.0, count)
    curve = position * position * (3.0 - 2.0 * position) * bend + position * (1.0 - bend)
    table = np.rint(curve * OUTPUT_TOP).astype("<u2")
    item = Dataset()
    item.add_new("LUTDescriptor", *lookup_descriptor(count, low))
    item.LUTExplanation = explanation
    item.add_new("LUTData", "OW", table.tobytes())
    return item


def lookup_descriptor(count: int, first: int) -> tuple[str, list[int]]:
    """VR and value of LUTDescriptor for entries of 16 bits (PS3.3 C.11.1.1).

    One VR serves for all three numbers. Where the first input is negative and the count needs all
    16 bits, the first input is written as the unsigned number with the same bits.
    """
    bits = OUTPUT_TOP.bit_length()
    if first < 0 and count < 2**15:
        return "SS", [count, first, bits]
    return "US", [count % 2**16, first % 2**16, bits]
