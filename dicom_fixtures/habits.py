"""What systems write beyond the plainest header; none of it changes the picture but the last."""

from collections.abc import Collection, Iterable
from enum import StrEnum

from dicom_fixtures.stored import Voi


class Habit(StrEnum):
    """One habit of a system. Members up to `PADDING_RANGE` concern the stored values.

    All are valid but the two in `IN_BREACH`, which old devices in use still show.
    """

    SIGNED = "signed pixels"
    RESCALE = "rescale slope and intercept"
    MODALITY_LUT = "modality lookup table"
    PADDING = "pixel padding value"
    PADDING_RANGE = "pixel padding range"
    EXTREMES = "smallest and largest pixel value"
    ICON = "icon image"
    OVERLAY = "overlay plane"
    EMBEDDED_OVERLAY = "overlay in the unused bits of the pixels"
    PRIVATE = "private elements"
    PRIVATE_SEQUENCES = "nested private sequences"
    ORPHANS = "private elements without creator"
    UNDEFINED_LENGTHS = "sequences of undefined length"
    TRAILING_PADDING = "padding behind the pixels"
    SPARSE = "optional elements left out"
    EMPTY = "optional elements empty"
    UNIDENTIFIED = "patient not identified"
    PRECISE_TIMES = "times with fractions and time zone"
    OLD_CODES = "SNOMED-RT codes"
    LOWER_CASE_PART = "body part in lower case"
    BURNED_IN = "text burned into the picture"


IN_BREACH = frozenset({Habit.EMBEDDED_OVERLAY, Habit.LOWER_CASE_PART})
"""Against PS3.3 C.9.2 since 2004, and against the value representation CS (PS3.5 6.2)."""
CR_ONLY = frozenset({Habit.SIGNED, Habit.RESCALE, Habit.MODALITY_LUT})
"""DX is unsigned, with a rescale of slope 1 and intercept 0 (PS3.3 C.8.11.3)."""
_EITHER = (
    frozenset({Habit.RESCALE, Habit.MODALITY_LUT}),  # PS3.3 C.11.1: one or the other
    frozenset({Habit.PADDING, Habit.PADDING_RANGE}),
    frozenset({Habit.SPARSE, Habit.EMPTY}),
)
_EMBEDDING_BITS = range(9, 16)
_SCALED = frozenset({Habit.RESCALE, Habit.MODALITY_LUT})
_TABLES = frozenset({Voi.LUT, Voi.LUTS, Voi.BOTH})


def check_habits(
    habits: Iterable[Habit], *, modality: str, bits_stored: int, voi: Voi | None
) -> None:
    """Refuse habits that no system can have together.

    Raises:
        ValueError: They exclude each other, the modality, the bits or the values of interest.
    """
    kept = frozenset(habits)
    if modality != "CR" and kept & CR_ONLY:
        raise ValueError(f"habits of CR alone: {_listed(kept & CR_ONLY)}")
    for pair in _EITHER:
        if pair <= kept:
            raise ValueError(f"habits that exclude each other: {_listed(pair)}")
    if Habit.EMBEDDED_OVERLAY in kept and (
        bits_stored not in _EMBEDDING_BITS or Habit.SIGNED in kept
    ):
        raise ValueError("habits: an overlay in the pixels needs 9 to 15 bits, unsigned")
    if voi is not None and voi_beside(kept, voi) is not voi:
        raise ValueError(f"habits: {_listed(kept & _SCALED)} goes with a window, not with a table")


def voi_beside(habits: Collection[Habit], wanted: Voi) -> Voi:
    """How the values of interest are given: a window where modality values are many."""
    return Voi.WINDOW if wanted in _TABLES and not _SCALED.isdisjoint(habits) else wanted


def _listed(habits: Iterable[Habit]) -> str:
    return ", ".join(sorted(habits))
