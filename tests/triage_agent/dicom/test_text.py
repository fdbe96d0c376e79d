import warnings

import pytest
from hypothesis import given
from hypothesis import strategies as st

from triage_agent.dicom.text import decode_text, encodings_of

YAMADA = "Yamada^Tarou=山田^太郎=やまだ^たろう"
YAMADA_BYTES = (
    b"Yamada^Tarou=\x1b$B;3ED\x1b(B^\x1b$BB@O:\x1b(B=\x1b$B$d$^$@\x1b(B^\x1b$B$?$m$&\x1b(B"
)


@pytest.mark.parametrize(
    ("terms", "value", "expected"),
    [
        ((), b"Hand ", "Hand"),
        (("ISO_IR 100",), b"M\xfcller", "Müller"),
        (("ISO_IR 192",), "Łódź".encode(), "Łódź"),
        (("ISO-IR 100",), b"M\xfcller", "Müller"),
        (("ISO IR 144",), "Рука".encode("iso8859-5"), "Рука"),
        (("GB18030",), "王".encode("gb18030"), "王"),
        (("", "ISO 2022 IR 87"), YAMADA_BYTES, YAMADA),
        (("no such set",), b"M\xfcller", "Müller"),
        (("ISO_IR 192",), b"M\xfcller", "M\ufffdller"),
        (("", "ISO 2022 IR 87"), b"\x1b$B;", "$B;"),
        ((), b"a\x1b[31mb", "a[31mb"),
        (("ISO_IR 192",), b"a\x1b[31mb", "a[31mb"),
        ((), b"A\x00\x00", "A"),
        ((), b"A1\r\nB2", "A1B2"),
        ((), b"", ""),
    ],
)
def test_values_are_read_whatever_they_are(
    terms: tuple[str, ...], value: bytes, expected: str
) -> None:
    assert decode_text(value, encodings_of(terms)) == expected


def test_a_long_value_is_cut() -> None:
    assert len(decode_text(b"x" * 60_000, encodings_of(()))) == 4096


@given(
    st.binary(max_size=60),
    st.lists(
        st.sampled_from(["", "ISO_IR 192", "ISO 2022 IR 87", "ISO 2022 IR 149", "ISO_IR 13", "x"]),
        max_size=3,
    ),
)
def test_any_bytes_are_a_text_without_control_characters(value: bytes, terms: list[str]) -> None:
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        text = decode_text(value, encodings_of(terms))

    assert not any(ord(character) < 0x20 or 0x7F <= ord(character) < 0xA0 for character in text)
