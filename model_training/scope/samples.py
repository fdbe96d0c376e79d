"""Which images are in scope for a training: those of its own cohorts, and the test part beside."""

from pathlib import Path

from model_training.cohorts.fracatlas import fracatlas
from model_training.cohorts.kinds import cohort_samples
from model_training.cohorts.sample import Part, Sample
from model_training.cohorts.synthetic import synthetic, validation_pairs
from model_training.run_folder import RunConfig


def scope_samples(config: RunConfig, fracatlas_folder: Path | None) -> dict[Part, list[Sample]]:
    """Read what a run was trained on, divided as it was then.

    Args:
        config: of the run.
        fracatlas_folder: needed if the run does not name its cohorts, as those of `fit` do not:
            they have FracAtlas and synthetic radiographs.

    Raises:
        ValueError: the images of the run are not known.
        OSError: a table cannot be read.
    """
    if config.cohorts:
        return cohort_samples(config.cohorts, config.split_seed)
    if fracatlas_folder is None:
        raise ValueError("this run was fitted on FracAtlas: give --fracatlas")
    real = fracatlas(fracatlas_folder, config.split_seed)
    fewer = validation_pairs(config.synthetic_pairs)
    pairs = {Part.TRAINING: config.synthetic_pairs, Part.VALIDATION: fewer, Part.TEST: fewer}
    return {part: real[part] + synthetic(part, count) for part, count in pairs.items()}
