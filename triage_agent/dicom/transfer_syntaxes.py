"""Transfer syntaxes that are accepted, and which installed library decodes each.

Every decoder named here has a permissive licence. A syntax without one (MPEG, HEVC, JPIP) is not
accepted, so that a sender falls back on one that can be read.
"""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from enum import StrEnum
from types import MappingProxyType

from pydicom import uid


class Decoder(StrEnum):
    """What turns the encoded pixels into numbers; the value is the distribution's name."""

    PYDICOM = "pydicom"  # uncompressed, deflated, RLE
    PILLOW = "pillow"
    GDCM = "python-gdcm"
    JPEGLS = "pyjpegls"
    OPENJPEG = "pylibjpeg-openjpeg"


@dataclass(frozen=True, slots=True, kw_only=True)
class Encoding:
    """How a transfer syntax encodes a data set (PS3.5 section 10 and Annex A)."""

    decoder: Decoder
    implicit_vr: bool = False
    big_endian: bool = False
    deflated: bool = False
    encapsulated: bool = True


ACCEPTED: Mapping[str, Encoding] = MappingProxyType(
    {
        str(uid.ExplicitVRLittleEndian): Encoding(decoder=Decoder.PYDICOM, encapsulated=False),
        str(uid.ImplicitVRLittleEndian): Encoding(
            decoder=Decoder.PYDICOM, implicit_vr=True, encapsulated=False
        ),
        str(uid.DeflatedExplicitVRLittleEndian): Encoding(
            decoder=Decoder.PYDICOM, deflated=True, encapsulated=False
        ),
        str(uid.ExplicitVRBigEndian): Encoding(
            decoder=Decoder.PYDICOM, big_endian=True, encapsulated=False
        ),
        str(uid.RLELossless): Encoding(decoder=Decoder.PYDICOM),
        str(uid.JPEGBaseline8Bit): Encoding(decoder=Decoder.PILLOW),
        # Pillow cannot read 12 bits, which is what this process is for.
        str(uid.JPEGExtended12Bit): Encoding(decoder=Decoder.GDCM),
        str(uid.JPEGLossless): Encoding(decoder=Decoder.GDCM),
        str(uid.JPEGLosslessSV1): Encoding(decoder=Decoder.GDCM),
        str(uid.JPEGLSLossless): Encoding(decoder=Decoder.JPEGLS),
        str(uid.JPEGLSNearLossless): Encoding(decoder=Decoder.JPEGLS),
        str(uid.JPEG2000Lossless): Encoding(decoder=Decoder.OPENJPEG),
        str(uid.JPEG2000): Encoding(decoder=Decoder.OPENJPEG),
        str(uid.HTJ2KLossless): Encoding(decoder=Decoder.OPENJPEG),
        str(uid.HTJ2KLosslessRPCL): Encoding(decoder=Decoder.OPENJPEG),
        str(uid.HTJ2K): Encoding(decoder=Decoder.OPENJPEG),
    }
)
"""Accepted transfer syntax UIDs with their encoding."""


def acceptable(proposed: Iterable[str]) -> tuple[str, ...]:
    """Return those of a requestor's transfer syntaxes that are accepted, in its own order.

    A requestor lists first what it would like best, usually what it has on disk; taking its first
    acceptable one (PS3.8 section 9.3.3.2 leaves the choice to the acceptor) spares it a conversion.
    """
    return tuple(dict.fromkeys(syntax for syntax in proposed if syntax in ACCEPTED))


def name(TransferSyntaxUID: str) -> str:
    """Return the name of PS3.6 Table A-1, or the UID itself if it has none."""
    return str(uid.UID(TransferSyntaxUID, validation_mode=0).name)
