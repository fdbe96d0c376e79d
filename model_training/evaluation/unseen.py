"""Whether models are judged on somebody whom they learnt from."""

from collections.abc import Iterable
from pathlib import Path

from model_training.cohorts.sample import Part
from model_training.cohorts.subjects import LEARNT, Marks, met_again
from model_training.run_folder import RunFolder

# Whom a part may not show, by its name; other parts are asked for because they were learnt from.
_FORBIDDEN = {
    Part.TEST.value: LEARNT,
    "valid": LEARNT,
    Part.VALIDATION.value: (Part.TRAINING,),
}


def refuse_leaks(marks: Marks, part: str, folders: Iterable[Path]) -> None:
    """See that what is called unseen was not learnt from.

    The division into parts follows from the whole list: one more row, or another seed, moves
    patients from part to part. Images are known again by their bytes, patients by what a table
    calls them.

    Raises:
        ValueError: one of the trainings in these run folders learnt from somebody in this part.
    """
    for folder in folders:
        learnt = RunFolder(folder).read_learnt()
        if learnt is None or part not in _FORBIDDEN:
            continue
        met = met_again(marks, learnt, _FORBIDDEN[part])
        if met:
            raise ValueError(
                f"{folder.name} learnt from {met} of these {len(marks)} images, or from their "
                f"patients: --split-seed is another than in training, the list has changed since, "
                f"or it gives other people the same names. Restore it, or name the parts in it; "
                f"--part all judges on everything, and is not kept for the card"
            )


def not_unseen(marks: Marks, folder: Path) -> str:
    """Why these images are no evidence for the training in a run folder; "" if they are."""
    learnt = RunFolder(folder).read_learnt()
    if learnt is None:
        return "its run folder does not say which images it learnt from"
    met = met_again(marks, learnt, LEARNT)
    return f"it learnt from {met} of these {len(marks)} images or their patients" if met else ""
