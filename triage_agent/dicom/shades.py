"""What each possible pixel of a radiograph stands for and how it is shown.

The grey of a pixel depends on its stored value alone, and that has at most 16 bits. So the chain
(PS3.3 C.11.1 modality, C.11.2 VOI, then polarity) is computed once for each possible value.
"""

from collections.abc import Iterator
from dataclasses import dataclass

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


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class Shades:
    """A decoded frame, and what goes with each value [n] that one of its containers can have.

    Attributes:
        frame: the containers.
        inverted: the lowest value is shown white.
        stored: the stored value, float64 [n].
        padding: whether it stands for no tissue, bool [n].
        shown: whether it occurs in the image and is tissue, bool [n]; some are.
        modality: the modality value, float64 [n].
        voi: the grey in 0..1 that the data set asks for, before inversion, or None where it
            does not ask or would leave nothing to see: then the range is stretched.
    """

    frame: Frame
    inverted: bool
    stored: FloatValues
    padding: Flags
    shown: Flags
    modality: FloatValues
    voi: FloatValues | None

    @property
    def grey(self) -> FloatValues:
        """How each is shown: 0..1, high is bright; padding is black."""
        grey = self._stretched() if self.voi is None else self.voi.copy()
        if self.inverted:
            grey = 1.0 - grey
        grey[self.padding] = 0.0
        return grey

    def _stretched(self) -> FloatValues:
        lowest, highest = self.modality[self.shown].min(), self.modality[self.shown].max()
        grey: FloatValues = np.clip((self.modality - lowest) / (highest - lowest), 0.0, 1.0)
        return grey


def read_shades(dataset: Dataset) -> Shades:
    """Decode an image with its file meta information.

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
    voi = apply_voi(dataset, modality, big_endian=big_endian)
    return Shades(
        frame=frame,
        inverted=layout.inverted,
        stored=stored,
        padding=padding,
        shown=shown,
        modality=modality,
        voi=None if voi is None or np.ptp(voi[shown]) < _VISIBLE_STEP else voi,
    )


def bands(containers: Containers) -> Iterator[slice]:
    """Divide an image into bands of rows, each small enough to be looked up at once."""
    rows, columns = containers.shape
    step = max(1, _BAND_PIXELS // columns)
    return (slice(start, start + step) for start in range(0, rows, step))


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


def _present(containers: Containers, values: int) -> Flags:
    """Return which containers occur in the image at all."""
    present = np.zeros(values, dtype=np.bool_)
    for band in bands(containers):
        present[containers[band]] = True
    return present
