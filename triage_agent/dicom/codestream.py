"""What a compressed frame says of itself, before any decoder allocates memory for it.

A decoder believes the codestream, not the data set: one with a forged size would make it allocate
gigabytes, and one that differs from Rows and Columns is another image than the header describes.
"""

import struct
from dataclasses import dataclass

from triage_agent.errors import PixelsUnreadable

_JPEG_START = b"\xff\xd8"
_JPEG_2000_START = b"\xff\x4f\xff\x51"
_JP2_START = b"\x00\x00\x00\x0cjP  "
# A JP2 wrapper (boxes before the codestream) takes some hundred bytes.
_JP2_WRAPPER_BYTES = 65_536

# SOF0..SOF15 without DHT (C4), JPG (C8) and DAC (CC): ITU-T T.81 table B.1; SOF55: T.87 C.2.2.
_START_OF_FRAME = frozenset({*range(0xC0, 0xD0), 0xF7}) - {0xC4, 0xC8, 0xCC}
_WITHOUT_LENGTH = frozenset({0x01, *range(0xD0, 0xD9)})
_START_OF_SCAN = 0xDA
_MARKER = 0xFF


@dataclass(frozen=True, slots=True)
class FrameHeader:
    """Size of the coded image in pixels, its components and the bits of a sample."""

    rows: int
    columns: int
    components: int
    precision: int


def read_frame_header(frame: bytes) -> FrameHeader:
    """Read the header of a JPEG, JPEG-LS, JPEG 2000 or HTJ2K frame.

    Raises:
        PixelsUnreadable: the frame does not begin as one of these, or ends before its header.
    """
    try:
        if frame.startswith(_JPEG_START):
            return _jpeg(frame)
        if frame.startswith(_JPEG_2000_START):
            return _jpeg_2000(frame, 0)
        if frame.startswith(_JP2_START):
            start = frame.find(_JPEG_2000_START, 0, _JP2_WRAPPER_BYTES)
            if start >= 0:
                return _jpeg_2000(frame, start)
    except (struct.error, IndexError) as error:
        raise PixelsUnreadable("the compressed pixel data end within their header") from error
    raise PixelsUnreadable("the compressed pixel data do not begin with a known header")


def _jpeg(frame: bytes) -> FrameHeader:
    """Walk the marker segments up to the start of frame (ITU-T T.81 section B.2.2)."""
    place = len(_JPEG_START)
    while True:
        if frame[place] != _MARKER:
            raise PixelsUnreadable("the compressed pixel data have a damaged header")
        marker = frame[place + 1]
        if marker in _START_OF_FRAME:
            precision, rows, columns, components = struct.unpack_from(">BHHB", frame, place + 4)
            return FrameHeader(rows, columns, components, precision)
        if marker == _START_OF_SCAN:
            raise PixelsUnreadable("the compressed pixel data have no frame header")
        if marker == _MARKER:  # fill bytes may come before any marker
            place += 1
        elif marker in _WITHOUT_LENGTH:
            place += 2
        else:
            (length,) = struct.unpack_from(">H", frame, place + 2)
            place += 2 + length


def _jpeg_2000(frame: bytes, start: int) -> FrameHeader:
    """Read the SIZ segment (ITU-T T.800 section A.5.1)."""
    width, height, left, top = struct.unpack_from(">4I", frame, start + 8)
    components, depth = struct.unpack_from(">HB", frame, start + 40)
    return FrameHeader(height - top, width - left, components, (depth & 0x7F) + 1)
