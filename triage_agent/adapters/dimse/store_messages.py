"""The two messages of C-STORE as bytes (PS3.7 section 9.3.1), without an object per element."""

import struct
from dataclasses import dataclass
from typing import Final

_C_STORE_RQ: Final = 0x0001
_C_STORE_RSP: Final = 0x8001
_NO_DATA_SET: Final = 0x0101
_P_DATA_TF: Final = 0x04
_LAST_COMMAND: Final = 0x03
_US: Final = {0x0100, 0x0110, 0x0700, 0x0800}
_ELEMENT: Final = struct.Struct("<HHL")


@dataclass(frozen=True, slots=True, kw_only=True)
class StoreRequest:
    """What a C-STORE-RQ says."""

    message_id: int
    sop_class_uid: str
    sop_instance_uid: str


def parse_store_request(command: bytes | bytearray) -> StoreRequest | None:
    """Read a command set; None if it is anything but a plain C-STORE-RQ with a data set."""
    values: dict[int, bytes] = {}
    position = 0
    while position < len(command):
        if position + _ELEMENT.size > len(command):
            return None
        group, element, length = _ELEMENT.unpack_from(command, position)
        position += _ELEMENT.size
        if group != 0 or position + length > len(command):
            return None
        values[element] = bytes(command[position : position + length])
        position += length
    if any(len(values.get(element, b"")) != 2 for element in _US):  # noqa: PLR2004 - a US
        return None
    if _unsigned(values[0x0100]) != _C_STORE_RQ or _unsigned(values[0x0800]) == _NO_DATA_SET:
        return None
    sop_class, sop_instance = (_uid(values.get(element, b"")) for element in (0x0002, 0x1000))
    if not sop_class or not sop_instance:
        return None
    return StoreRequest(
        message_id=_unsigned(values[0x0110]),
        sop_class_uid=sop_class,
        sop_instance_uid=sop_instance,
    )


def store_response(request: StoreRequest, context_id: int, status: int, comment: str) -> bytes:
    """Return the P-DATA-TF of a C-STORE-RSP; `comment` is left out if empty."""
    elements = (
        _element(0x0002, _even(request.sop_class_uid, b"\x00"))
        + _element(0x0100, struct.pack("<H", _C_STORE_RSP))
        + _element(0x0120, struct.pack("<H", request.message_id))
        + _element(0x0800, struct.pack("<H", _NO_DATA_SET))
        + _element(0x0900, struct.pack("<H", status))
        + (_element(0x0902, _even(comment, b" ")) if comment else b"")
        + _element(0x1000, _even(request.sop_instance_uid, b"\x00"))
    )
    command = _element(0x0000, struct.pack("<L", len(elements))) + elements
    value = struct.pack(">LBB", len(command) + 2, context_id, _LAST_COMMAND) + command
    return struct.pack(">BxL", _P_DATA_TF, len(value)) + value


def _unsigned(value: bytes) -> int:
    return int.from_bytes(value, "little")


def _uid(value: bytes) -> str:
    """Return a UID of digits and dots, or "": pynetdicom answers to what is odd."""
    text = value.rstrip(b"\x00 ")
    return text.decode("ascii") if text and not text.strip(b"0123456789.") else ""


def _even(text: str, padding: bytes) -> bytes:
    value = text.encode("ascii", errors="replace")
    return value + padding * (len(value) % 2)


def _element(number: int, value: bytes) -> bytes:
    return _ELEMENT.pack(0, number, len(value)) + value
