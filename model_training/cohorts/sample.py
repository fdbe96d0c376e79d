"""One labelled radiograph, wherever it comes from."""

from collections.abc import Callable
from dataclasses import dataclass
from enum import StrEnum
from pathlib import Path

import numpy as np
import numpy.typing as npt

FloatArray = npt.NDArray[np.float32]
Mask = npt.NDArray[np.bool_]


class Part(StrEnum):
    """What a sample is used for; a sample has one part for good."""

    TRAINING = "training"
    VALIDATION = "validation"
    TEST = "test"


@dataclass(frozen=True, slots=True)
class Sample:
    """A labelled image that is read when it is needed.

    Attributes:
        name: unique within its cohort.
        cohort: which body of images it belongs to.
        abnormal: the label.
        drawn: whether it is synthetic; such images are many and each is worth little.
        plain: whether it is free of the cohort's known shortcuts (see the cohort).
        read: gives the image as displayed, float32 [rows, columns] in 0..1, bone bright.
        study: what is labelled as a whole and scored by the mean of its images; empty where the
            cohort knows no studies, so that each image stands for itself.
        patient: who is shown, unique within the cohort; empty where the cohort names nobody.
        region: the type of study in capitals, such as WRIST or KNEE; any word, as regions outside
            the node's scope can be trained on too. Empty if unknown.
        names_patients: whether `patient` says who it is in other lists too, as the tables of a
            department do; otherwise it is a number that only this list knows.
        file: where the image lies; None if it is drawn.
        mask: gives where the abnormality is, bool [rows, columns] of the image; None if nobody has
            said so, or if there is none.
    """

    name: str
    cohort: str
    abnormal: bool
    drawn: bool
    plain: bool
    read: Callable[[], FloatArray]
    study: str = ""
    patient: str = ""
    region: str = ""
    names_patients: bool = False
    file: Path | None = None
    mask: Callable[[], Mask] | None = None
