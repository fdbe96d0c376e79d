"""All figures of one rater, reader or model, against a gold standard: overall and by region."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from model_training.evaluation.agreement import accuracy, cohen_kappa, sensitivity, specificity
from model_training.evaluation.auc import auc_with_interval
from model_training.evaluation.confusion import Confusion
from model_training.evaluation.estimate import Estimate
from model_training.evaluation.reliability import calibration_error
from triage_agent.infer.provenance import Metric

Labels = npt.NDArray[np.bool_]
Probabilities = npt.NDArray[np.float64]

OVERALL = "Overall"


@dataclass(frozen=True, slots=True)
class Figures:
    """What was measured on one group of studies.

    A figure is None where it is not defined, such as sensitivity without an abnormal study, or
    AUROC of a reader who gives no probability. `recall` is sensitivity.
    """

    confusion: Confusion
    studies: int
    abnormal: int
    accuracy: Estimate | None
    precision: Estimate | None
    recall: Estimate | None
    specificity: Estimate | None
    f1: Estimate | None
    kappa: Estimate | None
    auroc: Estimate | None
    calibration_error: float | None


@dataclass(frozen=True, slots=True)
class Rater:
    """What a reader or a model said of each study, in a common order of studies.

    Attributes:
        name: as it stands in tables.
        decisions: bool [N]; True is abnormal.
        probabilities: float64 [N] in 0..1; None for a reader.

    Raises:
        ValueError: the lengths differ.
    """

    name: str
    decisions: Labels
    probabilities: Probabilities | None = None

    def __post_init__(self) -> None:
        if self.probabilities is not None and len(self.probabilities) != len(self.decisions):
            raise ValueError(f"{self.name}: every study needs a decision and a probability")


def figures(rater: Rater, labels: Labels) -> Figures:
    """Measure a rater against the gold standard.

    Raises:
        ValueError: the rater and the labels differ in length.
    """
    decisions, probabilities = rater.decisions, rater.probabilities
    confusion = Confusion.of(decisions, labels)
    auroc, error = None, None
    if probabilities is not None and len(labels):
        scores = probabilities
        auroc = _where_defined(lambda: auc_with_interval(scores, labels))
        error = calibration_error(scores, labels)
    return Figures(
        confusion=confusion,
        studies=len(labels),
        abnormal=int(labels.sum()),
        accuracy=_where_defined(lambda: accuracy(decisions, labels)),
        precision=_where_defined(confusion.precision),
        recall=_where_defined(lambda: sensitivity(decisions, labels)),
        specificity=_where_defined(lambda: specificity(decisions, labels)),
        f1=_where_defined(confusion.f1),
        kappa=_where_defined(lambda: cohen_kappa(decisions, labels)),
        auroc=auroc,
        calibration_error=error,
    )


def figures_by_region(rater: Rater, labels: Labels, regions: Sequence[str]) -> dict[str, Figures]:
    """Figures of each region, in alphabetical order, and of all studies last, as `OVERALL`."""
    measured = {}
    for group, chosen in region_masks(regions).items():
        probabilities = None if rater.probabilities is None else rater.probabilities[chosen]
        part = Rater(rater.name, rater.decisions[chosen], probabilities)
        measured[group] = figures(part, labels[chosen])
    return measured


def metrics_of(cohort: str, found: Figures) -> tuple[Metric, ...]:
    """The figures as they stand in a bundle; what is not defined is left out."""
    named = {
        "auc": found.auroc,
        "accuracy": found.accuracy,
        "precision": found.precision,
        "f1": found.f1,
        "cohen_kappa": found.kappa,
        "sensitivity": found.recall,
        "specificity": found.specificity,
    }
    return tuple(
        Metric(name, cohort, found.studies, each.value, each.low, each.high, each.interval)
        for name, each in named.items()
        if each is not None
    )


def region_masks(regions: Sequence[str]) -> Mapping[str, Labels]:
    """Which studies belong to each region, in alphabetical order, and to `OVERALL`, which is last.

    Raises:
        ValueError: a region has the name that is kept for all of them.
    """
    if OVERALL in regions:
        raise ValueError(f"{OVERALL} is no name for a region")
    names = np.array(regions, dtype=object)
    masks = {region: np.asarray(names == region, dtype=np.bool_) for region in sorted(set(regions))}
    return {**masks, OVERALL: np.ones(len(names), dtype=np.bool_)}


def _where_defined(figure: Callable[[], Estimate]) -> Estimate | None:
    try:
        return figure()
    except ValueError:
        return None
