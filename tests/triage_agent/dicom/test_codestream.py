import struct

import pytest

from triage_agent.dicom.codestream import FrameHeader, read_frame_header
from triage_agent.errors import PixelsUnreadable


def segment(marker: int, content: bytes) -> bytes:
    return struct.pack(">BBH", 0xFF, marker, len(content) + 2) + content


def start_of_frame(marker: int) -> bytes:
    return segment(marker, struct.pack(">BHHB", 12, 300, 200, 1) + b"\x01\x11\x00")


JPEG = b"\xff\xd8"
SIZ = b"\xff\x4f\xff\x51" + struct.pack(
    ">HH8IH3B", 41, 0, 210, 320, 10, 20, 210, 320, 0, 0, 1, 0x8B, 1, 1
)
EXPECTED = FrameHeader(rows=300, columns=200, components=1, precision=12)


@pytest.mark.parametrize("marker", [0xC0, 0xC1, 0xC3, 0xF7])
def test_jpeg_and_jpeg_ls(marker: int) -> None:
    tables = segment(0xE0, b"JFIF\x00") + segment(0xC4, b"\x00" * 20)
    assert read_frame_header(JPEG + tables + start_of_frame(marker)) == EXPECTED


def test_fill_bytes_and_markers_without_length() -> None:
    assert read_frame_header(JPEG + b"\xff\xff\xff\x01" + start_of_frame(0xC3)) == EXPECTED


def test_jpeg_2000_with_an_origin_and_a_sign() -> None:
    assert read_frame_header(SIZ) == EXPECTED


def test_jpeg_2000_in_its_file_format() -> None:
    assert read_frame_header(b"\x00\x00\x00\x0cjP  \r\n\x87\n" + b"\x00" * 60 + SIZ) == EXPECTED


@pytest.mark.parametrize(
    ("frame", "complaint"),
    [
        (b"", "known header"),
        (b"GIF89a", "known header"),
        (b"\x00\x00\x00\x0cjP  \r\n\x87\n" + b"\x00" * 60, "known header"),
        (JPEG, "end within"),
        (JPEG + start_of_frame(0xC3)[:6], "end within"),
        (JPEG + b"\x00\x00", "damaged header"),
        (JPEG + segment(0xDA, b"\x00" * 6), "no frame header"),
        (SIZ[:20], "end within"),
    ],
)
def test_damaged_frames_are_refused(frame: bytes, complaint: str) -> None:
    with pytest.raises(PixelsUnreadable, match=complaint):
        read_frame_header(frame)


def test_a_segment_of_no_length_does_not_hold_up_the_walk() -> None:
    with pytest.raises(PixelsUnreadable):
        read_frame_header(JPEG + b"\xff\xe0\x00\x00" * 4)
