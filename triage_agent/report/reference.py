"""What result objects take over from the images they are about, cleaned first.

Reading is tolerant: devices leave required attributes out and fill others with values that the
standard does not allow. Writing is strict: a result object must be valid whatever came in.
"""

import re
import unicodedata
import warnings
from collections.abc import Iterable
from typing import Final

from pydicom import config
from pydicom.datadict import dictionary_VM, dictionary_VR
from pydicom.dataelem import DataElement
from pydicom.dataset import Dataset
from pydicom.multival import MultiValue
from pydicom.tag import BaseTag, Tag
from pydicom.valuerep import validate_value

# PS3.3 Annex C.7.1.1 and C.7.2.2, what tells whose study this is.
PATIENT_KEYWORDS: Final = (
    "PatientName",
    "PatientID",
    "IssuerOfPatientID",
    "IssuerOfPatientIDQualifiersSequence",
    "TypeOfPatientID",
    "OtherPatientIDsSequence",
    "PatientBirthDate",
    "PatientSex",
    "PatientAge",
)
# PS3.3 Annex C.7.2.1.
STUDY_KEYWORDS: Final = (
    "StudyInstanceUID",
    "StudyID",
    "StudyDate",
    "StudyTime",
    "StudyDescription",
    "ReferringPhysicianName",
    "AccessionNumber",
    "IssuerOfAccessionNumberSequence",
    "ProcedureCodeSequence",
    "TimezoneOffsetFromUTC",
)
# Type 2 of Patient and General Study: written empty where the image does not say.
_PRESENT_EVEN_IF_EMPTY: Final = (
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
_IMAGE_KEYWORDS: Final = (
    "SOPClassUID",
    "SOPInstanceUID",
    "SeriesInstanceUID",
    "Modality",
    "BodyPartExamined",
    "ViewPosition",
    "ImageLaterality",
    "Laterality",
    "PatientOrientation",
    "ImagerPixelSpacing",
    "Rows",
    "Columns",
    "BurnedInAnnotation",
    "LossyImageCompression",
    "LossyImageCompressionRatio",
    "LossyImageCompressionMethod",
    "RequestAttributesSequence",
)

# Kept as they are: a corrected name or identifier is another one.
_VERBATIM_VRS: Final = frozenset({"LO", "SH", "ST", "LT", "UC", "UT", "PN", "UI"})
# Dropped where a value breaks the rules of PS3.5 section 6.2.
_RULED_VRS: Final = frozenset({"AE", "AS", "CS", "DA", "DS", "DT", "IS", "TM", "UR"})
_LONG_TEXT_VRS: Final = frozenset({"ST", "LT", "UT"})
_LINE_BREAKS: Final = "\t\n\f\r"
_NUMBER_VRS: Final = frozenset({"US", "SS", "UL", "SL", "FL", "FD"})
# Enumerated Values (PS3.3 Annex C.7.1.1 and C.7.6.1); any other is dropped.
_ENUMERATED: Final = {
    "PatientSex": ("M", "F", "O"),
    "BurnedInAnnotation": ("YES", "NO"),
    "LossyImageCompression": ("00", "01"),
}
_PAIR: Final = 2  # rows and columns
_OFFSET: Final = re.compile(r"[+-](0\d|1[0-4])[0-5]\d")  # PS3.3 Annex C.12.1.1


def normalised(source: Dataset) -> Dataset:
    """Return a new data set with what result objects take over from an image.

    Text is decoded, so that it can be written in any character set. The attributes of type 2
    that identify patient and study are there, empty if they were absent. PatientSex, dates,
    times, codes and numbers that the standard does not allow are dropped; names and identifiers
    are kept as they are, control characters apart, since a corrected identifier is another one.
    PatientOrientation and ImagerPixelSpacing are there only with two good values each.
    `source` is not changed.
    """
    keywords = (*PATIENT_KEYWORDS, *STUDY_KEYWORDS, *_IMAGE_KEYWORDS)
    with warnings.catch_warnings():
        # pydicom repeats a bad value in its warning, and that may be patient data.
        warnings.simplefilter("ignore")
        reference = _cleaned(source, (Tag(keyword) for keyword in keywords))
    for keyword, allowed in _ENUMERATED.items():
        if keyword in reference and reference[keyword].value not in allowed:
            delattr(reference, keyword)
    for keyword in _PRESENT_EVEN_IF_EMPTY:
        if keyword not in reference:
            setattr(reference, keyword, None)
    if not _OFFSET.fullmatch(str(reference.get("TimezoneOffsetFromUTC", "+0000"))):
        del reference.TimezoneOffsetFromUTC
    for keyword in ("PatientOrientation", "ImagerPixelSpacing"):
        if keyword in reference and not _is_pair(reference[keyword]):
            delattr(reference, keyword)
    return reference


def _cleaned(source: Dataset, tags: Iterable[BaseTag]) -> Dataset:
    cleaned = Dataset()
    for tag in tags:
        element = _clean_element(source, tag)
        if element is not None:
            cleaned.add(element)
    return cleaned


def _clean_element(source: Dataset, tag: BaseTag) -> DataElement | None:
    try:
        element = source[tag]
        vr = str(element.VR)
        if vr != dictionary_VR(tag):
            return None
        if vr == "SQ":
            items = [_cleaned(item, _public_tags(item)) for item in element.value]
            filled = [item for item in items if len(item)]
            return DataElement(tag, vr, filled) if filled else None
        if vr in _NUMBER_VRS:
            return DataElement(tag, vr, element.value) if element.VM == 1 else None
        return _text_element(tag, vr, element.value)
    except Exception:  # noqa: BLE001 - pydicom has many ways to object to a bad value
        # Absent, or not to be understood: the same for a result object.
        return None


def _text_element(tag: BaseTag, vr: str, value: object) -> DataElement | None:
    several = value if isinstance(value, MultiValue) else [value]
    texts = ["" if each is None else _printable(str(each), vr) for each in several]
    if vr in _RULED_VRS:
        if len(texts) > 1 and dictionary_VM(tag) == "1":
            return None
        for text in texts:
            validate_value(vr, text, config.RAISE)
    elif vr not in _VERBATIM_VRS:
        return None
    return DataElement(tag, vr, texts, validation_mode=config.IGNORE) if any(texts) else None


def _printable(text: str, vr: str) -> str:
    """Drop what no text may hold (PS3.5 section 6.1.3) and what could steer a terminal."""
    allowed = _LINE_BREAKS if vr in _LONG_TEXT_VRS else ""
    kept = (each for each in text if each in allowed or unicodedata.category(each) != "Cc")
    return "".join(kept).strip(" ")


def _public_tags(item: Dataset) -> list[BaseTag]:
    return [tag for tag in item.keys() if not tag.is_private]  # noqa: SIM118 - no conversion


def _is_pair(element: DataElement) -> bool:
    """Whether there are two values, and if they are numbers, two positive ones."""
    if element.VM != _PAIR or not all(element.value):
        return False
    return element.VR != "DS" or all(value > 0 for value in element.value)
