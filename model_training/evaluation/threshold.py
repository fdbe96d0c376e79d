"""Operating points by what is wanted: sensitivity, Youden's index or a budget of alerts."""

from collections.abc import Callable
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from model_training.evaluation.agreement import sensitivity, specificity
from model_training.evaluation.confusion import Confusion
from model_training.evaluation.estimate import Estimate

Floats = npt.NDArray[np.float64]
Labels = npt.NDArray[np.bool_]

# The bundle takes points between 0 and 1 and the node flags what lies above.
LOWEST, HIGHEST = 1e-6, 1.0 - 1e-6


@dataclass(frozen=True, slots=True)
class OperatingPoint:
    """A probability above which a study is flagged, and what that does to the studies it came from.

    The figures flatter: the point was chosen on the same studies.

    Attributes:
        threshold: between 0 and 1, exclusive.
        sensitivity, specificity: with Wilson's intervals.
        confusion: the counts.
    """

    threshold: float
    sensitivity: Estimate
    specificity: Estimate
    confusion: Confusion


Rule = Callable[[Floats, Labels], OperatingPoint]


def by_sensitivity(target: float) -> Rule:
    """The highest threshold that still finds the share `target` of the abnormal studies.

    Raises:
        ValueError: the target is not in 0..1, 0 excluded; the rule raises it where no threshold
            reaches the target.
    """
    if not 0.0 < target <= 1.0:
        raise ValueError(f"a target sensitivity lies above 0 and up to 1, not {target}")

    def choose(probabilities: Floats, labels: Labels) -> OperatingPoint:
        candidates, hits, _ = _rates(probabilities, labels)
        # Rounding: 19 of 20 must satisfy a target of 0.95.
        reached = candidates[hits >= target - 1e-12]
        if not len(reached):
            raise ValueError(f"no threshold from {LOWEST} on reaches a sensitivity of {target}")
        return operating_point(float(reached[-1]), probabilities, labels)

    return choose


def by_youden() -> Rule:
    """The threshold with the largest sensitivity + specificity - 1 (Youden 1950).

    Among equals the middle one is taken, which is farthest from where it would be worse.
    """

    def choose(probabilities: Floats, labels: Labels) -> OperatingPoint:
        candidates, hits, alarms = _rates(probabilities, labels)
        index = hits - alarms
        best = np.flatnonzero(np.isclose(index, index.max()))
        return operating_point(float(candidates[best[len(best) // 2]]), probabilities, labels)

    return choose


def by_alert_budget(flags_per_100: float, prevalence: float) -> Rule:
    """The lowest threshold whose expected flags stay within the budget.

    Flags per 100 studies are 100 (p sensitivity + (1 - p) (1 - specificity)) at prevalence p: the
    share of abnormal studies where the model will run, which need not be that of the studies here.

    Raises:
        ValueError: the budget is not in 0..100 or the prevalence not in 0..1; the rule raises it
            where no threshold keeps to the budget.
    """
    if not 0.0 <= flags_per_100 <= 100.0:  # noqa: PLR2004 (per hundred)
        raise ValueError(f"a budget lies in 0..100 flags per 100 studies, not {flags_per_100}")
    if not 0.0 <= prevalence <= 1.0:
        raise ValueError(f"a prevalence lies in 0..1, not {prevalence}")

    def choose(probabilities: Floats, labels: Labels) -> OperatingPoint:
        candidates, hits, alarms = _rates(probabilities, labels)
        flags = 100.0 * (prevalence * hits + (1.0 - prevalence) * alarms)
        affordable = candidates[flags <= flags_per_100 + 1e-9]
        if not len(affordable):
            raise ValueError(f"no threshold up to 1 - {LOWEST} keeps to {flags_per_100} flags")
        return operating_point(float(affordable[0]), probabilities, labels)

    return choose


def operating_point(threshold: float, probabilities: Floats, labels: Labels) -> OperatingPoint:
    """What a given threshold does to studies.

    Raises:
        ValueError: a class has no study.
    """
    decisions = probabilities > threshold
    return OperatingPoint(
        threshold,
        sensitivity(decisions, labels),
        specificity(decisions, labels),
        Confusion.of(decisions, labels),
    )


def _rates(probabilities: Floats, labels: Labels) -> tuple[Floats, Floats, Floats]:
    """Thresholds, rising, that part the studies differently, with the rates of hits and alarms.

    They stand half-way between neighbouring probabilities, below all and above all.
    """
    if labels.all() or not labels.any():
        raise ValueError("an operating point needs studies of both classes")
    distinct = np.unique(np.clip(probabilities, LOWEST, HIGHEST))
    between = (distinct[1:] + distinct[:-1]) / 2.0
    candidates = np.concatenate([[LOWEST], between, [HIGHEST]])
    above = probabilities[np.newaxis, :] > candidates[:, np.newaxis]
    return candidates, above[:, labels].mean(axis=1), above[:, ~labels].mean(axis=1)
