"""The stored frame: declared against actual, then decoded, with no value touched."""

import warnings
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt
from pydicom import Dataset
from pydicom.encaps import get_frame
from pydicom.pixels import get_decoder
from pydicom.uid import UID, JPEGExtended12Bit, RLELossless

from triage_agent.dicom.codestream import read_frame_header
from triage_agent.dicom.jpeg_extended import decode_extended
from triage_agent.dicom.pixel_layout import PixelLayout
from triage_agent.errors import PixelsUnreadable

# Real radiographs compress 2 to 10 times without loss, up to 100 times with it.
MAXIMUM_EXPANSION = 1_000

_CONTAINER_BITS = 16
_BYTE = 8

Containers = npt.NDArray[np.uint8] | npt.NDArray[np.uint16]


@dataclass(frozen=True, slots=True)
class Frame:
    """A decoded frame.

    Attributes:
        containers: unsigned [rows, columns]; each holds one sample.
        bits: how many bits of a container belong to the sample.
        shift: how many bits lie below them.
    """

    containers: Containers
    bits: int
    shift: int

    @property
    def container_bits(self) -> int:
        """Bits of a container: 8 or 16."""
        return self.containers.dtype.itemsize * 8


def decode_frame(dataset: Dataset, layout: PixelLayout) -> Frame:
    """Decode the only frame of a data set that has its file meta information.

    Raises:
        PixelsUnreadable: there are no pixel data, their length or the header of the compressed
            frame contradicts the layout, or no decoder takes them.
    """
    meta = getattr(dataset, "file_meta", None)
    if meta is None or "TransferSyntaxUID" not in meta:
        raise PixelsUnreadable("the transfer syntax is not known")
    syntax = UID(meta.TransferSyntaxUID)
    data = dataset.get("PixelData")
    if not data:
        raise PixelsUnreadable("there are no pixel data")
    with warnings.catch_warnings():
        # pydicom warns of what is checked here, or of what it has put right.
        warnings.simplefilter("ignore")
        try:
            bits, shift = _check(data, layout, syntax)
            if syntax == JPEGExtended12Bit and bits > _BYTE:
                coded = get_frame(data, 0, number_of_frames=1)
                return Frame(decode_extended(coded, layout, bits), bits, shift)
            decoded, _ = get_decoder(syntax).as_array(
                data, index=0, raw=True, **_options(dataset, layout)
            )
        except (PixelsUnreadable, MemoryError):
            raise
        except Exception as error:  # decoders raise whatever they run into
            raise PixelsUnreadable(
                f"the pixel data cannot be decoded ({syntax.name}: {type(error).__name__})"
            ) from error
    native = decoded.astype(decoded.dtype.newbyteorder("="), copy=False)
    return Frame(native.view(f"u{native.dtype.itemsize}"), bits, shift)


def _options(dataset: Dataset, layout: PixelLayout) -> dict[str, object]:
    """Say to pydicom what was read tolerantly; of the data set itself it would ask more."""
    return {
        "pixel_keyword": "PixelData",
        "pixel_vr": dataset["PixelData"].VR,
        "photometric_interpretation": "MONOCHROME2",  # it is told apart later
        "samples_per_pixel": 1,
        "number_of_frames": 1,
        "rows": layout.rows,
        "columns": layout.columns,
        "bits_allocated": layout.bits_allocated,
        "bits_stored": layout.bits_stored,
        "pixel_representation": int(layout.signed),
        "correct_unused_bits": False,  # the caller does that, knowing the codestream's precision
    }


def _check(data: bytes, layout: PixelLayout, syntax: UID) -> tuple[int, int]:
    """Compare what is declared with what is there; return the bits of a sample and its shift."""
    shift = layout.high_bit + 1 - layout.bits_stored
    if not syntax.is_encapsulated:
        row_bytes = layout.columns * layout.bits_allocated // 8
        # Some devices pad the frame; a whole row more means that the size is wrong.
        if not layout.frame_bytes <= len(data) < layout.frame_bytes + max(row_bytes, 2):
            raise PixelsUnreadable(
                f"{layout.frame_bytes} bytes of pixels are declared, {len(data)} are there"
            )
        return layout.bits_stored, shift
    coded = get_frame(data, 0, number_of_frames=1)
    if layout.frame_bytes > MAXIMUM_EXPANSION * len(coded):
        raise PixelsUnreadable(
            f"{layout.frame_bytes} bytes of pixels are declared from {len(coded)} compressed ones"
        )
    if syntax == RLELossless:  # codes whole containers (PS3.5 Annex G)
        return layout.bits_stored, shift
    header = read_frame_header(coded)
    if (header.rows, header.columns, header.components) != (layout.rows, layout.columns, 1):
        raise PixelsUnreadable(
            f"{layout.rows} x {layout.columns} grey pixels are declared, but the compressed image "
            f"has {header.rows} x {header.columns} of {header.components} components"
        )
    if header.precision > min(_CONTAINER_BITS, layout.bits_allocated):
        raise PixelsUnreadable(f"the compressed image has samples of {header.precision} bits")
    # Where the data set claims fewer bits than were coded, the codestream is right.
    return max(layout.bits_stored, header.precision), 0
