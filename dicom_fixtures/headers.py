"""Headers as radiography systems write them: CR (PS3.3 A.2) and DX For Presentation (A.26)."""

from dataclasses import dataclass
from typing import Literal

import numpy as np
from pydicom import Dataset
from pydicom.dataset import FileMetaDataset
from pydicom.sr.coding import Code
from pydicom.uid import (
    ComputedRadiographyImageStorage,
    DigitalXRayImageStorageForPresentation,
    ExplicitVRLittleEndian,
)

from dicom_fixtures import extra_elements
from dicom_fixtures.habits import Habit
from dicom_fixtures.modality import describe_modality
from dicom_fixtures.people import Person
from dicom_fixtures.stored import (
    Photometric,
    Pixels,
    Voi,
    describe_values_of_interest,
    ends_of,
)
from dicom_fixtures.terms import VIEW_TERMS, coded, turned
from dicom_fixtures.uids import fixture_uid

Modality = Literal["DX", "CR"]
SOP_CLASSES = {
    "DX": DigitalXRayImageStorageForPresentation,
    "CR": ComputedRadiographyImageStorage,
}


@dataclass(frozen=True)
class Vendor:
    """An invented radiography system and its habits."""

    Manufacturer: str
    ManufacturerModelName: str
    SoftwareVersions: str
    StationName: str
    DetectorType: str
    voi: Voi
    series_per_view: bool


VENDORS = (
    Vendor(
        Manufacturer="Fixture Imaging",
        ManufacturerModelName="Flat 43",
        SoftwareVersions="3.1.0",
        StationName="XR-ROOM-1",
        DetectorType="DIRECT",
        voi=Voi.WINDOW,
        series_per_view=False,
    ),
    Vendor(
        Manufacturer="Sample Roentgen",
        ManufacturerModelName="Stativ 2",
        SoftwareVersions="V7",
        StationName="XR-ROOM-2",
        DetectorType="SCINTILLATOR",
        voi=Voi.WINDOWS,
        series_per_view=True,
    ),
    Vendor(
        Manufacturer="Placeholder Medical",
        ManufacturerModelName="PlateReader",
        SoftwareVersions="1.90",
        StationName="XR-CASUALTY",
        DetectorType="STORAGE",
        voi=Voi.LUT,
        series_per_view=False,
    ),
)


@dataclass(frozen=True)
class StudyFacts:
    """What every image of one study shares.

    `upright` says that the image shows the hand's end above. An empty `anatomy` in a DX object is
    valid only without BodyPartExamined (PS3.3 C.8.11.2).
    """

    key: str
    person: Person
    vendor: Vendor
    modality: Modality
    laterality: str
    AccessionNumber: str
    StudyDescription: str
    anatomy: Code | None
    upright: bool
    BodyPartExamined: str | None
    stat: bool
    declared_images: int | None
    habits: tuple[Habit, ...] = ()

    @property
    def StudyInstanceUID(self) -> str:  # noqa: N802 - the element's keyword
        """The study's UID: the same for the same key."""
        return fixture_uid("study", self.key)


@dataclass(frozen=True)
class ImageFacts:
    """What one image says of itself; `limits` are black and white of MONOCHROME2.

    `turned_degrees` is how far the limb is turned, clockwise as it is seen.
    """

    number: int
    view: str
    pixels: Pixels
    bits_stored: int
    photometric: Photometric
    voi: Voi
    pixel_spacing_mm: float
    SeriesDescription: str
    turned_degrees: float = 0.0
    limits: tuple[int, int] | None = None


