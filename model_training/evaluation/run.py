"""Evaluating one training on images that it has not seen."""

from collections.abc import Callable
from pathlib import Path

import numpy as np
import numpy.typing as npt

from model_training.cohorts import fracatlas as real
from model_training.cohorts import synthetic as drawn
from model_training.cohorts.sample import Part, Sample
from model_training.evaluation.measure import measure, probabilities_of
from model_training.evaluation.operating_point import choose_operating_point
from model_training.evaluation.predictions import write_predictions
from model_training.evaluation.trained import predictions_of
from model_training.images import ImageSet, load_images
from model_training.prediction import predict_logits
from model_training.run_folder import Results, RunFolder

Probabilities = npt.NDArray[np.float64]

REAL_TEST = f"{real.NAME} test"
PLAIN_TEST = f"{real.NAME} test: small, single view, no hardware"
SYNTHETIC_TEST = f"{drawn.NAME} test: seven regions, unseen seeds"

# Synthetic subjects for each region in the test part.
TEST_PAIRS = 20


def evaluation_samples(
    fracatlas_folder: Path, split_seed: int, pairs: int = TEST_PAIRS
) -> tuple[dict[Part, list[Sample]], list[Sample]]:
    """All real samples by part, and the synthetic test samples.

    Raises:
        ValueError: the folder holds no usable image.
        OSError: the manifest cannot be read.
    """
    return real.fracatlas(fracatlas_folder, split_seed), drawn.synthetic(Part.TEST, pairs)


def evaluate_run(
    folder: RunFolder,
    real_samples: dict[Part, list[Sample]],
    synthetic_samples: list[Sample],
    on_image: Callable[[], None] = lambda: None,
) -> Results:
    """Choose the operating point on validation images, measure on test images, keep both.

    Real and synthetic images are never pooled. A training that used synthetic images serves
    demonstrations too: real and synthetic validation images then have the same say in the choice.
    The probability of every image is kept as `predictions-*.csv`, for comparisons and calibration.

    Raises:
        ValueError: a cohort has fewer than two images of a class.
        OSError: the folder holds no training.
    """
    config = folder.read_config()
    network = folder.read_network()
    spec = config.preprocessing

    def scored(
        stem: str, samples: list[Sample], watcher: Callable[[], None] = on_image
    ) -> tuple[ImageSet, Probabilities]:
        images = load_images(samples, spec, watcher)
        probabilities = probabilities_of(predict_logits(network, images, spec))
        predictions = predictions_of(samples, probabilities)
        write_predictions(folder.path / f"predictions-{stem}.csv", predictions)
        return images, probabilities

    validation = [scored("validation-real", real_samples[Part.VALIDATION])]
    if config.synthetic_pairs:
        pairs = drawn.validation_pairs(config.synthetic_pairs)
        own = drawn.synthetic(Part.VALIDATION, pairs)
        # Whoever watches counts only what he gave.
        validation.append(scored("validation-synthetic", own, lambda: None))
    operating_point = choose_operating_point(
        *((probabilities, images.labels) for images, probabilities in validation)
    )
    test, of_test = scored("test-real", real_samples[Part.TEST])
    synthetic_test, of_synthetic = scored("test-synthetic", synthetic_samples)
    metrics = []
    for cohort, labels, probabilities in (
        (REAL_TEST, test.labels, of_test),
        (PLAIN_TEST, test.labels[test.plain], of_test[test.plain]),
        (SYNTHETIC_TEST, synthetic_test.labels, of_synthetic),
    ):
        metrics += measure(cohort, probabilities, labels, operating_point)
    training_images = {real.NAME: len(real_samples[Part.TRAINING])}
    if config.synthetic_pairs:
        training_images[drawn.NAME] = len(drawn.synthetic(Part.TRAINING, config.synthetic_pairs))
    results = Results(operating_point, tuple(metrics), training_images)
    folder.write_results(results)
    return results
