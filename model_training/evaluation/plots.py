"""Plots of a comparison as PNG files.

Needs matplotlib (the extra `training`). No window system and no global state is used.
"""

from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt
from matplotlib.figure import Figure

from model_training.evaluation.auc import auc
from model_training.evaluation.confusion import Confusion
from model_training.evaluation.curves import (
    average_precision,
    precision_recall_points,
    roc_points,
)
from model_training.evaluation.reliability import Bin

# By name of the model: what it said of each study, float64 [N].
Scored = Mapping[str, npt.NDArray[np.float64]]

_INCHES = 5.0
_DPI = 120


def plot_roc(
    path: Path,
    models: Scored,
    labels: npt.NDArray[np.bool_],
    readers: Mapping[str, Confusion],
) -> None:
    """ROC curves of models, with readers as single points (as MURA's figure 3 shows them).

    Raises:
        ValueError: one of the two classes has no study.
        OSError: the file cannot be written.
    """
    figure, axes = _square("False positive rate (1 - specificity)", "True positive rate")
    axes.plot([0, 1], [0, 1], color="0.8", linewidth=1)
    for name, scores in models.items():
        alarms, hits = roc_points(scores, labels)
        axes.plot(alarms, hits, label=f"{name}: AUROC {auc(scores, labels):.3f}")
    for name, counts in readers.items():
        recall = counts.true_positive / (counts.true_positive + counts.false_negative)
        axes.plot(counts.false_positive_rate, recall, "x", label=name)
    _finish(figure, axes, path, "lower right")


def plot_precision_recall(path: Path, models: Scored, labels: npt.NDArray[np.bool_]) -> None:
    """Precision against recall, with the share of abnormal studies as the line of chance.

    Raises:
        ValueError: no study is abnormal.
        OSError: the file cannot be written.
    """
    figure, axes = _square("Recall (sensitivity)", "Precision")
    axes.axhline(float(labels.mean()), color="0.8", linewidth=1)
    for name, scores in models.items():
        recall, precision = precision_recall_points(scores, labels)
        shown = f"{name}: average precision {average_precision(scores, labels):.3f}"
        axes.step(np.append(0.0, recall), np.append(precision[0], precision), label=shown)
    _finish(figure, axes, path, "lower left")


def plot_reliability(path: Path, models: Mapping[str, Sequence[Bin]]) -> None:
    """Share of abnormal studies against mean probability, with Wilson's intervals.

    Raises:
        OSError: the file cannot be written.
    """
    figure, axes = _square("Mean probability", "Share abnormal")
    axes.plot([0, 1], [0, 1], color="0.8", linewidth=1)
    for name, bins in models.items():
        filled = [
            (each.mean_probability, each.abnormal)
            for each in bins
            if each.mean_probability is not None and each.abnormal is not None
        ]
        shares = [share.value for _, share in filled]
        arms = [
            [share.value - share.low for _, share in filled],
            [share.high - share.value for _, share in filled],
        ]
        axes.errorbar([x for x, _ in filled], shares, arms, marker="o", capsize=2, label=name)
    _finish(figure, axes, path, "upper left")


def plot_confusion(path: Path, name: str, counts: Confusion) -> None:
    """Counts of decisions against the gold standard, each shaded by its share of its row.

    Raises:
        OSError: the file cannot be written.
    """
    cells = np.array(
        [
            [counts.true_negative, counts.false_positive],
            [counts.false_negative, counts.true_positive],
        ]
    )
    shares = cells / np.maximum(cells.sum(axis=1, keepdims=True), 1)
    figure = Figure(figsize=(_INCHES, _INCHES), dpi=_DPI, layout="constrained")
    axes: Any = figure.add_subplot()
    axes.imshow(shares, cmap="Blues", vmin=0.0, vmax=1.0)
    for (row, column), count in np.ndenumerate(cells):
        ink = "white" if shares[row, column] > 0.5 else "black"  # noqa: PLR2004 (half dark)
        text = f"{count}\n{shares[row, column]:.0%}"
        axes.text(column, row, text, ha="center", va="center", color=ink)
    axes.set_xticks([0, 1], ["below threshold", "abnormal"])
    axes.set_yticks([0, 1], ["normal", "abnormal"], rotation=90, va="center")
    axes.set_xlabel("Decision")
    axes.set_ylabel("Gold standard")
    axes.set_title(name)
    _save(figure, path)


def _square(x: str, y: str) -> tuple[Figure, Any]:
    figure = Figure(figsize=(_INCHES, _INCHES), dpi=_DPI, layout="constrained")
    axes: Any = figure.add_subplot()
    axes.set(xlabel=x, ylabel=y, xlim=(-0.01, 1.01), ylim=(-0.01, 1.01), aspect="equal")
    return figure, axes


def _finish(figure: Figure, axes: Any, path: Path, corner: str) -> None:  # noqa: ANN401
    if axes.get_legend_handles_labels()[1]:
        axes.legend(loc=corner, fontsize="small")
    _save(figure, path)


def _save(figure: Figure, path: Path) -> None:
    path.parent.mkdir(parents=True, exist_ok=True)
    # Without the version of matplotlib the same figures give the same bytes.
    figure.savefig(path, format="png", metadata={"Software": None})