def build_image(study: StudyFacts, image: ImageFacts) -> Dataset:
    """One complete image object, Explicit VR Little Endian, ready to be written."""
    dataset = Dataset()
    series = image.number if study.vendor.series_per_view else 1
    person = study.person
    if person.script.SpecificCharacterSet is not None:
        dataset.SpecificCharacterSet = person.script.SpecificCharacterSet
    dataset.SOPClassUID = SOP_CLASSES[study.modality]
    dataset.SOPInstanceUID = fixture_uid("image", study.key, image.number)
    dataset.StudyInstanceUID = study.StudyInstanceUID
    dataset.SeriesInstanceUID = fixture_uid("series", study.key, series)
    dataset.SeriesNumber, dataset.InstanceNumber = series, image.number
    _describe_patient_and_order(dataset, study)
    _describe_equipment(dataset, study)
    _describe_anatomy(dataset, study, image)
    _describe_acquisition(dataset, study, image)
    _add_pixels(dataset, study, image)
    for habit, add in extra_elements.ADDITIONS.items():
        if habit in study.habits:
            add(dataset)
    meta = FileMetaDataset()
    meta.MediaStorageSOPClassUID = dataset.SOPClassUID
    meta.MediaStorageSOPInstanceUID = dataset.SOPInstanceUID
    meta.TransferSyntaxUID = ExplicitVRLittleEndian
    dataset.file_meta = meta
    return dataset


def _describe_patient_and_order(dataset: Dataset, study: StudyFacts) -> None:
    person = study.person
    dataset.PatientName = person.script.PatientName
    dataset.PatientID = person.PatientID
    dataset.IssuerOfPatientID = "FIXTURES"
    dataset.PatientBirthDate = person.PatientBirthDate
    dataset.PatientSex = person.PatientSex
    dataset.PatientAge = person.PatientAge
    dataset.StudyDate = dataset.SeriesDate = person.StudyDate
    dataset.ContentDate = dataset.AcquisitionDate = person.StudyDate
    dataset.StudyTime = dataset.SeriesTime = person.StudyTime
    dataset.ContentTime = dataset.AcquisitionTime = person.StudyTime
    dataset.AccessionNumber = study.AccessionNumber
    dataset.StudyID = study.AccessionNumber[-6:]
    dataset.StudyDescription = study.StudyDescription
    dataset.ReferringPhysicianName = "Fixture^Referrer"
    if study.stat:
        # Not in the image IODs, but what systems copy from the worklist (PS3.3 C.4.11).
        dataset.RequestedProcedurePriority = "STAT"
    if study.declared_images is not None:
        dataset.NumberOfStudyRelatedInstances = study.declared_images
    request = Dataset()
    request.RequestedProcedureID = f"RP{study.AccessionNumber[-6:]}"
    request.RequestedProcedureDescription = study.StudyDescription
    request.ScheduledProcedureStepID = f"SPS{study.AccessionNumber[-6:]}"
    request.ScheduledProcedureStepDescription = study.StudyDescription
    dataset.RequestAttributesSequence = [request]
    dataset.PerformedProcedureStepID = f"PPS{study.AccessionNumber[-6:]}"
    dataset.PerformedProcedureStepStartDate = person.StudyDate
    dataset.PerformedProcedureStepStartTime = person.StudyTime


def _describe_equipment(dataset: Dataset, study: StudyFacts) -> None:
    dataset.Modality = study.modality
    dataset.Manufacturer = study.vendor.Manufacturer
    dataset.ManufacturerModelName = study.vendor.ManufacturerModelName
    dataset.DeviceSerialNumber = f"FX{len(study.vendor.StationName):04d}"
    dataset.SoftwareVersions = study.vendor.SoftwareVersions
    dataset.StationName = study.vendor.StationName
    dataset.InstitutionName = "Hospital of Synthetic Fixtures"


