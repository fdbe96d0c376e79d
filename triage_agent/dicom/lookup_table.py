"""Modality and VOI lookup tables (PS3.3 C.11.1.1 and C.11.2.1.1)."""

from dataclasses import dataclass

import numpy as np
import numpy.typing as npt
from pydicom import Dataset

from triage_agent.dicom.element_numbers import numbers
from triage_agent.errors import PixelsUnreadable

_ALL_ENTRIES = 65_536  # written as 0 in the descriptor, which has 16 bits
_SIGN_BIT = 32_768
_ENTRY_BITS = range(8, 17)


@dataclass(frozen=True, slots=True)
class LookupTable:
    """A table: input `first` gives `entries[0]`; inputs beyond an end give that end's entry.

    Attributes:
        first: the input that the first entry is for.
        entries: float64 [n], as written in LUT Data.
        bits: of an entry; the largest output is 2**bits - 1.
    """

    first: int
    entries: npt.NDArray[np.float64]
    bits: int

    @property
    def largest(self) -> float:
        """The output that stands for white."""
        return float(2**self.bits - 1)

    def apply(self, values: npt.NDArray[np.float64]) -> npt.NDArray[np.float64]:
        """Look up every value, rounded to the nearest input."""
        index = np.clip(np.rint(values) - self.first, 0, len(self.entries) - 1)
        looked_up: npt.NDArray[np.float64] = self.entries[index.astype(np.intp)]
        return looked_up


def read_lookup_table(item: Dataset, *, signed: bool, big_endian: bool) -> LookupTable:
    """Read an item of Modality LUT Sequence or VOI LUT Sequence.

    Args:
        item: with LUTDescriptor (0028,3002) and LUTData (0028,3006).
        signed: whether the table's inputs may be negative; the element's own VR is not reliable.
        big_endian: the byte order in which the data set was encoded.

    Raises:
        PixelsUnreadable: the descriptor or the data are absent, or do not go together.
    """
    descriptor = numbers(item, "LUTDescriptor")
    if len(descriptor) != 3 or not all(each.is_integer() for each in descriptor):  # noqa: PLR2004 (three values, PS3.3 C.11.1.1)
        raise PixelsUnreadable("a lookup table has no LUT Descriptor of three numbers")
    count, first, bits = (int(each) for each in descriptor)
    count = (count % _ALL_ENTRIES) or _ALL_ENTRIES
    if signed and first >= _SIGN_BIT:
        first -= _ALL_ENTRIES
    elif not signed and first < 0:
        first += _ALL_ENTRIES
    if bits not in _ENTRY_BITS:
        raise PixelsUnreadable(f"a lookup table has entries of {bits} bits, not 8 to 16")
    entries = _read_entries(item, count, big_endian=big_endian)
    if len(entries) < count:
        raise PixelsUnreadable(f"a lookup table declares {count} entries but has {len(entries)}")
    return LookupTable(first, entries[:count], bits)


def _read_entries(item: Dataset, count: int, *, big_endian: bool) -> npt.NDArray[np.float64]:
    data = item.get("LUTData")
    if not isinstance(data, bytes):  # VR US: a list of numbers
        return np.asarray(numbers(item, "LUTData"), dtype=np.float64)
    order = ">" if big_endian else "<"
    words = np.frombuffer(data, dtype=f"{order}u2", count=len(data) // 2)
    if len(data) >= 2 * count:
        return words.astype(np.float64)
    # Entries of 8 bits are packed two to a word, the first in the low byte (PS3.3 C.11.1.1).
    return np.frombuffer(words.astype("<u2").tobytes(), dtype=np.uint8).astype(np.float64)
