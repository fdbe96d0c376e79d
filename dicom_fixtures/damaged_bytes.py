"""Objects that are broken as a stream of bytes: cut, wrong lengths, impossible structure."""

import struct
import zlib
from collections.abc import Iterator
from functools import partial

import numpy as np
from pydicom import Dataset
from pydicom.uid import (
    DeflatedExplicitVRLittleEndian,
    ExplicitVRLittleEndian,
    ImplicitVRLittleEndian,
)

from dicom_fixtures.encode import deflated, encoded
from dicom_fixtures.splice import (
    Damage,
    explicit,
    implicit,
    keep,
    refuse,
    spliced,
    tag_of,
    with_text,
    without,
)

NESTING = 1200
"""Depth of nested sequences: beyond Python's own limit on recursion."""
INFLATED_BYTES = 320 * 1024 * 1024
"""What the deflated bomb inflates to."""
NOISE_BYTES = 4096

UNDEFINED = b"\xff\xff\xff\xff"
ITEM = b"\xfe\xff\x00\xe0"
ITEM_END = b"\xfe\xff\x0d\xe0\0\0\0\0"
SEQUENCE_END = b"\xfe\xff\xdd\xe0\0\0\0\0"


def damages() -> Iterator[Damage]:
    """Every way to break the bytes."""
    yield from _truncations()
    yield from _lengths()
    yield from _structures()


def _truncations() -> Iterator[Damage]:
    for syntax in (ExplicitVRLittleEndian, ImplicitVRLittleEndian):
        for where, share in (("in the pixels", 0.6), ("in the header", 0.03)):
            yield refuse(f"cut {where}, {syntax.name}", partial(_cut, share), syntax)
        yield refuse(f"one byte short, {syntax.name}", _one_short, syntax)
    yield refuse("cut inside a tag", _cut_in_tag)
    yield refuse("empty", lambda _: b"")
    yield refuse("random bytes", noise)
    yield refuse("random bytes, implicit", noise, ImplicitVRLittleEndian)
    yield refuse("zeros", lambda _: bytes(NOISE_BYTES))


def _cut(share: float, dataset: Dataset) -> bytes:
    data = encoded(dataset)
    # An odd place is never the boundary between two elements.
    return data[: int(len(data) * share) | 1]


def _one_short(dataset: Dataset) -> bytes:
    return encoded(dataset)[:-1]


def _cut_in_tag(dataset: Dataset) -> bytes:
    return encoded(dataset) + b"\xfc\xff"


def noise(dataset: Dataset) -> bytes:
    """Random bytes that follow from the object's UID."""
    rng = np.random.default_rng(int(str(dataset.SOPInstanceUID)[-9:]))
    return bytes(rng.integers(0, 256, NOISE_BYTES, dtype=np.uint8))


def _lengths() -> Iterator[Damage]:
    yield refuse("pixel data shorter than rows x columns", partial(_pixels, 0.5))
    yield refuse("pixel data empty", partial(_pixels, 0.0))
    yield keep("pixel data longer than rows x columns", partial(_pixels, 1.5))
    yield refuse("pixel data absent", without("PixelData"))
    yield refuse("element length beyond the end", partial(_lying, 60000))
    yield refuse("element length too small", partial(_lying, 2))
    yield refuse("pixel data length of 4 GB", _lying_pixels)
    # Not allowed (PS3.5 7.1.1), but some systems write it, and nothing is lost.
    yield keep("odd element length", _odd_length)


def _pixels(share: float, dataset: Dataset) -> bytes:
    whole = dataset.PixelData
    dataset.PixelData = (whole * 2)[: int(len(whole) * share)]
    return encoded(dataset)


def _lying(length: int, dataset: Dataset) -> bytes:
    tag = tag_of("PatientID")
    value = str(dataset.PatientID).encode("ascii").ljust(12)
    raw = explicit(tag, b"LO", value)
    return spliced(dataset, tag, raw[:6] + struct.pack("<H", length) + raw[8:])


def _lying_pixels(dataset: Dataset) -> bytes:
    tag = tag_of("PixelData")
    raw = explicit(tag, b"OW", dataset.PixelData)
    return spliced(dataset, tag, raw[:8] + struct.pack("<I", 0xFFFFFFFE) + raw[12:])


