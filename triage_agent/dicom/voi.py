"""From modality values to grey: the VOI LUT module (PS3.3 C.11.2)."""

from itertools import zip_longest

import numpy as np
import numpy.typing as npt
from pydicom import Dataset

from triage_agent.dicom.element_numbers import numbers
from triage_agent.dicom.lookup_table import read_lookup_table

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
    function = str(dataset.get("VOILUTFunction") or "LINEAR").strip()
    windows = zip_longest(numbers(dataset, "WindowCenter"), numbers(dataset, "WindowWidth"))
    for center, width in windows:
        if center is None or width is None or not np.isfinite([center, width]).all():
            continue
        grey = _window(values, center, width, function)
        if grey is not None:
            return grey
    return None


def _window(values: FloatValues, center: float, width: float, function: str) -> FloatValues | None:
    if function == "SIGMOID" and width > 0:  # PS3.3 C.11.2.1.3.1
        # Beyond the bound the curve is flat in float32, and exp() would overflow.
        return 1.0 / (1.0 + np.exp(np.clip(-4.0 * (values - center) / width, -80.0, 80.0)))
    if function == "LINEAR_EXACT" and width > 0:  # PS3.3 C.11.2.1.3.2
        return np.clip((values - center) / width + 0.5, 0.0, 1.0)
    # PS3.3 C.11.2.1.2.1; an unknown function is read as the default one.
    if function in ("SIGMOID", "LINEAR_EXACT") or width < 1:
        return None
    if width == 1:
        return (values > center - 0.5).astype(np.float64)
    return np.clip((values - (center - 0.5)) / (width - 1.0) + 0.5, 0.0, 1.0)
