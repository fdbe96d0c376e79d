"""The points of ROC and precision-recall curves."""

import numpy as np
import numpy.typing as npt

Scores = npt.NDArray[np.float64]
Labels = npt.NDArray[np.bool_]


def roc_points(scores: Scores, labels: Labels) -> tuple[Scores, Scores]:
    """False and true positive rates, rising, one point for each distinct score and the origin.

    Raises:
        ValueError: one of the two classes has no study.
    """
    hits, alarms = _cumulated(scores, labels)
    if not hits[-1] or not alarms[-1]:
        raise ValueError("a ROC curve needs studies of both classes")
    zero = np.zeros(1)
    rates = np.concatenate([zero, alarms / alarms[-1]]), np.concatenate([zero, hits / hits[-1]])
    return rates[0], rates[1]


def precision_recall_points(scores: Scores, labels: Labels) -> tuple[Scores, Scores]:
    """Recalls, rising, and the precision at each, one point for each distinct score.

    Raises:
        ValueError: no study is abnormal.
    """
    hits, alarms = _cumulated(scores, labels)
    if not hits[-1]:
        raise ValueError("a precision-recall curve needs an abnormal study")
    return hits / hits[-1], hits / (hits + alarms)


def average_precision(scores: Scores, labels: Labels) -> float:
    """Precision averaged over the steps of recall, without interpolation.

    Raises:
        ValueError: no study is abnormal.
    """
    recall, precision = precision_recall_points(scores, labels)
    return float(np.sum(np.diff(recall, prepend=0.0) * precision))


def _cumulated(scores: Scores, labels: Labels) -> tuple[Scores, Scores]:
    """Abnormal and normal studies at or above each distinct score, from the highest down."""
    if not len(scores):
        raise ValueError("a curve needs at least one study")
    order = np.argsort(-scores, kind="stable")
    ranked = labels[order]
    last = np.append(np.flatnonzero(np.diff(scores[order])), len(scores) - 1)
    hits, alarms = np.cumsum(ranked)[last], np.cumsum(~ranked)[last]
    return hits.astype(np.float64), alarms.astype(np.float64)
