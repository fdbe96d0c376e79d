"""Whether models are judged on somebody whom they learnt from."""

from collections.abc import Iterable
from pathlib import Path

from model_training.cohorts.sample import Part
from model_training.cohorts.subjects import LEARNT, met_again
from model_training.evaluation.cohort_options import CohortPart
from model_training.run_folder import RunFolder

# Whom a part may not show, by its name; other parts are asked for because they were learnt from.
_FORBIDDEN = {
    Part.TEST.value: LEARNT,
    "valid": LEARNT,
    Part.VALIDATION.value: (Part.TRAINING,),
}


def refuse_leaks(part: CohortPart, folders: Iterable[Path]) -> None:
    """See that what is called unseen was not learnt from.

    The division into parts follows from the whole list: one more row, or another seed, moves
    patients from part to part.

    Raises:
        ValueError: one of the trainings in these run folders learnt from somebody in this part.
    """
    for folder in folders:
        subjects = RunFolder(folder).read_subjects()
        if subjects is None or part.part not in _FORBIDDEN:
            continue
        met = met_again(part.samples, subjects, _FORBIDDEN[part.part])
        if met:
            raise ValueError(
                f"{folder.name} learnt from the patients of {met} of these {len(part.samples)} "
                f"images: --split-seed is another than in training, or the list has changed since. "
                f"Restore it, or name the parts in it; --part all judges on everything, and is not "
                f"kept for the card"
            )


def is_unseen(part: CohortPart, folder: Path) -> bool:
    """Whether it is known that the training in a run folder learnt from nobody in this part."""
    subjects = RunFolder(folder).read_subjects()
    return subjects is not None and not met_again(part.samples, subjects, LEARNT)
