"""Walks the elements of an encoded data set without decoding, copying or recursion (PS3.5 7).

pydicom accepts many a truncated data set in silence; here every length is held against the end.
"""

import struct
from collections.abc import Iterator
from typing import Final, NamedTuple

from triage_agent.dicom.transfer_syntaxes import Encoding

Buffer = bytes | memoryview

UNDEFINED_LENGTH: Final = 0xFFFFFFFF
MAXIMUM_DEPTH: Final = 64  # real reports nest to about 20; pydicom's own recursion ends near 200
MAXIMUM_ELEMENTS: Final = 4_000_000  # seconds of work; beyond it a peer only wastes our time

_ITEM: Final = 0xFFFEE000
_ITEM_DELIMITATION: Final = 0xFFFEE00D
_SEQUENCE_DELIMITATION: Final = 0xFFFEE0DD
# Groups 0000 and 0002 are a command and File Meta Information; 0003 to 0007 are as wrong (PS3.5
# section 7.1), but real devices send them.
_FIRST_TAG: Final = 0x00030000
_FIRST_DELIMITER: Final = 0xFFFE0000
_HEAD_BYTES: Final = 8  # tag and length, or tag, VR and 16-bit length; a delimiter too

# The VRs with a 16-bit length (PS3.5 section 7.1.2); every other, future ones too, has 32 bits.
_SHORT_VRS: Final = frozenset(
    b"AE AS AT CS DA DS DT FL FD IS LO LT PN SH SL SS ST TM UI UL US".split()
)


class Malformed(ValueError):
    """The bytes are not a whole data set in that encoding; the message says where and why."""


class Element(NamedTuple):
    """Where an element's value lies: from `start` to `end`, a closing delimiter excluded."""

    tag: int
    vr: bytes  # b"" in implicit VR
    start: int
    end: int
    undefined_length: bool