def _describe_anatomy(dataset: Dataset, study: StudyFacts, image: ImageFacts) -> None:
    terms = VIEW_TERMS[image.view]
    if study.BodyPartExamined is not None:
        dataset.BodyPartExamined = study.BodyPartExamined
    elif study.modality == "CR":
        dataset.BodyPartExamined = ""
    dataset.SeriesDescription = image.SeriesDescription
    dataset.ViewPosition = terms.position[study.laterality]
    # Arms hang down in the anatomical position, and radiographs of hands show them upright.
    across = (terms.across, "H" if study.upright else "F")
    dataset.PatientOrientation = list(turned(across, image.turned_degrees))
    if study.modality == "CR":
        dataset.Laterality = study.laterality
        return
    dataset.ImageLaterality = study.laterality
    dataset.AnatomicRegionSequence = [coded(study.anatomy)] if study.anatomy else []
    view = coded(terms.code)
    view.ViewModifierCodeSequence = []
    dataset.ViewCodeSequence = [view]


def _describe_acquisition(dataset: Dataset, study: StudyFacts, image: ImageFacts) -> None:
    pitch = float(f"{image.pixel_spacing_mm:.6g}")
    dataset.ImagerPixelSpacing = [pitch, pitch]
    dataset.KVP = "55"
    dataset.Exposure = "4"
    if study.modality == "CR":
        dataset.PlateType = "IMAGING PLATE"
        dataset.Sensitivity = "200"
        return
    dataset.PresentationIntentType = "FOR PRESENTATION"
    dataset.PositionerType = "COLUMN"
    dataset.DetectorType = study.vendor.DetectorType
    dataset.DetectorID = f"FX-{study.vendor.StationName}"
    dataset.ExposureIndex = "320"
    dataset.TargetExposureIndex = "300"
    dataset.DeviationIndex = "0.3"
    dataset.AcquisitionContextSequence = []


def _add_pixels(dataset: Dataset, study: StudyFacts, image: ImageFacts) -> None:
    allocated = image.pixels.dtype.itemsize * 8
    dataset.ImageType = ["ORIGINAL", "PRIMARY"] + ([""] if study.modality == "DX" else [])
    dataset.SamplesPerPixel = 1
    dataset.PhotometricInterpretation = image.photometric
    dataset.Rows, dataset.Columns = image.pixels.shape
    dataset.BitsAllocated, dataset.BitsStored = allocated, image.bits_stored
    dataset.HighBit = image.bits_stored - 1
    dataset.BurnedInAnnotation = "YES" if Habit.BURNED_IN in study.habits else "NO"
    dataset.LossyImageCompression = "00"
    if study.modality == "DX":
        dataset.PixelIntensityRelationship = "LOG"
        # PS3.3 C.8.11.3.1.2: -1 where a lower value means more X-rays.
        dataset.PixelIntensityRelationshipSign = 1 if image.photometric == "MONOCHROME1" else -1
        dataset.RescaleIntercept, dataset.RescaleSlope = 0, 1
        dataset.RescaleType = "US"
        inverse = image.photometric == "MONOCHROME1"
        dataset.PresentationLUTShape = "INVERSE" if inverse else "IDENTITY"
    stored = describe_modality(
        dataset,
        image.pixels,
        ends=ends_of(image.bits_stored, image.photometric, image.limits),
        bits=image.bits_stored,
        photometric=image.photometric,
        habits=study.habits,
    )
    describe_values_of_interest(
        dataset, voi=image.voi, ends=stored.ends, full_width=stored.full_width
    )
    values = stored.values
    if Habit.ICON in study.habits:
        dataset.IconImageSequence = [extra_elements.icon_of(values, image.photometric)]
    plane = extra_elements.drawing(*values.shape)
    if Habit.EMBEDDED_OVERLAY in study.habits:
        values = values | plane.astype(np.int32) << image.bits_stored
        extra_elements.describe_overlay(dataset, plane, embedded_at=image.bits_stored)
    elif Habit.OVERLAY in study.habits:
        extra_elements.describe_overlay(dataset, plane)
    # Two's complement: the low bytes of a signed number are what is stored.
    bytewise = allocated == 8  # noqa: PLR2004 - bits of a byte
    data = (values & (2**allocated - 1)).astype(np.uint8 if bytewise else "<u2").tobytes()
    dataset.add_new("PixelData", "OB" if bytewise else "OW", data + b"\0" * (len(data) % 2))
