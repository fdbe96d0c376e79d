"""Which images are in scope for a training: those of its own cohorts, and the test part beside."""

from pathlib import Path

from model_training.cohorts.fracatlas import fracatlas
from model_training.cohorts.kinds import cohort_samples
from model_training.cohorts.sample import Part, Sample
from model_training.cohorts.synthetic import synthetic, validation_pairs
from model_training.run_folder import RunConfig
from model_training.training import training_samples


def scope_samples(
    config: RunConfig, fracatlas_folder: Path | None, test_pairs: int | None = None
) -> dict[Part, list[Sample]]:
    """Read what a run was trained on, divided as it was then.

    Args:
        config: of the run.
        fracatlas_folder: needed if the run does not name its cohorts, as that of `bundled` does
            not: it has FracAtlas and synthetic radiographs.
        test_pairs: unseen synthetic subjects for each region; by default as many as in validation.

    Raises:
        ValueError: the images of the run are not known.
        OSError: a table cannot be read.
    """
    if config.cohorts:
        return cohort_samples(config.cohorts, config.split_seed)
    if fracatlas_folder is None:
        raise ValueError("this run was fitted on FracAtlas: give --fracatlas")
    if test_pairs is None:
        test_pairs = validation_pairs(config.synthetic_pairs)
    unseen = fracatlas(fracatlas_folder, config.split_seed)[Part.TEST]
    unseen = unseen + synthetic(Part.TEST, test_pairs)
    return {**training_samples(config, fracatlas_folder), Part.TEST: unseen}
