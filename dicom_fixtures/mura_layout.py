"""Synthetic studies in the form in which MURA-v1.1 is distributed (arXiv 1712.06957)."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace
from pathlib import Path

import numpy as np

from dicom_fixtures.plan import StudyPlan
from dicom_fixtures.truth_table import StudyRecord

FOLDER = "MURA-v1.1"

_TRAIN, _VALID = "train", "valid"

# One patient in five is in the validation part, and every fourth study is of the patient before.
_VALID_EVERY = 5
_SECOND_STUDY_EVERY = 4

# The shorter side of an image, as a share of the longer: the real set has all shapes.
_NARROWEST = 0.7


@dataclass(frozen=True)
class PlacedStudy:
    """A study and its folder below the folder that is written to, with forward slashes."""

    plan: StudyPlan
    patient: str
    folder: str


def placed_studies(plans: Sequence[StudyPlan]) -> tuple[PlacedStudy, ...]:
    """Give every study its patient, part and folder.

    Some patients have two studies, of one region or of two; none is in both parts. Where a label
    has at least two patients, both parts show it.
    """
    patients: list[list[StudyPlan]] = []
    for number, plan in enumerate(plans, start=1):
        shaped = _shaped(plan, number)
        if number % _SECOND_STUDY_EVERY == 0:
            # The seed is the subject: the second study shows the same person.
            patients[-1].append(replace(shaped, seed=patients[-1][0].seed, visit=1))
        else:
            patients.append([shaped])
    valid = _valid_patients([each[0].abnormal for each in patients])
    order = [index for index in range(len(patients)) if index not in valid] + sorted(valid)
    return tuple(
        study
        for number, index in enumerate(order, start=1)
        for study in _of_patient(patients[index], number, _VALID if index in valid else _TRAIN)
    )


def write_lists(out: Path, records: Iterable[StudyRecord]) -> None:
    """Write the image paths and the labelled studies of both parts.

    A study is positive if any of its images shows a finding, as in the real set.
    """
    written = list(records)
    for part in (_TRAIN, _VALID):
        studies = [each for each in written if each.study.startswith(f"{FOLDER}/{part}/")]
        paths = [f"{image.file}\n" for study in studies for image in study.images]
        labels = [f"{study.study}/,{int(study.abnormal)}\n" for study in studies]
        for name, lines in (("image_paths", paths), ("labeled_studies", labels)):
            path = out / FOLDER / f"{part}_{name}.csv"
            path.parent.mkdir(parents=True, exist_ok=True)
            path.write_text("".join(lines), encoding="utf-8", newline="")


def _shaped(plan: StudyPlan, number: int) -> StudyPlan:
    chance = np.random.default_rng((plan.seed, number, 41))
    share = float(chance.uniform(_NARROWEST, 1.0))
    if chance.random() < 0.5:  # noqa: PLR2004 - heads or tails
        return replace(plan, rows=max(32, round(plan.rows * share)))
    return replace(plan, columns=max(32, round(plan.columns * share)))


def _valid_patients(labels: Sequence[bool]) -> set[int]:
    valid: set[int] = set()
    for label in (False, True):
        patients = [index for index, known in enumerate(labels) if known is label]
        if len(patients) > 1:
            valid |= set(patients[_VALID_EVERY - 1 :: _VALID_EVERY]) or {patients[-1]}
    return valid


def _of_patient(plans: Sequence[StudyPlan], number: int, part: str) -> list[PlacedStudy]:
    placed = []
    for index, plan in enumerate(plans):
        earlier = sum(other.region is plan.region for other in plans[:index])
        label = "positive" if plan.abnormal else "negative"
        patient = f"patient{number:05d}"
        region = f"{FOLDER}/{part}/XR_{plan.region.value}"
        placed.append(PlacedStudy(plan, patient, f"{region}/{patient}/study{earlier + 1}_{label}"))
    return placed
