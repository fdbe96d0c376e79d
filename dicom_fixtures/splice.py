"""Putting raw bytes into an encoded data set, past everything that a library would refuse."""

import struct
from collections.abc import Callable
from dataclasses import dataclass

from pydicom import Dataset
from pydicom.datadict import tag_for_keyword
from pydicom.uid import UID, ExplicitVRLittleEndian

from dicom_fixtures.encode import encoded

SHORT_VRS = frozenset(
    {b"AE", b"AS", b"CS", b"DA", b"DS", b"IS", b"LO", b"LT", b"PN", b"SH", b"TM", b"UI", b"US"}
)
"""Those used here whose explicit form has a length of two bytes (PS3.5 7.1.2)."""


@dataclass(frozen=True)
class Damage:
    """One thing that is wrong with an object: `change` turns a whole object into its bytes.

    `change` gets an uncompressed little endian image in `syntax`, or in Explicit VR Little Endian
    where the syntax is compressed or deflated, and may alter it.
    """

    name: str
    acceptable: bool
    change: Callable[[Dataset], bytes]
    syntax: UID


def refuse(
    name: str, change: Callable[[Dataset], bytes], syntax: UID = ExplicitVRLittleEndian
) -> Damage:
    """Damage that a correct receiver must refuse."""
    return Damage(name, acceptable=False, change=change, syntax=syntax)


def keep(
    name: str, change: Callable[[Dataset], bytes], syntax: UID = ExplicitVRLittleEndian
) -> Damage:
    """Damage that a receiver may take: the object is odd but whole."""
    return Damage(name, acceptable=True, change=change, syntax=syntax)


def tag_of(keyword: str) -> int:
    """The tag of a standard element."""
    tag = tag_for_keyword(keyword)
    if tag is None:
        raise KeyError(keyword)
    return int(tag)


def explicit(tag: int, vr: bytes, value: bytes) -> bytes:
    """An element in Explicit VR Little Endian."""
    head = struct.pack("<HH2s", tag >> 16, tag & 0xFFFF, vr)
    if vr in SHORT_VRS:
        return head + struct.pack("<H", len(value)) + value
    return head + struct.pack("<HI", 0, len(value)) + value


def implicit(tag: int, value: bytes) -> bytes:
    """An element in Implicit VR Little Endian."""
    return struct.pack("<HHI", tag >> 16, tag & 0xFFFF, len(value)) + value


def spliced(dataset: Dataset, tag: int, raw: bytes) -> bytes:
    """The encoded data set with `raw` in the place of one element, present or not."""
    upto = Dataset()
    upto.file_meta = dataset.file_meta
    upto.update({element.tag: element for element in dataset if element.tag <= tag})
    end = len(encoded(upto))
    upto.pop(tag, None)
    start = len(encoded(upto))
    whole = encoded(dataset)
    return whole[:start] + raw + whole[end:]


def with_text(keyword: str, vr: bytes, value: bytes) -> Callable[[Dataset], bytes]:
    """A change that gives an element a value as it stands, padded to an even length."""

    def change(dataset: Dataset) -> bytes:
        padding = b"\0" if vr == b"UI" else b" "
        even = value + padding * (len(value) % 2)
        return spliced(dataset, tag_of(keyword), explicit(tag_of(keyword), vr, even))

    return change


def with_values(**values: object) -> Callable[[Dataset], bytes]:
    """A change that sets elements to values that a library can write."""

    def change(dataset: Dataset) -> bytes:
        for keyword, value in values.items():
            setattr(dataset, keyword, value)
        return encoded(dataset)

    return change


def without(keyword: str) -> Callable[[Dataset], bytes]:
    """A change that removes an element."""

    def change(dataset: Dataset) -> bytes:
        del dataset[keyword]
        return encoded(dataset)

    return change
