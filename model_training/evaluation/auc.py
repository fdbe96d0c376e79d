"""Area under the ROC curve with DeLong's interval (DeLong, DeLong and Clarke-Pearson 1988)."""

import math

import numpy as np
import numpy.typing as npt

from model_training.evaluation.estimate import Z95, Estimate

Scores = npt.NDArray[np.float64]
Labels = npt.NDArray[np.bool_]


def auc(scores: Scores, labels: Labels) -> float:
    """Chance that an abnormal image scores above a normal one; ties count one half.

    Raises:
        ValueError: one of the two classes has no image.
    """
    return float(placements(scores, labels)[0].mean())


def auc_with_interval(scores: Scores, labels: Labels) -> Estimate:
    """AUC with DeLong's 95% interval, cut off at 0 and 1.

    The interval has no width if the classes do not overlap: it then says little, and sensitivity
    and specificity with Wilson's intervals should be read instead.

    Raises:
        ValueError: there are fewer than two images of a class.
    """
    abnormal, normal = placements(scores, labels)
    if min(len(abnormal), len(normal)) < 2:  # noqa: PLR2004 (a variance needs two)
        raise ValueError("DeLong's interval needs two images of each class")
    value = float(abnormal.mean())
    variance = abnormal.var(ddof=1) / len(abnormal) + normal.var(ddof=1) / len(normal)
    half = Z95 * math.sqrt(float(variance))
    return Estimate(value, max(value - half, 0.0), min(value + half, 1.0), "95% DeLong")


def placements(
    scores: Scores, labels: Labels
) -> tuple[npt.NDArray[np.float64], npt.NDArray[np.float64]]:
    """For each abnormal image the share of normal ones below it; for each normal one, above it.

    The images keep their order, so that two models' placements can be paired. These are the
    structural components V10 and V01 of DeLong et al., equations 4 and 5; both have the AUC as
    their mean.

    Raises:
        ValueError: one of the two classes has no image.
    """
    abnormal = np.asarray(scores, dtype=np.float64)[labels]
    normal = np.asarray(scores, dtype=np.float64)[~labels]
    if not len(abnormal) or not len(normal):
        raise ValueError("AUC needs images of both classes")

    def share_below(values: npt.NDArray[np.float64], among: npt.NDArray[np.float64]) -> Scores:
        ranked = np.sort(among)
        below = np.searchsorted(ranked, values, side="left")
        not_above = np.searchsorted(ranked, values, side="right")
        shares: Scores = (below + not_above) / (2.0 * len(among))
        return shares

    return share_below(abnormal, normal), 1.0 - share_below(normal, abnormal)
