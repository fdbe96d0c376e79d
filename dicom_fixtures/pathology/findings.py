"""The names of what is found, and one finding as one view shows it.

Groups are those in which the MURA paper counts its abnormal studies (arXiv 1712.06957, section 2).
"""

from dataclasses import dataclass
from enum import StrEnum

import numpy as np
import numpy.typing as npt

Mask = npt.NDArray[np.bool_]


class Group(StrEnum):
    """The paper's four groups of abnormalities."""

    FRACTURE = "fracture"
    HARDWARE = "hardware"
    DEGENERATIVE = "degenerative joint disease"
    OTHER = "other"


class Kind(StrEnum):
    """What is drawn."""

    HAIRLINE = "hairline fracture"
    BUCKLE = "buckle fracture"
    TRANSVERSE = "transverse fracture"
    OBLIQUE = "oblique fracture"
    SPIRAL = "spiral fracture"
    DISPLACED = "displaced fracture"
    ANGULATED = "angulated fracture"
    COMMINUTED = "comminuted fracture"
    PLATE = "plate and screws"
    SCREWS = "screws"
    WIRES = "Kirschner wires"
    ROD = "intramedullary rod"
    DEGENERATION = "degenerative change"
    LYTIC = "lytic lesion"
    SCLEROTIC = "sclerotic lesion"
    SUBLUXATION = "subluxation"

    @property
    def group(self) -> Group:
        """The group in which the paper would count it."""
        if self in _HARDWARE:
            return Group.HARDWARE
        if self is Kind.DEGENERATION:
            return Group.DEGENERATIVE
        return Group.OTHER if self in _OTHER else Group.FRACTURE


_HARDWARE = frozenset({Kind.PLATE, Kind.SCREWS, Kind.WIRES, Kind.ROD})
_OTHER = frozenset({Kind.LYTIC, Kind.SCLEROTIC, Kind.SUBLUXATION})


@dataclass(frozen=True, eq=False)
class Finding:
    """One finding in one view.

    Attributes:
        kind: What it is.
        place: Name of the bone or joint that has it.
        sentence: One sentence in a radiologist's words.
        mask: bool [rows, columns], the finding's own place, inside the exposed field.
        conspicuity: 0..1, how plainly it is drawn; below 0.35 is subtle, from 0.65 on obvious.
    """

    kind: Kind
    place: str
    sentence: str
    mask: Mask
    conspicuity: float

    @property
    def group(self) -> Group:
        """The paper's group."""
        return self.kind.group
