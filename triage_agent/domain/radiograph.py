"""A radiograph with its stored values, for a screen that windows them itself."""

from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

# Of the range of the values: what is lost when a straight table is told by two numbers.
_STRAIGHT = 1e-9


@dataclass(frozen=True, slots=True, kw_only=True)
class Window:
    """A VOI window (PS3.3 C.11.2.1.2), in modality values; `name` says what it is for, or is ""."""

    center: float
    width: float
    name: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class Spacing:
    """The distance between pixel centres: down a column, then along a row (PS3.3 10.7.1.3).

    `at_detector`: measured there, so that what lies nearer to the tube appears larger.
    """

    row_mm: float
    column_mm: float
    at_detector: bool


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class Radiograph:
    """One image: its values, and how it is shown unless somebody asks for another window.

    Attributes:
        codes: uint16 [rows, columns]; the stored value, counted from the lowest possible one.
        modality: float64 [n]; the modality value of each code (PS3.3 C.11.1).
        tones: uint8 [n]; the grey that each code is shown with, 255 is white. It is that of
            `dicom.pixels.displayed`, in the 256 steps of a screen.
        inverted: the lowest value is shown white, and a window is to be turned about.
        function: the VOI LUT Function that goes with `windows` (PS3.3 C.11.2.1.3).
        windows: never empty; the first looks like `tones`, or as nearly as a window can.
        padding: the lowest and the highest code that stand for no tissue, or None.
        spacing: None if the object does not say it.
        source_rows: of the stored image; `codes` may be a reduced copy of it.
        source_columns: of the stored image.
    """

    codes: npt.NDArray[np.uint16]
    modality: npt.NDArray[np.float64]
    tones: npt.NDArray[np.uint8]
    inverted: bool
    function: str
    windows: tuple[Window, ...]
    padding: tuple[int, int] | None
    spacing: Spacing | None
    source_rows: int
    source_columns: int

    @property
    def rescale(self) -> tuple[float, float] | None:
        """Slope and intercept, if these two say what `modality` says; None if they do not."""
        steps = len(self.modality) - 1
        intercept = float(self.modality[0])
        slope = (float(self.modality[-1]) - intercept) / steps
        straight = np.arange(len(self.modality)) * slope + intercept
        allowed = _STRAIGHT * max(float(np.ptp(self.modality)), 1.0)
        if np.abs(straight - self.modality).max() > allowed:
            return None
        return slope, intercept
