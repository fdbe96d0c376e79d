"""Encoded data sets made by hand, small and quick; a test names only what matters to it."""

import io
import itertools
import struct
from typing import Any

import pydicom
from pydicom.dataset import Dataset
from pydicom.encaps import encapsulate
from pydicom.filebase import DicomIO
from pydicom.filewriter import write_dataset
from pydicom.uid import UID, ExplicitVRLittleEndian

from dicom_fixtures import encode

ROOT = "1.2.826.0.1.3680043.10.999.7"
DX = "1.2.840.10008.5.1.4.1.1.1.1"
BASIC_TEXT_SR = "1.2.840.10008.5.1.4.1.1.88.11"
EXPLICIT = "1.2.840.10008.1.2.1"
IMPLICIT = "1.2.840.10008.1.2"
BIG_ENDIAN = "1.2.840.10008.1.2.2"
DEFLATED = "1.2.840.10008.1.2.1.99"
JPEG_2000 = "1.2.840.10008.1.2.4.90"

Value = Any  # of an element; which type is its own matter

_serial = itertools.count(1)


def make_dataset(**elements: Value) -> Dataset:
    """Return a DX image of 4 x 6 pixels with these elements; None removes one."""
    values: dict[str, Value] = {
        "SOPClassUID": DX,
        "SOPInstanceUID": f"{ROOT}.3.{next(_serial)}",
        "StudyInstanceUID": f"{ROOT}.1.1",
        "SeriesInstanceUID": f"{ROOT}.2.1",
        "Modality": "DX",
        "SamplesPerPixel": 1,
        "PhotometricInterpretation": "MONOCHROME2",
        "Rows": 4,
        "Columns": 6,
        "BitsAllocated": 16,
        "BitsStored": 12,
        "HighBit": 11,
        "PixelRepresentation": 0,
        "PixelData": bytes(48),
    }
    dataset = Dataset()
    for keyword, value in (values | elements).items():
        if value is not None:
            setattr(dataset, keyword, value)
    if "PixelData" in dataset:
        dataset["PixelData"].VR = "OW"
    return dataset


def make_report(**elements: Value) -> Dataset:
    """Return a data set of a class without Pixel Data."""
    pixels = ("SamplesPerPixel", "Rows", "Columns", "BitsAllocated", "BitsStored", "HighBit")
    absent = dict.fromkeys((*pixels, "PhotometricInterpretation", "PixelRepresentation"))
    values = {"SOPClassUID": BASIC_TEXT_SR, "Modality": "SR", "PixelData": None}
    return make_dataset(**(absent | values | elements))


def encoded(dataset: Dataset, syntax: str = EXPLICIT) -> bytes:
    """Return the bytes of a C-STORE data set in an uncompressed transfer syntax."""
    dataset.file_meta = pydicom.dataset.FileMetaDataset()
    dataset.file_meta.TransferSyntaxUID = UID(syntax)
    return encode.encoded(dataset)


def encoded_compressed(fragments: list[bytes], **elements: Value) -> bytes:
    """Return an encapsulated data set whose fragments are these bytes."""
    dataset = make_dataset(**elements)
    dataset.PixelData = encapsulate(fragments, has_bot=False)
    dataset["PixelData"].VR = "OB"
    dataset["PixelData"].is_undefined_length = True
    buffer = DicomIO(io.BytesIO())
    buffer.is_implicit_VR, buffer.is_little_endian = False, True
    write_dataset(buffer, dataset)
    return bytes(buffer.parent.getvalue())


def element(tag: int, vr: bytes, value: bytes, length: int | None = None) -> bytes:
    """Return one element in explicit VR little endian; `length` may lie."""
    length = len(value) if length is None else length
    head = struct.pack("<HH", tag >> 16, tag & 0xFFFF) + vr
    if vr in {b"OB", b"OW", b"SQ", b"UN", b"UT", b"UC"}:
        return head + struct.pack("<HL", 0, length) + value
    return head + struct.pack("<H", length) + value


def item(content: bytes, length: int | None = None) -> bytes:
    """Return an item with a length, or with a delimiter if `length` is UNDEFINED."""
    length = len(content) if length is None else length
    closing = delimiter(0xFFFEE00D) if length == UNDEFINED else b""
    return struct.pack("<HHL", 0xFFFE, 0xE000, length) + content + closing


def delimiter(tag: int) -> bytes:
    """Return an item or sequence delimiter."""
    return struct.pack("<HHL", tag >> 16, tag & 0xFFFF, 0)


UNDEFINED = 0xFFFFFFFF
SEQUENCE_END = 0xFFFEE0DD
EXPLICIT_LITTLE = ExplicitVRLittleEndian
