"""The smallest objects that a PACS takes."""

from pathlib import Path

from pydicom.dataset import Dataset, FileMetaDataset
from pydicom.uid import (
    ComputedRadiographyImageStorage,
    ExplicitVRLittleEndian,
)

ROOT = "1.2.826.0.1.3680043.10.999.9"


def write_object(
    folder: Path, number: int, *, SOPClassUID: str = ComputedRadiographyImageStorage
) -> Path:
    """Write an 8 x 8 image of study and instance `number`; return its file."""
    dataset = Dataset()
    dataset.SOPClassUID = SOPClassUID
    dataset.SOPInstanceUID = f"{ROOT}.1.{number}"
    dataset.StudyInstanceUID = f"{ROOT}.2.{number}"
    dataset.SeriesInstanceUID = f"{ROOT}.3.{number}"
    dataset.PatientID = f"TEST{number}"
    dataset.PatientName = "Test^Deploy"
    dataset.Modality = "CR"
    dataset.Rows = dataset.Columns = 8
    dataset.SamplesPerPixel = 1
    dataset.PhotometricInterpretation = "MONOCHROME2"
    dataset.BitsAllocated = 16
    dataset.BitsStored = 12
    dataset.HighBit = 11
    dataset.PixelRepresentation = 0
    dataset.PixelData = bytes(range(128))
    dataset.file_meta = FileMetaDataset()
    dataset.file_meta.TransferSyntaxUID = ExplicitVRLittleEndian
    path = folder / f"object-{number}.dcm"
    dataset.save_as(path, enforce_file_format=True)
    return path
