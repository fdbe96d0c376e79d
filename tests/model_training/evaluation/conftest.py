"""Studies with scores and readers, made from a seed."""

import csv

import numpy as np
import pytest
from PIL import Image

from model_training.evaluation.predictions import Prediction, by_study

REGIONS = ("ELBOW", "HAND", "WRIST")


def drawn_predictions(seed, studies=150, images=1, spread=1.0, shift=0.0):
    """Predictions whose logits are 1.5 apart on average between normal and abnormal."""
    random = np.random.default_rng(seed)
    rows = []
    for number in range(studies):
        abnormal = number % 5 < 2
        for image in range(images):
            logit = shift + spread * (random.normal() + (0.75 if abnormal else -0.75))
            rows.append(
                Prediction(
                    study=f"study{number}",
                    region=REGIONS[number % 3],
                    label=abnormal,
                    probability=float(1 / (1 + np.exp(-logit))),
                    image=f"{number}-{image}.png",
                )
            )
    return rows


@pytest.fixture(scope="session")
def draw():
    """The function that makes predictions: seed, studies, images, spread, shift."""
    return drawn_predictions


@pytest.fixture(scope="session")
def scores():
    return by_study(drawn_predictions(3))


@pytest.fixture(scope="session")
def other_scores():
    """Another model's opinion of the same studies."""
    return by_study(drawn_predictions(4, spread=0.8))


@pytest.fixture(scope="session")
def several_images():
    """Three images to a study, overconfident."""
    return by_study(drawn_predictions(5, images=3, spread=3.0, shift=0.5))


def write_picture(path, seed):
    pixels = np.random.default_rng(seed).integers(0, 255, (20, 30), dtype=np.uint8)
    path.parent.mkdir(parents=True, exist_ok=True)
    Image.fromarray(pixels).save(path)


@pytest.fixture
def table(tmp_path):
    """Twelve studies of two images in two regions, in a table named `theirs`."""
    rows = []
    for study in range(12):
        for image in range(2):
            path = f"images/{study}-{image}.png"
            write_picture(tmp_path / path, 10 * study + image)
            region = ("HAND", "WRIST")[study % 2]
            rows.append((path, study, f"p{study}", region, int(study % 4 < 2)))
    path = tmp_path / "theirs.csv"
    with path.open("w", newline="") as opened:
        csv.writer(opened).writerows([("path", "study", "patient", "region", "label"), *rows])
    return path
