"""Where to draw the line between abnormal and not, decided on validation images."""

import numpy as np
import numpy.typing as npt

from model_training.evaluation.figures import region_masks
from model_training.evaluation.predictions import StudyScores
from model_training.evaluation.scaling import studies_in

# Where the classes hardly overlap, any point of a wide gap is as good: stay near MURA's 0.5.
LOWEST, HIGHEST = 0.1, 0.9


def choose_operating_point(
    *cohorts: tuple[npt.NDArray[np.float64], npt.NDArray[np.bool_]],
) -> float:
    """The probability with the largest sensitivity + specificity (Youden 1950), two decimals.

    Every cohort, however large, has the same say. Candidates are the hundredths from 0.1 to 0.9;
    among equals the one nearest 0.5 is taken.

    Args:
        cohorts: the probabilities and the labels of each.

    Raises:
        ValueError: a cohort lacks images of one of the two classes.
    """
    candidates = np.arange(round(LOWEST * 100), round(HIGHEST * 100) + 1) / 100.0
    youden = np.zeros(len(candidates))
    for probabilities, labels in cohorts:
        if labels.all() or not labels.any():
            raise ValueError("an operating point needs images of both classes")
        above = probabilities[np.newaxis, :] > candidates[:, np.newaxis]
        youden += above[:, labels].mean(axis=1) - above[:, ~labels].mean(axis=1)
    equals = candidates[np.isclose(youden, youden.max())]
    return float(equals[np.argmin(np.abs(equals - 0.5))])


def points_by_region(everywhere: StudyScores, by_region: StudyScores) -> dict[str, float]:
    """An operating point for all regions together, under `OVERALL`, and one for each region.

    Args:
        everywhere: studies that count for every region, as nobody has said what they show.
        by_region: studies that count for their own region, and for all together.

    Raises:
        ValueError: a region lacks studies of one of the two classes.
    """
    common = everywhere.probabilities, everywhere.labels
    points = {}
    for region, chosen in region_masks(by_region.regions).items():
        own = studies_in(by_region, chosen)
        points[region] = choose_operating_point(common, (own.probabilities, own.labels))
    return points
