"""The same object in another transfer syntax, and the bytes that go over an association."""

import zlib
from copy import deepcopy

import numpy as np
from pydicom import Dataset
from pydicom.encaps import encapsulate
from pydicom.filebase import DicomBytesIO
from pydicom.filewriter import write_dataset
from pydicom.uid import (
    HTJ2K,
    JPEG2000,
    UID,
    DeflatedExplicitVRLittleEndian,
    ExplicitVRBigEndian,
    ExplicitVRLittleEndian,
    HTJ2KLossless,
    HTJ2KLosslessRPCL,
    ImplicitVRLittleEndian,
    JPEG2000Lossless,
    JPEGBaseline8Bit,
    JPEGExtended12Bit,
    JPEGLossless,
    JPEGLosslessSV1,
    JPEGLSLossless,
    JPEGLSNearLossless,
    RLELossless,
)

from dicom_fixtures import codestreams

NATIVE = (
    ImplicitVRLittleEndian,
    ExplicitVRLittleEndian,
    ExplicitVRBigEndian,
    DeflatedExplicitVRLittleEndian,
)
HIGH_THROUGHPUT = (HTJ2KLossless, HTJ2KLosslessRPCL, HTJ2K)
"""Written by a program of OpenJPH (Debian package openjph-tools), unlike all others."""
_PYDICOM_LOSSLESS = (RLELossless, JPEGLSLossless, JPEG2000Lossless)
_JPEG_LOSSLESS = (JPEGLossless, JPEGLosslessSV1)
_JPEG_LOSSY = (JPEGBaseline8Bit, JPEGExtended12Bit)
COMPRESSED_LOSSLESS = (*_PYDICOM_LOSSLESS, *_JPEG_LOSSLESS)
COMPRESSED_LOSSY = (*_JPEG_LOSSY, JPEGLSNearLossless, JPEG2000)
LOSSLESS = NATIVE + COMPRESSED_LOSSLESS
"""Syntaxes from which the same pixels come back."""
WRITABLE = (*LOSSLESS, *COMPRESSED_LOSSY, *HIGH_THROUGHPUT)
"""All that `transcoded` writes: all that the node accepts."""
MOST_BITS = {JPEGBaseline8Bit: 8, JPEGExtended12Bit: 12}
"""BitsStored that a syntax holds at most, where it is fewer than 16."""

JPEG_LS_ERROR = 2
"""Largest error of a near-lossless pixel, in stored values."""
JPEG_2000_RATIO = 8.0

_OVERLAY_BITS = 0x60000100
_LOSSY_METHODS = {
    JPEGBaseline8Bit: "ISO_10918_1",
    JPEGExtended12Bit: "ISO_10918_1",
    JPEGLSNearLossless: "ISO_14495_1",
    JPEG2000: "ISO_15444_1",
    HTJ2K: "ISO_15444_15",
}
"""Values of LossyImageCompressionMethod (PS3.3 C.7.6.1.1.5.1)."""


def transcoded(dataset: Dataset, transfer_syntax: UID) -> Dataset:
    """A copy of an uncompressed little endian image in another transfer syntax.

    The copy keeps its SOP Instance UID, so that the encodings of one image can be compared; after a
    lossy compression it says so in its header (PS3.3 C.7.6.1.1.5).

    Raises:
        ValueError: There is no encoder for the syntax, or the image does not fit it: lossy JPEG
            holds 8 or 12 bits and nothing signed, compression no overlay in the pixels.
    """
    target = UID(transfer_syntax)
    if target not in WRITABLE:
        raise ValueError(f"no encoder for {target.name}")
    copy = deepcopy(dataset)
    if target in NATIVE:
        if target == ExplicitVRBigEndian:
            _swap_words(copy)
        copy.file_meta.TransferSyntaxUID = target
        return copy
    if (_OVERLAY_BITS in copy) and copy[_OVERLAY_BITS].value != 1:
        raise ValueError("an overlay in the bits of the pixels cannot be compressed with them")
    before = len(copy.PixelData)
    if target == JPEGLSNearLossless:
        copy.compress(target, jls_error=JPEG_LS_ERROR, generate_instance_uid=False)
    elif target == JPEG2000:
        copy.compress(target, j2k_cr=[JPEG_2000_RATIO], generate_instance_uid=False)
    elif target in _PYDICOM_LOSSLESS:
        copy.compress(target, generate_instance_uid=False)
    else:
        _encapsulate(copy, target, _codestream(copy, target))
    if target in _LOSSY_METHODS:
        _say_lossy(copy, target, before / len(copy.PixelData))
    return copy


def _codestream(dataset: Dataset, target: UID) -> bytes:
    if target in HIGH_THROUGHPUT:
        lossless = target != HTJ2K
        return codestreams.high_throughput_jpeg_2000(dataset, target, lossless=lossless)
    if target == JPEGBaseline8Bit:
        return codestreams.jpeg_baseline(dataset)
    if target == JPEGExtended12Bit:
        return codestreams.jpeg_extended(dataset, target)
    return codestreams.jpeg_lossless(dataset, target)


def _encapsulate(dataset: Dataset, target: UID, codestream: bytes) -> None:
    dataset.PixelData = encapsulate([codestream])
    dataset["PixelData"].VR = "OB"
    dataset["PixelData"].is_undefined_length = True
    dataset.file_meta.TransferSyntaxUID = target


def encoded(dataset: Dataset) -> bytes:
    """The data set without file meta information, in the syntax that its file meta names."""
    syntax = UID(dataset.file_meta.TransferSyntaxUID)
    buffer = DicomBytesIO()
    buffer.is_implicit_VR = syntax.is_implicit_VR
    buffer.is_little_endian = syntax.is_little_endian
    body = Dataset()
    body.update({element.tag: element for element in dataset if element.tag.group != 2})  # noqa: PLR2004 - file meta
    write_dataset(buffer, body)
    data = bytes(buffer.getvalue())
    if syntax != DeflatedExplicitVRLittleEndian:
        return data
    return deflated(data)


def deflated(data: bytes) -> bytes:
    """Raw deflate, padded to an even length (PS3.5 A.5)."""
    press = zlib.compressobj(wbits=-zlib.MAX_WBITS)
    packed = press.compress(data) + press.flush()
    return packed + b"\0" * (len(packed) % 2)


def _swap_words(dataset: Dataset) -> None:
    """Reverse the bytes of all OW values, which the writer leaves as they are."""
    for element in dataset.iterall():
        if element.VR == "OW":
            element.value = np.frombuffer(element.value, dtype="<u2").astype(">u2").tobytes()


def _say_lossy(dataset: Dataset, syntax: UID, ratio: float) -> None:
    dataset.LossyImageCompression = "01"
    dataset.LossyImageCompressionRatio = f"{ratio:.4g}"
    dataset.LossyImageCompressionMethod = _LOSSY_METHODS[syntax]
