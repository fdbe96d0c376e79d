"""Tolerant reading of the attributes of one data set or item: absent or odd gives an empty value.

Only the values that are asked for are decoded; nested items that are malformed count as absent.
"""

import struct
from collections.abc import Iterable, Mapping, Sequence
from functools import cache
from typing import Final

from pydicom.datadict import tag_for_keyword

from triage_agent.dicom.elements import Buffer, DataSetWalk, Element, Malformed
from triage_agent.dicom.text import MAXIMUM_VALUE_BYTES, decode_text, encodings_of
from triage_agent.dicom.transfer_syntaxes import Encoding
from triage_agent.domain.instance import CodedConcept

_INTEGER_STRING: Final = range(-(2**31), 2**31)  # VR IS (PS3.5 section 6.2)
_MAXIMUM_ITEMS: Final = 100  # of a sequence whose items are read; real ones have a handful


@cache
def tag_of(keyword: str) -> int:
    """Return the tag of a keyword of PS3.6. Raises KeyError."""
    tag = tag_for_keyword(keyword)
    if tag is None:
        raise KeyError(keyword)
    return int(tag)


class Attributes:
    """The attributes of a data set or of an item of a sequence, by keyword."""

    def __init__(
        self,
        encoded: Buffer,
        encoding: Encoding,
        walk: DataSetWalk,
        elements: Iterable[Element],
        encodings: Sequence[str] = (),
    ) -> None:
        self._encoded = encoded
        self._encoding = encoding
        self._walk = walk
        self._elements: Mapping[int, Element] = {element.tag: element for element in elements}
        if tag_of("SpecificCharacterSet") in self._elements or not encodings:
            self._encodings: Sequence[str] = ("latin-1",)  # for the terms themselves
            encodings = encodings_of(self.texts("SpecificCharacterSet"))
        self._encodings = encodings

    def find(self, keyword: str) -> Element | None:
        """Return an element, or None if it is absent."""
        return self._elements.get(tag_of(keyword))

    def text(self, keyword: str) -> str:
        """Return a value as text, stripped; "" if absent."""
        element = self.find(keyword)
        if element is None or element.undefined_length:
            return ""
        end = min(element.end, element.start + MAXIMUM_VALUE_BYTES)
        return decode_text(bytes(self._encoded[element.start : end]), self._encodings)

    def texts(self, keyword: str) -> tuple[str, ...]:
        """Return the values of a multi-valued text; () if absent or empty."""
        text = self.text(keyword)
        return tuple(value.strip() for value in text.split("\\")) if text else ()

    def integer(self, keyword: str) -> int | None:
        """Return the first value of VR IS, or None if absent or not one."""
        values = self.texts(keyword)
        try:
            number = int(values[0]) if values else None
        except ValueError:
            return None
        return number if number is not None and number in _INTEGER_STRING else None

    def unsigned(self, keyword: str) -> int | None:
        """Return the first value of VR US, or None if absent or empty."""
        element = self.find(keyword)
        if element is None or element.end - element.start < 2:  # noqa: PLR2004 - a US has 2 bytes
            return None
        order = ">" if self._encoding.big_endian else "<"
        (number,) = struct.unpack_from(order + "H", self._encoded, element.start)
        return int(number)

    def items(self, keyword: str) -> tuple["Attributes", ...]:
        """Return the items of a sequence; those from the first malformed one on are left out."""
        element = self.find(keyword)
        items: list[Attributes] = []
        if element is None:
            return ()
        try:
            for elements in self._walk.items(element):
                items.append(
                    Attributes(self._encoded, self._encoding, self._walk, elements, self._encodings)
                )
                if len(items) == _MAXIMUM_ITEMS:
                    break
        except Malformed:
            pass
        return tuple(items)

    def codes(self, keyword: str) -> tuple[CodedConcept, ...]:
        """Return the codes of a code sequence (PS3.3 section 8) that have a value or a meaning."""
        codes = (
            CodedConcept(
                CodeValue=item.text("CodeValue") or item.text("LongCodeValue"),
                CodingSchemeDesignator=item.text("CodingSchemeDesignator"),
                CodeMeaning=item.text("CodeMeaning"),
            )
            for item in self.items(keyword)
        )
        return tuple(code for code in codes if code.CodeValue or code.CodeMeaning)
