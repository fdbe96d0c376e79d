"""JPEG Extended with 12 bits, which pydicom leaves undecoded; GDCM's own decoder reads it."""

import gdcm
import numpy as np
import numpy.typing as npt
from pydicom.uid import JPEGExtended12Bit

from triage_agent.dicom.pixel_layout import PixelLayout


def decode_extended(coded: bytes, layout: PixelLayout, precision: int) -> npt.NDArray[np.uint16]:
    """Decode one frame (process 4): uint16 [rows, columns].

    Raises:
        ValueError: GDCM cannot read it, or gives another number of pixels than `layout` asks for.
    """
    fragment = gdcm.Fragment()
    fragment.SetByteStringValue(coded)
    fragments = gdcm.SequenceOfFragments.New()
    fragments.AddFragment(fragment)
    element = gdcm.DataElement(gdcm.Tag(0x7FE0, 0x0010))
    element.SetValue(fragments.__ref__())
    image = gdcm.Image()
    image.SetNumberOfDimensions(2)
    image.SetDimensions((layout.columns, layout.rows, 1))
    image.SetDataElement(element)
    grey = gdcm.PhotometricInterpretation.GetPIType("MONOCHROME2")
    image.SetPhotometricInterpretation(gdcm.PhotometricInterpretation(grey))
    syntax = gdcm.TransferSyntax.GetTSType(str(JPEGExtended12Bit))
    image.SetTransferSyntax(gdcm.TransferSyntax(syntax))
    image.SetPixelFormat(gdcm.PixelFormat(1, 16, precision, precision - 1, 0))
    text = image.GetBuffer()  # bytes dressed up as text; None where it failed
    if text is None:
        raise ValueError("GDCM cannot decode the frame")
    decoded = text.encode("utf-8", "surrogateescape")
    return np.frombuffer(decoded, dtype="<u2").reshape(layout.rows, layout.columns)
