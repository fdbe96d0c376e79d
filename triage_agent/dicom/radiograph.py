"""From a data set to a radiograph whose values a screen windows itself."""

import numpy as np
from pydicom import Dataset

from triage_agent.dicom.element_numbers import numbers
from triage_agent.dicom.shades import Shades, bands, read_shades
from triage_agent.dicom.voi import FloatValues, voi_function, windows
from triage_agent.domain.radiograph import Radiograph, Spacing, Window

_WHITE = 255
# Between these the curve of a lookup table is straightest.
_DARK, _BRIGHT = 0.1, 0.9


def read_radiograph(dataset: Dataset) -> Radiograph:
    """Return the whole image, not reduced.

    Args:
        dataset: one image with its file meta information.

    Raises:
        PixelsUnreadable: as `dicom.pixels.displayed`.
    """
    shades = read_shades(dataset)
    containers = shades.frame.containers
    # Several containers hold one stored value where bits above or below it are used otherwise.
    lowest = shades.stored.min()
    code_of = (shades.stored - lowest).astype(np.uint16)
    codes = np.empty(containers.shape, dtype=np.uint16)
    for band in bands(containers):
        np.take(code_of, containers[band], out=codes[band], mode="clip")
    values = int(code_of.max()) + 1
    modality = np.zeros(values, dtype=np.float64)
    modality[code_of] = shades.modality
    tones = np.zeros(values, dtype=np.uint8)
    tones[code_of] = np.rint(_WHITE * shades.grey).astype(np.uint8)
    declared = tuple(windows(dataset))
    is_window = shades.voi is not None and not dataset.get("VOILUTSequence")
    return Radiograph(
        codes=codes,
        modality=modality,
        tones=tones,
        inverted=shades.inverted != _is_falling(shades),
        function=voi_function(dataset) if is_window else "LINEAR",
        windows=declared if is_window else (_window_of(shades),),
        padding=_range(code_of[shades.padding]),
        spacing=_spacing(dataset),
        source_rows=containers.shape[0],
        source_columns=containers.shape[1],
    )


def _window_of(shades: Shades) -> Window:
    """Return the window that looks like a lookup table, or like the stretched range."""
    values = shades.modality[shades.shown]
    if shades.voi is None:
        lowest, highest = float(values.min()), float(values.max())
    else:
        grey = shades.voi[shades.shown]
        lowest, highest = _ends(values, 1.0 - grey if _is_falling(shades) else grey)
    # The linear function is black at center - 0.5 - (width - 1) / 2 (PS3.3 C.11.2.1.2.1).
    return Window(center=(lowest + highest + 1) / 2, width=max(highest - lowest, 0.0) + 1)


def _is_falling(shades: Shades) -> bool:
    """Say whether a lookup table makes low values bright: only inverted does a window look so."""
    if shades.voi is None:
        return False
    values, grey = shades.modality[shades.shown], shades.voi[shades.shown]
    return bool(values[grey.argmax()] < values[grey.argmin()])


def _ends(values: FloatValues, lit: FloatValues) -> tuple[float, float]:
    """Return where the straight line through a rising curve's dark and bright part is 0 and 1."""
    dark = float(values[np.abs(lit - max(lit.min(), _DARK)).argmin()])
    bright = float(values[np.abs(lit - min(lit.max(), _BRIGHT)).argmin()])
    margin = (bright - dark) * _DARK / (_BRIGHT - _DARK)
    return dark - margin, bright + margin


def _range(codes: FloatValues) -> tuple[int, int] | None:
    return (int(codes.min()), int(codes.max())) if len(codes) else None


def _spacing(dataset: Dataset) -> Spacing | None:
    for keyword in ("PixelSpacing", "ImagerPixelSpacing"):
        sides = numbers(dataset, keyword)
        if len(sides) == 2 and np.isfinite(sides).all() and min(sides) > 0:  # noqa: PLR2004 (rows and columns)
            return Spacing(
                row_mm=sides[0], column_mm=sides[1], at_detector=keyword == "ImagerPixelSpacing"
            )
    return None
