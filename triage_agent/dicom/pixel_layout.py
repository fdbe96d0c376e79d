"""How the Image Pixel module says that pixels are stored, checked before anything is decoded."""

from dataclasses import dataclass

from pydicom import Dataset

from triage_agent.dicom.element_numbers import whole_number
from triage_agent.errors import PixelsUnreadable

# Twice the largest detector exposures stitched together; decoding one takes some 0.5 GB.
MAXIMUM_PIXELS = 2**26

# PS3.3 table A.26: CR and DX pixels take 8 or 16 bits.
_BITS_ALLOCATED = (8, 16)

_INVERTED_SHAPE = "INVERSE"
_INVERTED_PHOTOMETRIC = "MONOCHROME1"
_PHOTOMETRIC = ("MONOCHROME2", _INVERTED_PHOTOMETRIC)


@dataclass(frozen=True, slots=True, kw_only=True)
class PixelLayout:
    """The size of a greyscale frame and the place of a sample in its container (PS3.5 section 8.1).

    `inverted`: the lowest value is shown white. MONOCHROME1 and Presentation LUT Shape INVERSE
    both say it, in DX both at once (PS3.3 C.8.11.3.1.1): they are one inversion, not two.
    """

    rows: int
    columns: int
    bits_allocated: int
    bits_stored: int
    high_bit: int
    signed: bool
    inverted: bool

    @property
    def frame_bytes(self) -> int:
        """Bytes of the frame when it is not compressed."""
        return self.rows * self.columns * self.bits_allocated // 8


def read_layout(dataset: Dataset) -> PixelLayout:
    """Read and check the Image Pixel module (PS3.3 C.7.6.3).

    Bits Stored, High Bit and Pixel Representation may be absent: then all bits are used, unsigned.

    Raises:
        PixelsUnreadable: colour, several frames, or values that are absent, contradictory or
            beyond `MAXIMUM_PIXELS`.
    """
    photometric = str(dataset.get("PhotometricInterpretation") or "").strip()
    if whole_number(dataset, "SamplesPerPixel") not in (None, 1) or (
        photometric not in _PHOTOMETRIC
    ):
        raise PixelsUnreadable(
            f"not a greyscale image (Photometric Interpretation {_shown(photometric)})"
        )
    frames = whole_number(dataset, "NumberOfFrames")
    if frames not in (None, 1):
        raise PixelsUnreadable(f"not a single image: {frames} frames")
    rows = whole_number(dataset, "Rows") or 0
    columns = whole_number(dataset, "Columns") or 0
    if rows < 1 or columns < 1 or rows * columns > MAXIMUM_PIXELS:
        raise PixelsUnreadable(f"{rows} x {columns} pixels is not the size of a radiograph")
    shape = str(dataset.get("PresentationLUTShape") or "").strip()
    allocated, stored, high = _read_bits(dataset)
    return PixelLayout(
        rows=rows,
        columns=columns,
        bits_allocated=allocated,
        bits_stored=stored,
        high_bit=high,
        signed=whole_number(dataset, "PixelRepresentation") == 1,
        inverted=photometric == _INVERTED_PHOTOMETRIC or shape == _INVERTED_SHAPE,
    )


def _read_bits(dataset: Dataset) -> tuple[int, int, int]:
    allocated = whole_number(dataset, "BitsAllocated")
    if allocated not in _BITS_ALLOCATED:
        raise PixelsUnreadable(f"Bits Allocated is {allocated}, not 8 or 16")
    stored = whole_number(dataset, "BitsStored")
    if stored is None:
        stored = allocated
    high = whole_number(dataset, "HighBit")
    if high is None:
        high = stored - 1
    if not (1 <= stored <= allocated and stored - 1 <= high < allocated):
        raise PixelsUnreadable(
            f"Bits Stored {stored} and High Bit {high} do not fit in {allocated} bits"
        )
    return allocated, stored, high


def _shown(photometric: str) -> str:
    # A received string: only a defined term's form (PS3.3 C.7.6.3.1.2) is repeated in a reason.
    plain = photometric.replace("_", "").isalnum() and photometric.isascii()
    return photometric[:16] if plain else "absent or unknown"
