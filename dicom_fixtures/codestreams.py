"""Single compressed frames that pydicom has no encoder for: JPEG by Pillow and GDCM, HTJ2K."""

import shutil
import struct
import subprocess
from io import BytesIO
from pathlib import Path
from tempfile import TemporaryDirectory

import gdcm
import numpy as np
import numpy.typing as npt
from PIL import Image
from pydicom import Dataset
from pydicom.uid import UID, HTJ2KLosslessRPCL

JPEG_QUALITY = 95
EXTENDED_BITS = 12
"""Most bits of a sample in JPEG Extended (PS3.5 8.2.1)."""
HTJ2K_STEP = 0.002
"""Quantisation of lossy HTJ2K, relative to the range: near one part in 250 of the display."""
HTJ2K_ENCODER = "ojph_compress"

_SIZ_SIGN = 42
"""Place of Ssiz in a codestream: SOC, then the SIZ marker segment (ISO/IEC 15444-1 A.5.1)."""


def jpeg_baseline(dataset: Dataset) -> bytes:
    """Compress the pixels of a native image to JPEG baseline.

    Raises:
        ValueError: The pixels are not unsigned with 8 bits.
    """
    _refuse_signed(dataset)
    if dataset.BitsAllocated != 8:  # noqa: PLR2004 - all that baseline JPEG can hold
        raise ValueError("JPEG baseline holds 8 bits: make the study with bits_stored=8")
    file = BytesIO()
    Image.fromarray(dataset.pixel_array).save(file, format="JPEG", quality=JPEG_QUALITY)
    return file.getvalue()


def jpeg_extended(dataset: Dataset, transfer_syntax: UID) -> bytes:
    """Compress the pixels of a native image to JPEG Extended, process 2 or 4.

    Raises:
        ValueError: The pixels are signed or have more than 12 bits.
    """
    _refuse_signed(dataset)
    if dataset.BitsStored > EXTENDED_BITS:
        raise ValueError("JPEG Extended holds 12 bits: make the study with bits_stored=12")
    if dataset.BitsAllocated == 8:  # noqa: PLR2004 - bits of a byte
        return jpeg_lossless(dataset, transfer_syntax)
    # Told of 16 bits, GDCM writes them into the frame header, where 8 and 12 are allowed.
    bits = EXTENDED_BITS
    return _by_gdcm(dataset, transfer_syntax, gdcm.PixelFormat(1, bits, bits, bits - 1, 0))


def jpeg_lossless(dataset: Dataset, transfer_syntax: UID) -> bytes:
    """Compress the pixels of a native image to JPEG Lossless, process 14.

    Raises:
        ValueError: GDCM does not take the image.
    """
    layout = (dataset.BitsAllocated, dataset.BitsStored, dataset.HighBit)
    sample = gdcm.PixelFormat(1, *layout, dataset.PixelRepresentation)
    return _by_gdcm(dataset, transfer_syntax, sample)


def _by_gdcm(dataset: Dataset, transfer_syntax: UID, sample: gdcm.PixelFormat) -> bytes:
    image = gdcm.Image()
    # The filter counts references and frees the image itself.
    image.thisown = False
    image.SetNumberOfDimensions(2)
    image.SetDimensions((dataset.Columns, dataset.Rows, 1))
    grey = gdcm.PhotometricInterpretation.GetPIType("MONOCHROME2")
    image.SetPhotometricInterpretation(gdcm.PhotometricInterpretation(grey))
    image.SetPixelFormat(sample)
    element = gdcm.DataElement(gdcm.Tag(0x7FE0, 0x0010))
    element.SetByteStringValue(dataset.PixelData)
    image.SetDataElement(element)
    change = gdcm.ImageChangeTransferSyntax()
    wanted = gdcm.TransferSyntax.GetTSType(str(transfer_syntax))
    change.SetTransferSyntax(gdcm.TransferSyntax(wanted))
    change.SetInput(image)
    if not change.Change():
        raise ValueError(f"GDCM cannot write {transfer_syntax.name}")
    fragments = change.GetOutput().GetDataElement().GetSequenceOfFragments()
    text: str = fragments.GetFragment(0).GetByteValue().GetBuffer()  # bytes dressed up as text
    return text.encode("utf-8", "surrogateescape")


def high_throughput_jpeg_2000(dataset: Dataset, transfer_syntax: UID, *, lossless: bool) -> bytes:
    """Compress the pixels of a native image with OpenJPH, in the progression RPCL.

    Raises:
        ValueError: OpenJPH (Debian package openjph-tools) is not installed or refuses the image.
    """
    program = shutil.which(HTJ2K_ENCODER)
    if program is None:
        raise ValueError(
            f"no encoder for {transfer_syntax.name}: install {HTJ2K_ENCODER} "
            "(Debian package openjph-tools)"
        )
    samples = _as_unsigned(dataset)
    with TemporaryDirectory(prefix="fixtures-") as folder:
        raw, coded = Path(folder) / "image.yuv", Path(folder) / "image.j2c"
        raw.write_bytes(samples.tobytes())
        options = {
            "-dims": f"{{{dataset.Columns},{dataset.Rows}}}",
            "-num_comps": "1",
            "-signed": "false",
            "-bit_depth": str(dataset.BitsStored),
            "-downsamp": "{1,1}",
            "-prog_order": "RPCL",
        } | ({"-reversible": "true"} if lossless else {"-qstep": str(HTJ2K_STEP)})
        arguments = [part for option in options.items() for part in option]
        done = subprocess.run(  # noqa: S603 - a program found by name, with numbers only
            [program, "-i", str(raw), "-o", str(coded), *arguments],
            capture_output=True,
            text=True,
            check=False,
        )
        if done.returncode or not coded.exists():
            raise ValueError(f"{HTJ2K_ENCODER} refuses the image: {done.stdout.strip()[:200]}")
        stream = bytearray(coded.read_bytes())
    if dataset.PixelRepresentation:
        stream[_SIZ_SIGN] |= 0x80
    if transfer_syntax == HTJ2KLosslessRPCL:
        return _with_tile_lengths(bytes(stream))
    return bytes(stream)


def _as_unsigned(dataset: Dataset) -> npt.NDArray[np.uint8] | npt.NDArray[np.uint16]:
    """Raise signed samples by half their range.

    Codecs lower unsigned samples by as much before the transform (ISO/IEC 15444-1 G.1), so that
    the codestream is that of the signed samples but for the bit that says so.
    """
    samples: npt.NDArray[np.int32] = dataset.pixel_array.astype(np.int32)
    if dataset.PixelRepresentation:
        samples += 1 << (dataset.BitsStored - 1)
    return samples.astype(np.uint8 if dataset.BitsStored <= 8 else "<u2")  # noqa: PLR2004 - a byte


def _with_tile_lengths(stream: bytes) -> bytes:
    """Add the TLM marker segment that the syntax demands (PS3.5 Annex A.4.4).

    There is one tile with one tile-part, whose length stands in its SOT marker segment
    (ISO/IEC 15444-1 A.4.2 and A.7.1).
    """
    start = stream.index(b"\xff\x90\x00\x0a")
    (length,) = struct.unpack_from(">I", stream, start + 6)
    tile_part = length or len(stream) - len(b"\xff\xd9") - start
    marker = struct.pack(">HHBBI", 0xFF55, 8, 0, 0x40, tile_part)
    return stream[:start] + marker + stream[start:]


def _refuse_signed(dataset: Dataset) -> None:
    if dataset.PixelRepresentation:
        raise ValueError("lossy JPEG holds no signed values")
