"""Codes that the node writes, with the meanings of PS3.16 (2022 and later)."""

from collections.abc import Mapping
from enum import Enum
from typing import Final

from pydicom.sr.coding import Code

from triage_agent.domain.region import Region


class DocumentTitle(Enum):
    """PS3.16 CID 7021 "Measurement Report Document Titles"."""

    IMAGING_MEASUREMENT_REPORT = Code("126000", "DCM", "Imaging Measurement Report")


class ProcedureReported(Enum):
    """PS3.16 CID 100 "Quantitative Diagnostic Imaging Procedures": the imaging, not the algorithm.

    LN 43468-8 for radiographs is newer than the context group that validators and archives know;
    what was imaged stands in the modality and the finding site.
    """

    IMAGING = Code("363679005", "SCT", "Imaging procedure")


class ObserverType(Enum):
    """PS3.16 CID 270 "Observer Type"."""

    DEVICE = Code("121007", "DCM", "Device")


class Concept(Enum):
    """Names of content items: what a value is (PS3.16 TID 1501, 1600 to 1603, CID 7181)."""

    PROBABILITY = Code("122157", "DCM", "Probability")
    NORMALITY = Code("121402", "DCM", "Normality")
    COMMENT = Code("121106", "DCM", "Comment")
    IMAGE_LIBRARY = Code("111028", "DCM", "Image Library")
    IMAGE_LIBRARY_GROUP = Code("126200", "DCM", "Image Library Group")
    SOURCE = Code("260753009", "SCT", "Source")
    MODALITY = Code("121139", "DCM", "Modality")
    TARGET_REGION = Code("123014", "DCM", "Target Region")
    IMAGE_LATERALITY = Code("111027", "DCM", "Image Laterality")
    PIXEL_DATA_ROWS = Code("110910", "DCM", "Pixel Data Rows")
    PIXEL_DATA_COLUMNS = Code("110911", "DCM", "Pixel Data Columns")
    PATIENT_ORIENTATION_ROW = Code("111044", "DCM", "Patient Orientation Row")
    PATIENT_ORIENTATION_COLUMN = Code("111043", "DCM", "Patient Orientation Column")
    HORIZONTAL_PIXEL_SPACING = Code("111026", "DCM", "Horizontal Pixel Spacing")
    VERTICAL_PIXEL_SPACING = Code("111066", "DCM", "Vertical Pixel Spacing")


class Normality(Enum):
    """PS3.16 CID 222 "Normality Codes": values of `Concept.NORMALITY`."""

    ABNORMAL = Code("263654008", "SCT", "Abnormal")
    NORMAL = Code("17621005", "SCT", "Normal")


class Unit(Enum):
    """UCUM (PS3.16 CID 82)."""

    NO_UNITS = Code("1", "UCUM", "no units")
    MILLIMETRE = Code("mm", "UCUM", "mm")
    PIXELS = Code("{pixels}", "UCUM", "Pixels")


class Derivation(Enum):
    """PS3.16 CID 7464 "General Region of Interest Measurement Modifiers"."""

    MEAN = Code("373098007", "SCT", "Mean")


class AlgorithmFamily(Enum):
    """PS3.16 CID 7162 "Surface Processing Algorithm Families"."""

    ARTIFICIAL_INTELLIGENCE = Code("123110", "DCM", "Artificial Intelligence")


class EquipmentPurpose(Enum):
    """PS3.16 CID 7005 "Contributing Equipment Purposes of Reference"."""

    PROCESSING_EQUIPMENT = Code("109102", "DCM", "Processing Equipment")


class SourcePurpose(Enum):
    """PS3.16 CID 7202 "Source Image Purposes of Reference"."""

    PROCESSING = Code("121322", "DCM", "Source image for image processing operation")


# PS3.16 CID 4031 "Common Anatomic Regions".
REGION_CODES: Final[Mapping[Region, Code]] = {
    Region.ELBOW: Code("16953009", "SCT", "Elbow joint"),
    Region.FINGER: Code("7569003", "SCT", "Finger"),
    Region.FOREARM: Code("14975008", "SCT", "Forearm"),
    Region.HAND: Code("85562004", "SCT", "Hand"),
    Region.HUMERUS: Code("85050009", "SCT", "Humerus"),
    Region.SHOULDER: Code("16982005", "SCT", "Shoulder"),
    Region.WRIST: Code("74670003", "SCT", "Wrist joint"),
}

# PS3.16 CID 244 "Laterality", by Image Laterality (0020,0062); a "U" is unpaired: no laterality.
LATERALITY_CODES: Final[Mapping[str, Code]] = {
    "L": Code("7771000", "SCT", "Left"),
    "R": Code("24028007", "SCT", "Right"),
    "B": Code("51440002", "SCT", "Bilateral"),
}

# PS3.16 CID 29 "Acquisition Modality", those that the node triages.
MODALITY_CODES: Final[Mapping[str, Code]] = {
    "CR": Code("CR", "DCM", "Computed Radiography"),
    "DX": Code("DX", "DCM", "Digital Radiography"),
    "RF": Code("RF", "DCM", "Radiofluoroscopy"),
}
