"""From modality values to grey: the VOI LUT module (PS3.3 C.11.2)."""

from collections.abc import Iterator
from itertools import zip_longest

import numpy as np
import numpy.typing as npt
from pydicom import Dataset

from triage_agent.dicom.element_numbers import numbers
from triage_agent.dicom.lookup_table import read_lookup_table
from triage_agent.domain.radiograph import Window

_FUNCTIONS = ("LINEAR", "LINEAR_EXACT", "SIGMOID")
# A line of a menu; whoever writes more into it describes something else.
_NAME_CHARACTERS = 40

FloatValues = npt.NDArray[np.float64]


def apply_voi(dataset: Dataset, values: FloatValues, *, big_endian: bool) -> FloatValues | None:
    """Map modality values to grey in 0..1 as the data set asks for; None if it does not ask.

    A lookup table goes before a window; of several of either the first is taken, since each is a
    whole alternative (PS3.3 C.11.2.1.1 and C.11.2.1.2). A window of no width is passed over.

    Raises:
        PixelsUnreadable: a lookup table or a number is damaged.
    """
    tables = dataset.get("VOILUTSequence")
    if tables:
        table = read_lookup_table(tables[0], signed=bool(values.min() < 0), big_endian=big_endian)
        return np.clip(table.apply(values) / table.largest, 0.0, 1.0)
    window = next(windows(dataset), None)
    return None if window is None else _window(values, window, voi_function(dataset))


def voi_function(dataset: Dataset) -> str:
    """Return the VOI LUT Function; an unknown one is read as the default (PS3.3 C.11.2.1.3)."""
    function = str(dataset.get("VOILUTFunction") or "").strip()
    return function if function in _FUNCTIONS else _FUNCTIONS[0]


def windows(dataset: Dataset) -> Iterator[Window]:
    """Give the windows of a data set that have a width, in its order.

    Raises:
        PixelsUnreadable: a number is damaged.
    """
    narrowest = 1.0 if voi_function(dataset) == "LINEAR" else 0.0
    names = dataset.get("WindowCenterWidthExplanation") or ()
    if isinstance(names, str):
        names = (names,)
    declared = zip_longest(
        numbers(dataset, "WindowCenter"), numbers(dataset, "WindowWidth"), fillvalue=None
    )
    for index, (center, width) in enumerate(declared):
        if center is None or width is None or not np.isfinite([center, width]).all():
            continue
        if width >= narrowest and width > 0:
            name = str(names[index]) if index < len(names) else ""
            yield Window(center=center, width=width, name=name.strip()[:_NAME_CHARACTERS])


def _window(values: FloatValues, window: Window, function: str) -> FloatValues:
    center, width = window.center, window.width
    if function == "SIGMOID":  # PS3.3 C.11.2.1.3.1
        # Beyond the bound the curve is flat in float32, and exp() would overflow.
        return 1.0 / (1.0 + np.exp(np.clip(-4.0 * (values - center) / width, -80.0, 80.0)))
    if function == "LINEAR_EXACT":  # PS3.3 C.11.2.1.3.2
        return np.clip((values - center) / width + 0.5, 0.0, 1.0)
    if width == 1:  # PS3.3 C.11.2.1.2.1
        return (values > center - 0.5).astype(np.float64)
    return np.clip((values - (center - 0.5)) / (width - 1.0) + 0.5, 0.0, 1.0)
