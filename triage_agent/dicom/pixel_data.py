"""Whether the pixels a header declares are there, judged without decoding (PS3.5 section 8)."""

from typing import Final

from triage_agent.dicom.attributes import Attributes
from triage_agent.dicom.elements import DataSetWalk, Element
from triage_agent.dicom.sop_classes import requires_pixel_data
from triage_agent.dicom.status import StoreStatus
from triage_agent.dicom.transfer_syntaxes import Encoding
from triage_agent.errors import ObjectRefused

_FLOAT_PIXELS: Final = ("FloatPixelData", "DoubleFloatPixelData")
_PADDING_BYTES: Final = 1  # to an even length (PS3.5 section 8.1.1)


def check_pixel_data(
    attributes: Attributes, walk: DataSetWalk, encoding: Encoding, SOPClassUID: str
) -> tuple[str, ...]:
    """Return remarks on what is odd about the pixels but can be kept.

    Raises ObjectRefused (0xC002) if an image has no Pixel Data, less than its header declares, or
    encapsulated Pixel Data without fragments. Dimensions that are absent are left to the decoder.
    """
    element = attributes.find("PixelData")
    if element is None:
        if requires_pixel_data(SOPClassUID) and not any(map(attributes.find, _FLOAT_PIXELS)):
            raise _incomplete("the image has no Pixel Data")
        return ()
    frames = max(1, attributes.integer("NumberOfFrames") or 1)
    if encoding.encapsulated:
        return _check_encapsulated(element, walk, frames)
    return _check_native(element, attributes, frames)


def native_bytes(attributes: Attributes, frames: int) -> int | None:
    """Return how long native Pixel Data must be, in bytes, or None if the header does not say."""
    sizes = [attributes.unsigned(word) for word in ("Rows", "Columns", "BitsAllocated")]
    if None in sizes:
        return None
    samples = attributes.unsigned("SamplesPerPixel") or 1
    bits = frames * samples
    for size in sizes:
        bits *= size or 0
    if attributes.text("PhotometricInterpretation") == "YBR_FULL_422":
        bits = bits * 2 // 3  # two chrominance samples for every two pixels (PS3.3 C.7.6.3.1.2)
    return (bits + 7) // 8


def _check_native(element: Element, attributes: Attributes, frames: int) -> tuple[str, ...]:
    if element.undefined_length:
        raise _incomplete("Pixel Data of undefined length in an uncompressed transfer syntax")
    expected = native_bytes(attributes, frames)
    actual = element.end - element.start
    if expected is None:
        return ("the header does not say how much Pixel Data there must be",)
    if actual < expected:
        raise _incomplete(f"Pixel Data has {actual} of the {expected} bytes declared")
    if actual > expected + _PADDING_BYTES:
        return (f"Pixel Data has {actual - expected} bytes more than declared",)
    return ()


def _check_encapsulated(element: Element, walk: DataSetWalk, frames: int) -> tuple[str, ...]:
    if not element.undefined_length:
        raise _incomplete("Pixel Data is not encapsulated although the transfer syntax asks for it")
    _, *fragments = walk.fragments(element) or (0,)  # the first item is the Basic Offset Table
    filled = sum(length > 0 for length in fragments)
    if filled < frames:
        raise _incomplete(f"encapsulated Pixel Data has {filled} fragments for {frames} frames")
    return ()


def _incomplete(message: str) -> ObjectRefused:
    return ObjectRefused(message, status=StoreStatus.PIXEL_DATA_INCOMPLETE)
