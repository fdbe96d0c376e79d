"""Whole synthetic studies of one to four views, as the node meets them, with their masks."""

from collections.abc import Sequence
from dataclasses import replace
from functools import lru_cache, partial

import numpy as np

from dicom_fixtures.mixture import mixed_plans
from dicom_fixtures.pathology import Kind
from dicom_fixtures.plan import StudyPlan
from dicom_fixtures.radiograph import Radiograph, disorders_of
from model_training.cohorts.sample import FloatArray, Mask, Sample

NAME = "synthetic studies"

# Added to the subjects' seeds, which keeps them apart from every part of `synthetic`, and from
# those that demonstrations and tests show.
FIRST_SEED = 4_000_000

# Of studies to measure on. Seeds of trainings are small numbers.
FRESH = 101

# Half of each class tells sensitivity and specificity equally well.
ABNORMAL_SHARE = 0.5


def study_plans(studies: int, seed: int) -> tuple[StudyPlan, ...]:
    """Plans of so many studies of all regions, half of them abnormal; another seed, others.

    Raises:
        ValueError: the number is negative.
    """
    plans = mixed_plans(studies, abnormal_share=ABNORMAL_SHARE, seed=seed)
    return tuple(replace(plan, seed=plan.seed + FIRST_SEED) for plan in plans)


def synthetic_studies(studies: int, seed: int) -> list[Sample]:
    """Every image of so many studies; each has the label of its study, as in MURA.

    An abnormal study may show its finding in one view only: the others are labelled with it all
    the same, for it is the study that is judged, by the mean over its images.

    Raises:
        ValueError: the number is negative.
    """
    return [
        Sample(
            name=f"{_study(plan, number)}/image{view + 1}",
            cohort=NAME,
            abnormal=plan.abnormal,
            drawn=True,
            plain=True,
            read=partial(_image, plan, view),
            study=_study(plan, number),
            region=plan.region.value,
            mask=partial(_mask, plan, view) if plan.abnormal else None,
        )
        for number, plan in enumerate(study_plans(studies, seed), start=1)
        for view in range(plan.views)
    ]


def findings(studies: int, seed: int) -> dict[str, str]:
    """What is wrong with each abnormal one of `synthetic_studies`, by its name; drawn is nothing.

    One of the groups of the MURA paper, where "other" is told apart, or "several of these".

    Raises:
        ValueError: the number is negative.
    """
    return {
        _study(plan, number): _finding({each.kind for each in disorders_of(plan.seed, plan.region)})
        for number, plan in enumerate(study_plans(studies, seed), start=1)
        if plan.abnormal
    }


def _finding(kinds: set[Kind]) -> str:
    groups = {_OTHERS.get(kind, kind.group.value) for kind in kinds}
    return f"{groups.pop()} alone" if len(groups) == 1 else "several of these"


def _study(plan: StudyPlan, number: int) -> str:
    return f"{plan.region}-study{number}"


def _image(plan: StudyPlan, view: int) -> FloatArray:
    return np.asarray(_drawn(plan)[view].image, dtype=np.float32)


def _mask(plan: StudyPlan, view: int) -> Mask:
    return _drawn(plan)[view].mask


_OTHERS = {
    Kind.LYTIC: "lesion",
    Kind.SCLEROTIC: "lesion",
    Kind.SUBLUXATION: Kind.SUBLUXATION.value,
}


# The images of a study are read one after another.
@lru_cache(maxsize=1)
def _drawn(plan: StudyPlan) -> Sequence[Radiograph]:
    return tuple(plan.radiographs())
