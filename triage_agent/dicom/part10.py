"""The head of a DICOM file around a data set that is kept exactly as it was sent (PS3.10)."""

import struct
from importlib.metadata import version
from typing import Final

from triage_agent.dicom.uids import derive_uid

IMPLEMENTATION_CLASS_UID: Final = derive_uid("triage-agent", "implementation class")
# At most 16 characters (VR SH).
IMPLEMENTATION_VERSION_NAME: Final = f"TRIAGE_{version('triage-agent')}"[:16]

PREAMBLE: Final = bytes(128) + b"DICM"


def file_head(
    *,
    SOPClassUID: str,
    SOPInstanceUID: str,
    TransferSyntaxUID: str,
    source_ae_title: str = "",
) -> bytes:
    """Return preamble, prefix and File Meta Information (PS3.10 section 7.1).

    Followed by a data set in `TransferSyntaxUID` it makes a DICOM file. `source_ae_title` is left
    out if empty (Type 3). The same arguments always give the same bytes. The elements are written
    here because pydicom would object to UIDs that devices do send, such as one with leading zeros.
    """
    elements = _long(0x0001, b"OB", b"\x00\x01")  # File Meta Information Version
    elements += _uid(0x0002, SOPClassUID)
    elements += _uid(0x0003, SOPInstanceUID)
    elements += _uid(0x0010, TransferSyntaxUID)
    elements += _uid(0x0012, IMPLEMENTATION_CLASS_UID)
    elements += _text(0x0013, b"SH", IMPLEMENTATION_VERSION_NAME)
    if source_ae_title:
        elements += _text(0x0016, b"AE", source_ae_title[:16])
    return PREAMBLE + _short(0x0000, b"UL", struct.pack("<L", len(elements))) + elements


def _uid(element: int, value: str) -> bytes:
    return _short(element, b"UI", value.encode("ascii"), b"\x00")


def _text(element: int, vr: bytes, value: str) -> bytes:
    return _short(element, vr, value.encode("ascii", errors="replace"), b" ")


def _short(element: int, vr: bytes, value: bytes, padding: bytes = b"") -> bytes:
    """Encode an element of group 2 whose VR has a length of 16 bits (PS3.5 section 7.1.2)."""
    even = value + padding * (len(value) % 2)
    return struct.pack("<HH2sH", 0x0002, element, vr, len(even)) + even


def _long(element: int, vr: bytes, value: bytes) -> bytes:
    """Encode an element of group 2 whose VR has a length of 32 bits."""
    return struct.pack("<HH2sHL", 0x0002, element, vr, 0, len(value)) + value
