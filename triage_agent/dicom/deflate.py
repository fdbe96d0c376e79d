"""Bounded inflation of a deflated data set (PS3.5 Annex A.5)."""

import zlib
from typing import Final

from triage_agent.dicom.elements import Buffer, Malformed

# Thrice the largest radiograph; a few kilobytes could otherwise ask for the whole memory.
MAXIMUM_INFLATED_BYTES: Final = 134_217_728


def inflate(encoded: Buffer, maximum_bytes: int = MAXIMUM_INFLATED_BYTES) -> bytes:
    """Return the inflated data set.

    Raises Malformed if the stream is corrupt, cut off, followed by more than one byte of padding
    or larger than `maximum_bytes` when inflated; never inflates more than that.
    """
    inflater = zlib.decompressobj(-zlib.MAX_WBITS)  # no zlib header (RFC 1951)
    try:
        inflated = inflater.decompress(encoded, maximum_bytes + 1)
    except zlib.error as error:
        raise Malformed(f"the deflated data set is corrupt: {error}") from error
    if len(inflated) > maximum_bytes:
        raise Malformed(f"the data set inflates to more than {maximum_bytes} bytes")
    if not inflater.eof:
        raise Malformed("the deflated data set is cut off")
    if inflater.unused_data not in {b"", b"\x00"}:
        raise Malformed("bytes follow the deflated data set")
    return inflated
