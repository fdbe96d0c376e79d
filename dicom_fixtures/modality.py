"""Stored values as CR systems of many kinds write them, and how they become modality values."""

from collections.abc import Collection
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt
from pydicom import Dataset

from dicom_fixtures.habits import Habit
from dicom_fixtures.stored import OUTPUT_TOP, Photometric, Pixels, lookup_descriptor

SLOPE, INTERCEPT = 4, -1024

Values = npt.NDArray[np.int32]


@dataclass(frozen=True)
class Stored:
    """What is stored, and what of it is of interest.

    Attributes:
        values: int32 [rows, columns], each within the bits and the sign that the header declares.
        ends: The lowest and the highest modality value of interest.
        full_width: How many modality values there are.
    """

    values: Values
    ends: tuple[int, int]
    full_width: int


def describe_modality(
    dataset: Dataset,
    plain: Pixels,
    *,
    ends: tuple[int, int],
    bits: int,
    photometric: Photometric,
    habits: Collection[Habit],
) -> Stored:
    """Code unsigned values as the habits say; add what a reader needs to undo it (PS3.3 C.11.1).

    Args:
        dataset: Gets PixelRepresentation, padding, extremes and the Modality LUT module.
        plain: Unsigned values of `bits` bits.
        ends: The lowest and the highest of them that are of interest.
        bits: BitsStored.
        photometric: Which of `ends` is black.
        habits: What is asked for; others than those of the stored values are passed over.
    """
    top = 2**bits - 1
    values, width = plain.astype(np.int32), top + 1
    low, high = ends
    black = high if photometric == "MONOCHROME1" else low
    if Habit.MODALITY_LUT in habits:
        # The plate is read out on a scale of square roots, and the table squares it.
        values, black = _square_roots(values, top), int(_square_roots(np.asarray(black), top))
        scale = OUTPUT_TOP / top
        low, high, width = round(low * scale), round(high * scale), OUTPUT_TOP + 1
    padding = _pad(values, black, top, habits)
    half = 0
    if Habit.SIGNED in habits:
        half = 2 ** (bits - 1)
        values -= half
        if Habit.MODALITY_LUT not in habits:
            low, high = low - half, high - half
    dataset.PixelRepresentation = int(Habit.SIGNED in habits)
    sign = "SS" if Habit.SIGNED in habits else "US"
    for keyword, value in padding.items():
        dataset.add_new(keyword, sign, value - half)
    if Habit.EXTREMES in habits:
        dataset.add_new("SmallestImagePixelValue", sign, int(values.min()))
        dataset.add_new("LargestImagePixelValue", sign, int(values.max()))
    if Habit.RESCALE in habits:
        dataset.RescaleIntercept, dataset.RescaleSlope = INTERCEPT, SLOPE
        dataset.RescaleType = "US"
        low, high, width = low * SLOPE + INTERCEPT, high * SLOPE + INTERCEPT, width * SLOPE
    if Habit.MODALITY_LUT in habits:
        dataset.ModalityLUTSequence = [_squaring_table(top, -half)]
    return Stored(values, (low, high), width)


def _square_roots(values: Values, top: int) -> Values:
    rooted: Values = np.rint(np.sqrt(values / top) * top).astype(np.int32)
    return rooted


def _squaring_table(top: int, first: int) -> Dataset:
    table = np.rint(np.linspace(0.0, 1.0, top + 1) ** 2 * OUTPUT_TOP).astype("<u2")
    item = Dataset()
    item.add_new("LUTDescriptor", *lookup_descriptor(top + 1, first))
    item.ModalityLUTType = "US"
    item.add_new("LUTData", "OW", table.tobytes())
    return item


def _pad(values: Values, black: int, top: int, habits: Collection[Habit]) -> dict[str, int]:
    """Put what is as black as can be beyond the values of interest; return the elements."""
    outside = values == black
    edge = 0 if black < top / 2 else top
    if Habit.PADDING_RANGE in habits:
        limit = (black + edge) // 2
        values[outside] = edge
        every_other = np.indices(values.shape).sum(axis=0) % 2 == 1
        values[outside & every_other] = limit
        return {"PixelPaddingValue": edge, "PixelPaddingRangeLimit": limit}
    if Habit.PADDING in habits:
        values[outside] = edge
        return {"PixelPaddingValue": edge}
    return {}
