"""What every result object carries, whatever it says: whose it is, who made it, and when."""

import hashlib
from dataclasses import dataclass
from io import BytesIO

from pydicom.dataset import Dataset
from pydicom.filewriter import dcmwrite
from pydicom.sr.coding import Code
from pydicom.uid import ExplicitVRLittleEndian

from triage_agent.dicom.codes import EquipmentPurpose
from triage_agent.dicom.part10 import file_head
from triage_agent.report.material import Material, ScoredImage
from triage_agent.report.reference import PATIENT_KEYWORDS, STUDY_KEYWORDS


@dataclass(frozen=True, slots=True, kw_only=True)
class Placing:
    """Where a result object stands in its study."""

    SOPClassUID: str
    SOPInstanceUID: str
    SeriesInstanceUID: str
    SeriesNumber: int
    SeriesDescription: str
    InstanceNumber: int
    Modality: str


def result_dataset(material: Material, image: ScoredImage, placing: Placing) -> Dataset:
    """Return a data set with the modules that all results share, in ISO_IR 192.

    Patient and study are those of `image`. Contributing Equipment names the algorithm as IHE AI
    Results asks (PS3.3 Annex C.12.1.1; Device UID included).
    """
    dataset = Dataset()
    dataset.SpecificCharacterSet = "ISO_IR 192"
    for keyword in (*PATIENT_KEYWORDS, *STUDY_KEYWORDS):
        if keyword in image.reference:
            dataset.add(image.reference[keyword])
    dataset.SOPClassUID = placing.SOPClassUID
    dataset.SOPInstanceUID = placing.SOPInstanceUID
    dataset.SeriesInstanceUID = placing.SeriesInstanceUID
    dataset.SeriesNumber = placing.SeriesNumber
    dataset.SeriesDescription = placing.SeriesDescription
    dataset.InstanceNumber = placing.InstanceNumber
    dataset.Modality = placing.Modality
    local = material.local_time
    date, time = local.strftime("%Y%m%d"), local.strftime("%H%M%S.%f")
    dataset.InstanceCreationDate, dataset.InstanceCreationTime = date, time
    dataset.SeriesDate, dataset.SeriesTime = date, time
    dataset.ContentDate, dataset.ContentTime = date, time
    _identify(dataset, material)
    dataset.ContributingEquipmentSequence = [_equipment(material)]
    return dataset


def _identify(item: Dataset, material: Material) -> None:
    algorithm = material.algorithm
    item.Manufacturer = algorithm.manufacturer
    item.ManufacturerModelName = algorithm.name
    item.SoftwareVersions = algorithm.version


def _equipment(material: Material) -> Dataset:
    item = Dataset()
    _identify(item, material)
    item.DeviceUID = material.algorithm.device_uid
    item.PurposeOfReferenceCodeSequence = [code_item(EquipmentPurpose.PROCESSING_EQUIPMENT.value)]
    # A DT states its own offset, so this one is right wherever it is read.
    item.ContributionDateTime = material.at.strftime("%Y%m%d%H%M%S.%f%z")
    item.ContributionDescription = "Triage by artificial intelligence. RESEARCH USE ONLY."
    return item


def code_item(code: Code) -> Dataset:
    """Return an item of a code sequence (PS3.3 section 8.8)."""
    item = Dataset()
    item.CodeValue = code.value
    item.CodingSchemeDesignator = code.scheme_designator
    item.CodeMeaning = code.meaning
    return item


def encode(dataset: Dataset) -> tuple[bytes, str]:
    """Return a data set as a Part 10 file (Explicit VR Little Endian), and its digest.

    The digest is the SHA-256, hexadecimal, over the transfer syntax UID and the data set. The
    same data set gives the same bytes.
    """
    buffer = BytesIO()
    dcmwrite(buffer, dataset, implicit_vr=False, little_endian=True)
    body = buffer.getvalue()
    head = file_head(
        SOPClassUID=dataset.SOPClassUID,
        SOPInstanceUID=dataset.SOPInstanceUID,
        TransferSyntaxUID=ExplicitVRLittleEndian,
    )
    digest = hashlib.sha256(str(ExplicitVRLittleEndian).encode("ascii"))
    digest.update(body)
    return head + body, digest.hexdigest()
