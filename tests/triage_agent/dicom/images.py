"""Small greyscale data sets, made by hand so that every stored bit is known."""

import numpy as np
import numpy.typing as npt
from pydicom import Dataset
from pydicom.dataset import FileMetaDataset
from pydicom.uid import UID, ExplicitVRLittleEndian

from tests.factories import Value


def make_image(
    pixels: npt.NDArray[np.integer[Value]],
    *,
    syntax: UID = ExplicitVRLittleEndian,
    **elements: Value,
) -> Dataset:
    """Return an image with these containers as they are, and these elements; None removes one."""
    dataset = Dataset()
    dataset.file_meta = FileMetaDataset()
    dataset.file_meta.TransferSyntaxUID = syntax
    bits = pixels.dtype.itemsize * 8
    values: dict[str, Value] = {
        "SamplesPerPixel": 1,
        "PhotometricInterpretation": "MONOCHROME2",
        "Rows": pixels.shape[0],
        "Columns": pixels.shape[1],
        "BitsAllocated": bits,
        "BitsStored": bits,
        "HighBit": (elements.get("BitsStored") or bits) - 1,
        "PixelRepresentation": int(np.issubdtype(pixels.dtype, np.signedinteger)),
        "PixelData": pixels.tobytes(),
    }
    for keyword, value in (values | elements).items():
        if value is not None:
            setattr(dataset, keyword, value)
    dataset["PixelData"].VR = "OW"
    return dataset


def make_table(first: int, entries: list[int], bits: int = 16) -> Dataset:
    """Return an item of Modality LUT Sequence or VOI LUT Sequence."""
    item = Dataset()
    item.add_new("LUTDescriptor", "US" if first >= 0 else "SS", [len(entries), first, bits])
    item.add_new("LUTData", "US", entries)
    return item
