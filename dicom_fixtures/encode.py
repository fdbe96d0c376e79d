"""The same object in another transfer syntax, and the bytes that go over an association."""

import zlib
from copy import deepcopy
from io import BytesIO

import numpy as np
from PIL import Image
from pydicom import Dataset
from pydicom.encaps import encapsulate
from pydicom.filebase import DicomBytesIO
from pydicom.filewriter import write_dataset
from pydicom.uid import (
    JPEG2000,
    UID,
    DeflatedExplicitVRLittleEndian,
    ExplicitVRBigEndian,
    ExplicitVRLittleEndian,
    ImplicitVRLittleEndian,
    JPEG2000Lossless,
    JPEGBaseline8Bit,
    JPEGLSLossless,
    JPEGLSNearLossless,
    RLELossless,
)

NATIVE = (
    ImplicitVRLittleEndian,
    ExplicitVRLittleEndian,
    ExplicitVRBigEndian,
    DeflatedExplicitVRLittleEndian,
)
COMPRESSED_LOSSLESS = (RLELossless, JPEGLSLossless, JPEG2000Lossless)
COMPRESSED_LOSSY = (JPEGBaseline8Bit, JPEGLSNearLossless, JPEG2000)
LOSSLESS = NATIVE + COMPRESSED_LOSSLESS
"""Syntaxes from which the same pixels come back."""

JPEG_QUALITY = 95
JPEG_LS_ERROR = 2
"""Largest error of a near-lossless pixel, in stored values."""
JPEG_2000_RATIO = 8.0


def transcoded(dataset: Dataset, transfer_syntax: UID) -> Dataset:
    """A copy of an uncompressed little endian image in another transfer syntax.

    The copy keeps its SOP Instance UID, so that the encodings of one image can be compared; after a
    lossy compression it says so in its header (PS3.3 C.7.6.1.1.5).

    Raises:
        ValueError: There is no encoder for the syntax, or the image does not fit it.
    """
    target = UID(transfer_syntax)
    copy = deepcopy(dataset)
    if target in NATIVE:
        if target == ExplicitVRBigEndian:
            _swap_words(copy)
        copy.file_meta.TransferSyntaxUID = target
        return copy
    before = len(copy.PixelData)
    if target == JPEGBaseline8Bit:
        _compress_jpeg(copy)
    elif target == JPEGLSNearLossless:
        copy.compress(target, jls_error=JPEG_LS_ERROR, generate_instance_uid=False)
    elif target == JPEG2000:
        copy.compress(target, j2k_cr=[JPEG_2000_RATIO], generate_instance_uid=False)
    elif target in COMPRESSED_LOSSLESS:
        copy.compress(target, generate_instance_uid=False)
    else:
        raise ValueError(f"no encoder for {target.name}")
    if target in COMPRESSED_LOSSY:
        _say_lossy(copy, target, before / len(copy.PixelData))
    return copy


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


def _compress_jpeg(dataset: Dataset) -> None:
    if dataset.BitsAllocated != 8:  # noqa: PLR2004 - all that baseline JPEG can hold
        raise ValueError("JPEG baseline holds 8 bits: make the study with bits_stored=8")
    file = BytesIO()
    Image.fromarray(dataset.pixel_array).save(file, format="JPEG", quality=JPEG_QUALITY)
    dataset.PixelData = encapsulate([file.getvalue()])
    dataset["PixelData"].VR = "OB"
    dataset["PixelData"].is_undefined_length = True
    dataset.file_meta.TransferSyntaxUID = JPEGBaseline8Bit


def _say_lossy(dataset: Dataset, syntax: UID, ratio: float) -> None:
    methods = {
        JPEGBaseline8Bit: "ISO_10918_1",
        JPEGLSNearLossless: "ISO_14495_1",
        JPEG2000: "ISO_15444_1",
    }
    dataset.LossyImageCompression = "01"
    dataset.LossyImageCompressionRatio = f"{ratio:.4g}"
    dataset.LossyImageCompressionMethod = methods[syntax]
