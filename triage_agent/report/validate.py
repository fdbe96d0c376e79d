"""What is checked of every result before it leaves: cheap, in process, without a validator.

The rules of the IODs and templates are checked by peers in the tests; here it is caught when an
input that no test foresaw led to an object that would be filed under the wrong study, point to
images that are not there, or be taken for more than it is.
"""

import re
from collections.abc import Callable, Iterator
from typing import Any, Final

from pydicom.dataset import Dataset
from pydicom.uid import Comprehensive3DSRStorage, SecondaryCaptureImageStorage

from triage_agent.dicom.codes import Concept, EquipmentPurpose, Normality
from triage_agent.errors import ReportInvalid
from triage_agent.report.material import Material
from triage_agent.report.wording import WARNING

# Type 1 of the modules that all results share, and what every result promises on top.
_FILLED: Final = (
    "SOPClassUID",
    "SOPInstanceUID",
    "StudyInstanceUID",
    "SeriesInstanceUID",
    "Modality",
    "SeriesNumber",
    "InstanceNumber",
    "ContentDate",
    "ContentTime",
    "SpecificCharacterSet",
    "Manufacturer",
    "ContributingEquipmentSequence",
)
# Type 2: there, if only to say that nothing is known.
_PRESENT: Final = (
    "PatientName",
    "PatientID",
    "PatientBirthDate",
    "PatientSex",
    "StudyID",
    "StudyDate",
    "StudyTime",
    "ReferringPhysicianName",
    "AccessionNumber",
)
_FILLED_BY_CLASS: Final = {
    Comprehensive3DSRStorage: (
        "CompletionFlag",
        "VerificationFlag",
        "CurrentRequestedProcedureEvidenceSequence",
        "ConceptNameCodeSequence",
        "ContentSequence",
    ),
    SecondaryCaptureImageStorage: (
        "ConversionType",
        "DerivationDescription",
        "SourceImageSequence",
        "ImageComments",
        "PixelData",
    ),
}
_UID = re.compile(r"2\.25\.[1-9][0-9]{0,38}")


def validate(dataset: Dataset, material: Material) -> None:
    """Check a result against what it was made from.

    Raises:
        ReportInvalid: naming what is wrong, without patient data.
    """
    _check_attributes(dataset)
    _check_identity(dataset, material)
    _check_references(dataset, material)
    _check_equipment(dataset, material)
    _CHECKS_BY_CLASS[dataset.SOPClassUID](dataset, material)


def _check_attributes(dataset: Dataset) -> None:
    absent = [keyword for keyword in _FILLED if not dataset.get(keyword)]
    absent += [keyword for keyword in _PRESENT if keyword not in dataset]
    class_uid = dataset.get("SOPClassUID")
    if class_uid not in _FILLED_BY_CLASS:
        raise ReportInvalid(f"{class_uid} is not a class of results")
    absent += [keyword for keyword in _FILLED_BY_CLASS[class_uid] if not dataset.get(keyword)]
    _require(not absent, f"a result lacks {', '.join(absent)}")


def _check_identity(dataset: Dataset, material: Material) -> None:
    _require(
        dataset.StudyInstanceUID == material.study.StudyInstanceUID,
        "a result is of another study",
    )
    for keyword in ("SOPInstanceUID", "SeriesInstanceUID"):
        _require(
            _UID.fullmatch(dataset[keyword].value) is not None,
            f"the {keyword} of a result was not derived",
        )


def _check_references(dataset: Dataset, material: Material) -> None:
    known = {image.SOPInstanceUID for image in material.images}
    if material.predecessor is not None:
        known.add(material.predecessor.SOPInstanceUID)
    referenced = {str(uid) for uid in _values(dataset, "ReferencedSOPInstanceUID")}
    _require(bool(referenced), "a result refers to no image")
    _require(referenced <= known, "a result refers to an object that it is not about")


def _check_equipment(dataset: Dataset, material: Material) -> None:
    purpose = EquipmentPurpose.PROCESSING_EQUIPMENT.value.value
    devices = [
        item.get("DeviceUID")
        for item in dataset.ContributingEquipmentSequence
        if item.PurposeOfReferenceCodeSequence[0].CodeValue == purpose
    ]
    _require(
        devices == [material.algorithm.device_uid],
        "the processing equipment of a result is not the algorithm",
    )


def _check_report(dataset: Dataset, material: Material) -> None:
    normality = Normality.ABNORMAL if material.abnormal else Normality.NORMAL
    expected = [normality.value.value] if material.assessed else []
    found = [item.ConceptCodeSequence[0].CodeValue for item in _items(dataset, Concept.NORMALITY)]
    _require(found == expected, "a report contradicts the assessment")
    scored = any(_items(dataset, Concept.PROBABILITY))
    _require(scored == material.assessed, "a report contradicts the assessment")
    _require(WARNING in _values(dataset, "TextValue"), "a report does not carry its warning")
    images = {image.SOPInstanceUID for image in material.images}
    evidence = set(
        _values(dataset.CurrentRequestedProcedureEvidenceSequence[0], "ReferencedSOPInstanceUID")
    )
    _require(images == evidence, "the evidence of a report is not the scored images")


def _check_overlay(dataset: Dataset, material: Material) -> None:
    del material
    expected = dataset.Rows * dataset.Columns * dataset.SamplesPerPixel
    _require(
        len(dataset.PixelData) == expected + expected % 2,
        "the pixels of an overlay do not fill its rows and columns",
    )


_CHECKS_BY_CLASS: Final[dict[str, Callable[[Dataset, Material], None]]] = {
    Comprehensive3DSRStorage: _check_report,
    SecondaryCaptureImageStorage: _check_overlay,
}


def _items(dataset: Dataset, concept: Concept) -> Iterator[Dataset]:
    """Walk through all levels for the content items of one concept."""
    return (
        item
        for items in _values(dataset, "ContentSequence")
        for item in items
        if item.ConceptNameCodeSequence[0].CodeValue == concept.value.value
    )


def _values(dataset: Dataset, keyword: str) -> Iterator[Any]:
    """Walk through all levels for the values of one attribute."""
    return (element.value for element in dataset.iterall() if element.keyword == keyword)


def _require(holds: bool, complaint: str) -> None:  # noqa: FBT001 - reads like an assertion
    if not holds:
        raise ReportInvalid(complaint)
