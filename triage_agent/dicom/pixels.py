"""A radiograph as displayed: bone bright, 0..1, whatever way the device stored it.

The grey of a pixel depends on its stored value alone, and that has at most 16 bits. So the chain
(PS3.3 C.11.1 modality, C.11.2 VOI, then polarity) is computed once for each possible value, and
the image is one lookup.
"""

from collections.abc import Iterator

import numpy as np
import numpy.typing as npt
from pydicom import Dataset
from pydicom.uid import ExplicitVRBigEndian

from triage_agent.dicom.element_numbers import numbers, whole_number
from triage_agent.dicom.frame import Containers, Frame, decode_frame
from triage_agent.dicom.lookup_table import read_lookup_table
from triage_agent.dicom.pixel_layout import read_layout
from triage_agent.dicom.voi import FloatValues, apply_voi
from triage_agent.errors import PixelsUnreadable

# One step of an 8-bit display: an image within one step is a blank screen.
_VISIBLE_STEP = 1.0 / 255.0

# Lookups widen their indices to 64 bits: a band of rows at a time keeps that small.
_BAND_PIXELS = 2**20

Flags = npt.NDArray[np.bool_]


def displayed(dataset: Dataset) -> npt.NDArray[np.float32]:
    """Return the radiograph as displayed: float32 [rows, columns] in 0..1, high is bright.

    Modality LUT or rescale, then VOI LUT or window, then inversion where the lowest value is shown
    white. Without a VOI, or with one that leaves nothing to see, the range of the pixels is
    stretched to 0..1. Padding is black and takes no part in that range.

    Args:
        dataset: one image with its file meta information.

    Raises:
        PixelsUnreadable: the image is not one greyscale frame, what it declares contradicts what it
            holds, it cannot be decoded, or it is blank.
    """
    layout = read_layout(dataset)
    frame = decode_frame(dataset, layout)
    big_endian = dataset.file_meta.TransferSyntaxUID == ExplicitVRBigEndian
    stored = _stored_values(frame, signed=layout.signed)
    padding = _padding(dataset, stored, layout.bits_allocated, signed=layout.signed)
    shown = _present(frame.containers, len(stored)) & ~padding
    modality = _modality(dataset, stored, signed=layout.signed, big_endian=big_endian)
    if not shown.any() or np.ptp(modality[shown]) == 0:
        raise PixelsUnreadable("the image is blank: all its pixels have the same value")
    grey = apply_voi(dataset, modality, big_endian=big_endian)
    if grey is None or np.ptp(grey[shown]) < _VISIBLE_STEP:
        grey = _stretched(modality, shown)
    if layout.inverted:
        grey = 1.0 - grey
    grey[padding] = 0.0
    return _look_up(grey.astype(np.float32), frame.containers)


def _stored_values(frame: Frame, *, signed: bool) -> FloatValues:
    """Return the stored value that each possible container holds (PS3.5 section 8.1.1)."""
    containers = np.arange(2**frame.container_bits, dtype=np.int64)
    bits = min(frame.bits, frame.container_bits)
    values = (containers >> frame.shift) & (2**bits - 1)
    if signed:
        sign = 2 ** (bits - 1)
        values = (values ^ sign) - sign
    exact: FloatValues = values.astype(np.float64)
    return exact


def _padding(dataset: Dataset, stored: FloatValues, bits: int, *, signed: bool) -> Flags:
    """Return which stored values stand for no tissue at all (PS3.3 C.7.5.1.1.2)."""
    limits = [
        value
        for keyword in ("PixelPaddingValue", "PixelPaddingRangeLimit")
        if (value := whole_number(dataset, keyword)) is not None
    ]
    if not limits or dataset.get("PixelPaddingValue") is None:
        return np.zeros(len(stored), dtype=np.bool_)
    if signed:  # many devices write a negative value with an unsigned VR
        half = 2 ** (bits - 1)
        limits = [(limit + half) % (2 * half) - half for limit in limits]
    return (stored >= min(limits)) & (stored <= max(limits))


def _modality(
    dataset: Dataset, stored: FloatValues, *, signed: bool, big_endian: bool
) -> FloatValues:
    """Apply the Modality LUT or, without one, the rescale (PS3.3 C.11.1)."""
    tables = dataset.get("ModalityLUTSequence")
    if tables:
        return read_lookup_table(tables[0], signed=signed, big_endian=big_endian).apply(stored)
    slope = next(iter(numbers(dataset, "RescaleSlope")), 1.0)
    intercept = next(iter(numbers(dataset, "RescaleIntercept")), 0.0)
    if slope == 0 or not np.isfinite([slope, intercept]).all():
        raise PixelsUnreadable(f"Rescale Slope {slope} and Intercept {intercept} make no image")
    return stored * slope + intercept


def _stretched(modality: FloatValues, shown: Flags) -> FloatValues:
    lowest, highest = modality[shown].min(), modality[shown].max()
    grey: FloatValues = np.clip((modality - lowest) / (highest - lowest), 0.0, 1.0)
    return grey


def _bands(containers: Containers) -> Iterator[slice]:
    rows, columns = containers.shape
    step = max(1, _BAND_PIXELS // columns)
    return (slice(start, start + step) for start in range(0, rows, step))


def _present(containers: Containers, values: int) -> Flags:
    """Return which containers occur in the image at all."""
    present = np.zeros(values, dtype=np.bool_)
    for band in _bands(containers):
        present[containers[band]] = True
    return present


def _look_up(grey: npt.NDArray[np.float32], containers: Containers) -> npt.NDArray[np.float32]:
    image = np.empty(containers.shape, dtype=np.float32)
    for band in _bands(containers):
        np.take(grey, containers[band], out=image[band], mode="clip")
    return image
