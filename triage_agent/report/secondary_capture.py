"""The overlay as a Secondary Capture image (PS3.3 Annex A.8.1)."""

from typing import Final

import numpy as np
import numpy.typing as npt
from pydicom.dataset import Dataset
from pydicom.uid import SecondaryCaptureImageStorage

from triage_agent.dicom.codes import SourcePurpose
from triage_agent.domain.delivery import ResultKind
from triage_agent.report.envelope import Placing, code_item, result_dataset
from triage_agent.report.identity import overlay_series_uid, result_uid
from triage_agent.report.material import Material, ScoredImage

# Above what modalities number, so that viewers list results last.
SERIES_NUMBER: Final = 9002

# Compression of the source shows in the overlay too and stays on record (Annex C.7.6.1.1.5).
_COMPRESSION_KEYWORDS: Final = (
    "LossyImageCompression",
    "LossyImageCompressionRatio",
    "LossyImageCompressionMethod",
)


def secondary_capture(
    material: Material, image: ScoredImage, picture: npt.NDArray[np.uint8]
) -> Dataset:
    """Return the Secondary Capture object that shows `picture`, uint8 [rows, columns, 3].

    It has no pixel spacing: it is reduced and has borders, so nothing is to be measured on it.
    BurnedInAnnotation is the source's own statement, since the words that are added here identify
    nobody; where the source states nothing, neither does the overlay.
    """
    placing = Placing(
        SOPClassUID=SecondaryCaptureImageStorage,
        SOPInstanceUID=result_uid(material, ResultKind.SECONDARY_CAPTURE, [image.SOPInstanceUID]),
        SeriesInstanceUID=overlay_series_uid(material),
        SeriesNumber=SERIES_NUMBER,
        SeriesDescription="AI triage heat map - RESEARCH USE ONLY",
        InstanceNumber=image.number,
        Modality="OT",
    )
    dataset = result_dataset(material, image, placing)
    _describe(dataset, image)
    local = material.local_time
    dataset.ConversionType = "WSD"
    dataset.DateOfSecondaryCapture = local.strftime("%Y%m%d")
    dataset.TimeOfSecondaryCapture = local.strftime("%H%M%S.%f")
    dataset.SecondaryCaptureDeviceManufacturer = material.algorithm.manufacturer
    dataset.SecondaryCaptureDeviceManufacturerModelName = material.algorithm.name
    dataset.SecondaryCaptureDeviceSoftwareVersions = material.algorithm.version
    _add_pixels(dataset, picture)
    return dataset


def _describe(dataset: Dataset, image: ScoredImage) -> None:
    reference = image.reference
    region = image.instance.region
    bodypart = reference.get("BodyPartExamined") or region
    if bodypart:
        dataset.BodyPartExamined = str(bodypart)
    # One series may hold both sides, so the side is said of the image; only where that is not
    # known is Laterality there, empty (Type 2C, PS3.3 Annex C.7.3.1).
    if image.laterality:
        dataset.ImageLaterality = image.laterality
    else:
        dataset.Laterality = None
    dataset.PatientOrientation = reference.get("PatientOrientation")
    dataset.ImageType = ["DERIVED", "SECONDARY", "OTHER"]
    dataset.DerivationDescription = (
        "Radiograph reduced, class activation map laid over it in colour, caption added"
    )
    dataset.SourceImageSequence = [_source_item(image)]
    for keyword in ("BurnedInAnnotation", *_COMPRESSION_KEYWORDS):
        if keyword in reference:
            dataset.add(reference[keyword])
    dataset.ImageComments = "RESEARCH USE ONLY. NOT FOR DIAGNOSTIC USE."


def _source_item(image: ScoredImage) -> Dataset:
    item = Dataset()
    item.ReferencedSOPClassUID = image.SOPClassUID
    item.ReferencedSOPInstanceUID = image.SOPInstanceUID
    item.PurposeOfReferenceCodeSequence = [code_item(SourcePurpose.PROCESSING.value)]
    item.SpatialLocationsPreserved = "NO"
    return item


def _add_pixels(dataset: Dataset, picture: npt.NDArray[np.uint8]) -> None:
    dataset.Rows, dataset.Columns, dataset.SamplesPerPixel = picture.shape
    dataset.PhotometricInterpretation = "RGB"
    dataset.PlanarConfiguration = 0
    dataset.BitsAllocated = dataset.BitsStored = 8
    dataset.HighBit = 7
    dataset.PixelRepresentation = 0
    pixels = picture.tobytes()
    dataset.PixelData = pixels + b"\0" * (len(pixels) % 2)
    dataset["PixelData"].VR = "OB"
