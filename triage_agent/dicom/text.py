"""Tolerant reading of text values: whatever the bytes are, a text comes out (PS3.5 section 6.1)."""

import re
from collections.abc import Sequence
from typing import Final

from pydicom.charset import ENCODINGS_TO_CODES, decode_bytes, python_encoding

# No attribute the node reads is that long (LO has 64 characters); more would only fill the rows.
MAXIMUM_VALUE_BYTES: Final = 4096

_DEFAULT_ENCODING: Final = "latin-1"  # a superset of the default repertoire that never fails
_ESCAPE: Final = b"\x1b"
_DEFAULT_CODE: Final = b"\x1b(B"  # back to ASCII (PS3.3 Table C.12-3)
_JIS_X_0201_ROMAJI: Final = b"\x1b(J"  # comes with every Japanese set
_CONTROL_CHARACTERS: Final = re.compile(r"[\x00-\x1f\x7f-\x9f]")
_DELIMITERS: Final = {0x0D, 0x0A, 0x09, 0x0C, 0x5E, 0x3D, 0x5C}  # CR LF TAB FF ^ = backslash


def encodings_of(SpecificCharacterSet: Sequence[str]) -> tuple[str, ...]:
    """Return Python's names of the character sets; unknown terms are read as Latin-1."""
    terms = SpecificCharacterSet or ("",)
    return tuple(python_encoding.get(_spelling(term), _DEFAULT_ENCODING) for term in terms)


def decode_text(value: bytes, encodings: Sequence[str]) -> str:
    """Return a value as text, stripped, without control characters; never fails."""
    value = value[:MAXIMUM_VALUE_BYTES]
    try:
        text = _decode_strictly(value, encodings)
    except (UnicodeError, Warning):  # pydicom warns where it cannot decode
        text = value.decode(encodings[0], errors="replace")
    return _CONTROL_CHARACTERS.sub("", text).strip()


def _decode_strictly(value: bytes, encodings: Sequence[str]) -> str:
    """Decode a value; raises UnicodeError for an escape sequence of no declared character set."""
    if _ESCAPE not in value:
        return value.decode(encodings[0])
    declared = {_DEFAULT_CODE, *(ENCODINGS_TO_CODES.get(name, _DEFAULT_CODE) for name in encodings)}
    declared.add(_JIS_X_0201_ROMAJI)
    for escape in re.finditer(_ESCAPE, value):
        if not value.startswith(tuple(declared), escape.start()):
            raise UnicodeError("an escape sequence of no declared character set")
    return str(decode_bytes(value, list(encodings), _DELIMITERS))


def _spelling(term: str) -> str:
    """Return the standard's spelling of common misspellings, such as ISO-IR 100 or ISO IR 100."""
    return re.sub(r"^ISO[ _-]IR[ _-]?", "ISO_IR ", term.strip())
