"""Codes and words for the regions and views, as vendors and departments write them."""

from dataclasses import dataclass

from pydicom import Dataset
from pydicom.sr.coding import Code

from triage_agent.domain.region import Region

REGION_CODES = {
    Region.ELBOW: Code("16953009", "SCT", "Elbow joint"),
    Region.FINGER: Code("7569003", "SCT", "Finger"),
    Region.FOREARM: Code("14975008", "SCT", "Forearm"),
    Region.HAND: Code("85562004", "SCT", "Hand"),
    Region.HUMERUS: Code("85050009", "SCT", "Humerus"),
    Region.SHOULDER: Code("16982005", "SCT", "Shoulder"),
    Region.WRIST: Code("74670003", "SCT", "Wrist joint"),
}
"""PS3.16 CID 4009 DX Anatomy Imaged."""

BODY_PART_CODES = {region.value: code for region, code in REGION_CODES.items()} | {
    "ANKLE": Code("70258002", "SCT", "Ankle joint"),
    "CHEST": Code("51185008", "SCT", "Chest"),
    "CLAVICLE": Code("51299004", "SCT", "Clavicle"),
    "FEMUR": Code("71341001", "SCT", "Femur"),
    "FOOT": Code("56459004", "SCT", "Foot"),
    "HIP": Code("29836001", "SCT", "Hip"),
    "KNEE": Code("72696002", "SCT", "Knee"),
    "PELVIS": Code("12921003", "SCT", "Pelvis"),
    "SKULL": Code("89546000", "SCT", "Skull"),
}
"""Codes for values of BodyPartExamined, in scope and out (PS3.16 Annex L)."""

WORDS = {
    "en": {
        Region.ELBOW: "Elbow",
        Region.FINGER: "Finger",
        Region.FOREARM: "Forearm",
        Region.HAND: "Hand",
        Region.HUMERUS: "Humerus",
        Region.SHOULDER: "Shoulder",
        Region.WRIST: "Wrist",
    },
    "de": {
        Region.ELBOW: "Ellenbogen",
        Region.FINGER: "Finger",
        Region.FOREARM: "Unterarm",
        Region.HAND: "Hand",
        Region.HUMERUS: "Oberarm",
        Region.SHOULDER: "Schulter",
        Region.WRIST: "Handgelenk",
    },
    "fr": {
        Region.ELBOW: "Coude",
        Region.FINGER: "Doigt",
        Region.FOREARM: "Avant-bras",
        Region.HAND: "Main",
        Region.HUMERUS: "Humérus",
        Region.SHOULDER: "Épaule",
        Region.WRIST: "Poignet",
    },
}
"""The regions in the languages that descriptions are written in."""

STUDY_FORMS = {"en": "XR {}", "de": "{} in 2 Ebenen", "fr": "Radio {}"}


@dataclass(frozen=True)
class ViewTerms:
    """How one view is coded.

    Attributes:
        code: PS3.16 CID 4010 DX View.
        position: ViewPosition for a left and a right limb (PS3.3 C.7.3.1.1.2 and C.8.7.1).
        across: First value of PatientOrientation.
        label: English name in a series description.
    """

    code: Code
    position: dict[str, str]
    across: str
    label: str


VIEW_TERMS = {
    "PA": ViewTerms(
        Code("272479007", "SCT", "postero-anterior"), {"L": "PA", "R": "PA"}, "L", "PA"
    ),
    "LATERAL": ViewTerms(
        Code("399067008", "SCT", "lateral projection"), {"L": "LL", "R": "RL"}, "A", "Lat"
    ),
    "OBLIQUE": ViewTerms(
        Code("399059000", "SCT", "postero-anterior oblique"),
        {"L": "LLO", "R": "RLO"},
        "LA",
        "Oblique",
    ),
    "AP OBLIQUE": ViewTerms(
        Code("399312000", "SCT", "antero-posterior oblique"),
        {"L": "LLO", "R": "RLO"},
        "LP",
        "AP Oblique",
    ),
}


_OPPOSITE = str.maketrans("LRAPHF", "RLPAFH")


def turned(orientation: tuple[str, str], degrees: float) -> tuple[str, str]:
    """PatientOrientation (PS3.3 C.7.6.1.1.1) of an image that is turned clockwise.

    To the nearest quarter turn: a limb that lies askew is named by where it mostly points.
    """
    row, column = orientation
    for _ in range(round(degrees / 90.0) % 4):
        row, column = column.translate(_OPPOSITE), row
    return row, column


def coded(code: Code) -> Dataset:
    """A code as an item of a sequence (PS3.3 8.8)."""
    item = Dataset()
    item.CodeValue = code.value
    item.CodingSchemeDesignator = code.scheme_designator
    item.CodeMeaning = code.meaning
    return item
