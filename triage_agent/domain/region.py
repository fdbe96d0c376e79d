"""The body regions a study may show."""

from enum import StrEnum


class Region(StrEnum):
    """The seven upper-extremity regions of MURA (arXiv 1712.06957, section 2)."""

    ELBOW = "ELBOW"
    FINGER = "FINGER"
    FOREARM = "FOREARM"
    HAND = "HAND"
    HUMERUS = "HUMERUS"
    SHOULDER = "SHOULDER"
    WRIST = "WRIST"