class DataSetWalk:
    """A walk over one encoded data set, with a bound on depth and work."""

    def __init__(
        self, encoded: Buffer, encoding: Encoding, maximum_elements: int = MAXIMUM_ELEMENTS
    ) -> None:
        self._encoded = encoded
        self._maximum_elements = maximum_elements
        self._implicit = encoding.implicit_vr
        order = ">" if encoding.big_endian else "<"
        self._unpack_tag = struct.Struct(order + "HH").unpack_from
        self._unpack_long = struct.Struct(order + "L").unpack_from
        self._unpack_implicit = struct.Struct(order + "HHL").unpack_from
        self._unpack_explicit = struct.Struct(order + "HH2sH").unpack_from
        self._walked = 0

    def elements(self) -> Iterator[Element]:
        """Yield the elements of the data set. Raises Malformed.

        The last element ends exactly at the end of the bytes; elements of undefined length are
        followed to their delimiter.
        """
        return self._elements(0, len(self._encoded), implicit=self._implicit)

    def items(self, sequence: Element) -> Iterator[tuple[Element, ...]]:
        """Yield each item of a sequence as its elements. Raises Malformed."""
        implicit = self._implicit or sequence.vr == b"UN"
        position = sequence.start
        while position < sequence.end:
            position, length = self._item(position, sequence.end)
            in_item = implicit or self._lacks_vr(position, sequence.end)
            if length == UNDEFINED_LENGTH:
                after = self._skip(position, sequence.end, in_item=True, implicit=in_item)
                end = after - _HEAD_BYTES
            else:
                end = after = position + length
            yield tuple(self._elements(position, end, implicit=in_item))
            position = after

    def fragments(self, pixel_data: Element) -> tuple[int, ...]:
        """Return the lengths of the items of encapsulated Pixel Data (PS3.5 Annex A.4)."""
        lengths = []
        position = pixel_data.start
        while position < pixel_data.end:
            position, length = self._item(position, pixel_data.end)
            if length == UNDEFINED_LENGTH:
                raise Malformed(f"a fragment of undefined length at byte {position}")
            position += length
            lengths.append(length)
        return tuple(lengths)

    def _elements(self, position: int, end: int, *, implicit: bool) -> Iterator[Element]:
        while position < end:
            tag, vr, start, length = self._head(position, end, implicit=implicit)
            if length == UNDEFINED_LENGTH:
                position = self._skip(start, end, in_item=False, implicit=implicit or vr == b"UN")
                yield Element(tag, vr, start, position - _HEAD_BYTES, undefined_length=True)
            else:
                position = start + length
                yield Element(tag, vr, start, position, undefined_length=False)

    def _skip(self, position: int, end: int, *, in_item: bool, implicit: bool) -> int:
        """Return the position after the delimiter that closes a sequence (or an item)."""
        open_levels = [(in_item, implicit)]
        while open_levels:
            in_item, implicit = open_levels[-1]
            if in_item and self._tag_at(position, end) != _ITEM_DELIMITATION:
                _, vr, position, length = self._head(position, end, implicit=implicit)
                if length == UNDEFINED_LENGTH:
                    open_levels.append((False, implicit or vr == b"UN"))
                else:
                    position += length
            elif in_item or self._tag_at(position, end) == _SEQUENCE_DELIMITATION:
                open_levels.pop()
                position += _HEAD_BYTES
            else:
                position, length = self._item(position, end)
                if length == UNDEFINED_LENGTH:
                    open_levels.append((True, implicit or self._lacks_vr(position, end)))
                else:
                    position += length
            if len(open_levels) > 2 * MAXIMUM_DEPTH:  # a sequence and its item are two levels
                raise Malformed(f"sequences nest deeper than {MAXIMUM_DEPTH} at byte {position}")
        return position

    def _item(self, position: int, end: int) -> tuple[int, int]:
        """Return where an item's content starts and its length. Raises Malformed."""
        tag = self._tag_at(position, end)
        if tag != _ITEM:
            raise Malformed(f"no item where one must begin, at byte {position}")
        (length,) = self._unpack_long(self._encoded, position + 4)
        start = position + _HEAD_BYTES
        self._check_length(start, length, end)
        return start, length

    def _tag_at(self, position: int, end: int) -> int:
        self._count_head(position, end)
        group, element = self._unpack_tag(self._encoded, position)
        return int(group << 16 | element)

    def _count_head(self, position: int, end: int) -> None:
        self._walked += 1
        if self._walked > self._maximum_elements:
            raise Malformed(f"more than {self._maximum_elements} elements")
        if position + _HEAD_BYTES > end:
            raise Malformed(f"cut off within the head of an element at byte {position}")

    def _head(self, position: int, end: int, *, implicit: bool) -> tuple[int, bytes, int, int]:
        """Return an element's tag, VR, where its value starts and its length. Raises Malformed."""
        self._count_head(position, end)
        if implicit:
            vr = b""
            group, element, length = self._unpack_implicit(self._encoded, position)
        else:
            group, element, vr, length = self._unpack_explicit(self._encoded, position)
        tag = group << 16 | element
        if not _FIRST_TAG <= tag < _FIRST_DELIMITER:
            raise Malformed(f"tag {tag:08X} cannot stand in a data set, at byte {position}")
        start = position + _HEAD_BYTES
        if not implicit and vr not in _SHORT_VRS:
            if not _is_vr(vr):
                raise Malformed(f"no value representation at byte {position + 4}")
            start += 4
            if start > end:
                raise Malformed(f"cut off within the head of an element at byte {position}")
            (length,) = self._unpack_long(self._encoded, position + 8)
        self._check_length(start, length, end)
        return tag, vr, start, length

    def _check_length(self, start: int, length: int, end: int) -> None:
        if length != UNDEFINED_LENGTH and start + length > end:
            raise Malformed(f"a value of {length} bytes at byte {start} runs past the end")

    def _lacks_vr(self, position: int, end: int) -> bool:
        """Say whether an item is in implicit VR although the data set is not: some devices do."""
        vr = bytes(self._encoded[position + 4 : position + 6])
        return (
            position + _HEAD_BYTES <= end
            and self._unpack_tag(self._encoded, position)[0] < _FIRST_DELIMITER >> 16
            and not _is_vr(vr)
        )


def _is_vr(vr: bytes) -> bool:
    return vr.isalpha() and vr.isupper()