def _odd_length(dataset: Dataset) -> bytes:
    tag = tag_of("PatientComments")
    return spliced(dataset, tag, explicit(tag, b"LT", b"plain"))


def _structures() -> Iterator[Damage]:
    bare = ImplicitVRLittleEndian
    yield refuse(f"{NESTING} nested sequences", _nested)
    yield refuse(f"{NESTING} nested sequences, implicit", _nested_implicit, bare)
    yield refuse("sequence that never ends", _endless)
    yield refuse("sequence longer than the data set", partial(_lying_sequence, 0x7FFFFFF0, 8))
    # The sequence can be passed over, and nothing else is lost.
    yield keep("item longer than its sequence", partial(_lying_sequence, 8, 0x7FFFFFF0))
    # Whether read as text or as the number it should be, it is not the number of rows that came.
    yield refuse("rows written as text", with_text("Rows", b"LO", b"many"))
    yield keep("age written as a number", with_text("PatientAge", b"US", b"\x2a\0"))
    yield keep("unknown value representation", with_text("PatientAge", b"ZZ", b"042Y"))
    yield refuse("no value representation", with_text("PatientAge", b"\1\2", b"042Y"))
    yield refuse("explicit announced as implicit", _explicit_anyway, bare)
    yield refuse("file meta information in the data set", _whole_file)
    yield refuse("random bytes, deflated syntax", noise, DeflatedExplicitVRLittleEndian)
    yield refuse("deflated and cut", _deflated_cut, DeflatedExplicitVRLittleEndian)
    yield refuse("deflated bomb", _bomb, DeflatedExplicitVRLittleEndian)


def _nested(dataset: Dataset) -> bytes:
    tag = tag_of("WaveformSequence")
    opening = explicit(tag, b"SQ", b"")[:8] + UNDEFINED + ITEM + UNDEFINED
    raw = opening * NESTING + (ITEM_END + SEQUENCE_END) * NESTING
    return spliced(dataset, tag, raw)


def _nested_implicit(dataset: Dataset) -> bytes:
    tag = tag_of("WaveformSequence")
    opening = implicit(tag, b"")[:4] + UNDEFINED + ITEM + UNDEFINED
    raw = opening * NESTING + (ITEM_END + SEQUENCE_END) * NESTING
    return spliced(dataset, tag, raw)


def _endless(dataset: Dataset) -> bytes:
    tag = tag_of("WaveformSequence")
    opening = explicit(tag, b"SQ", b"")[:8] + UNDEFINED + ITEM + UNDEFINED
    return spliced(dataset, tag, opening)


def _lying_sequence(length: int, item_length: int, dataset: Dataset) -> bytes:
    tag = tag_of("WaveformSequence")
    head = explicit(tag, b"SQ", b"")[:8]
    raw = head + struct.pack("<I", length) + ITEM + struct.pack("<I", item_length)
    return spliced(dataset, tag, raw)


def _explicit_anyway(dataset: Dataset) -> bytes:
    dataset.file_meta.TransferSyntaxUID = ExplicitVRLittleEndian
    return encoded(dataset)


def _whole_file(dataset: Dataset) -> bytes:
    meta = explicit(0x00020010, b"UI", b"1.2.840.10008.1.2.1\0")
    return bytes(128) + b"DICM" + meta + encoded(dataset)


def _deflated_cut(dataset: Dataset) -> bytes:
    data = deflated(encoded(dataset))
    return data[: len(data) // 2]


def _bomb(dataset: Dataset) -> bytes:
    """A few hundred kilobytes that inflate to `INFLATED_BYTES` of Pixel Data."""
    tag = tag_of("PixelData")
    head = spliced(dataset, tag, b"")
    head += struct.pack("<HH2sHI", tag >> 16, tag & 0xFFFF, b"OW", 0, INFLATED_BYTES)
    press = zlib.compressobj(wbits=-zlib.MAX_WBITS)
    block = bytes(1024 * 1024)
    parts = [press.compress(head)]
    parts += [press.compress(block) for _ in range(INFLATED_BYTES // len(block))]
    return b"".join((*parts, press.flush()))
