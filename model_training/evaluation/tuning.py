"""Fitting calibrations and choosing operating points, by region, on validation studies."""

from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np

from model_training.evaluation.figures import (
    OVERALL,
    Figures,
    Rater,
    figures,
    metrics_of,
    region_masks,
)
from model_training.evaluation.predictions import StudyScores
from model_training.evaluation.reliability import brier_score, calibration_error
from model_training.evaluation.scaling import (
    FEWEST_STUDIES,
    RegionScaling,
    Scaling,
    fit_by_region,
    scaled,
    studies_in,
)
from model_training.evaluation.tables import Cell, Table
from model_training.evaluation.threshold import OperatingPoint, Rule
from triage_agent.infer.provenance import Metric
from triage_agent.infer.scores import is_abnormal


@dataclass(frozen=True, slots=True)
class Tuned:
    """What was fitted and chosen, by region; `OVERALL` serves regions that are not named.

    Attributes:
        scalings: of the logits.
        points: of the calibrated probability of a study.
        before, after: the studies without and with calibration.
    """

    scalings: Mapping[str, RegionScaling]
    points: Mapping[str, OperatingPoint]
    before: StudyScores
    after: StudyScores

    def thresholds(self) -> dict[str, float]:
        """The probability above which a study is flagged, by region."""
        return {region: point.threshold for region, point in self.points.items()}


def tune(scores: StudyScores, scaling: Scaling, rule: Rule, fewest: int = FEWEST_STUDIES) -> Tuned:
    """Fit calibrations, then choose operating points on the calibrated probabilities.

    A region with fewer than `fewest` studies of a class takes both from all regions together.

    Raises:
        ValueError: a class has no study, or the scores rank the wrong way round.
    """
    scalings = fit_by_region(scores, scaling, fewest)
    after = scaled(scores, scalings)
    together = rule(after.probabilities, after.labels)
    points = {}
    for region, chosen in region_masks(after.regions).items():
        labels = after.labels[chosen]
        enough = min(labels.sum(), (~labels).sum()) >= fewest
        own = enough and region != OVERALL
        points[region] = rule(after.probabilities[chosen], labels) if own else together
    return Tuned(scalings, points, scores, after)


def measure_at(scores: StudyScores, thresholds: Mapping[str, float]) -> Figures:
    """Figures of all studies, each judged at its region's threshold, or else at `OVERALL`'s."""
    decisions = [
        is_abnormal(float(probability), thresholds.get(region, thresholds[OVERALL]))
        for probability, region in zip(scores.probabilities, scores.regions, strict=True)
    ]
    rater = Rater("model", np.array(decisions, dtype=np.bool_), scores.probabilities)
    return figures(rater, scores.labels)


def metrics_at(
    cohort: str, scores: StudyScores, thresholds: Mapping[str, float]
) -> tuple[Metric, ...]:
    """The same figures as they stand in a bundle; what is not defined is left out."""
    return metrics_of(cohort, measure_at(scores, thresholds))


def tuning_table(tuned: Tuned, prevalence: float | None = None) -> Table:
    """What was fitted and chosen, with calibration error and Brier score before and after.

    Args:
        tuned: what to show.
        prevalence: share of abnormal studies for which flags are expected; None: that of the
            studies themselves.
    """
    return Table(
        "Calibration and operating points",
        (
            "Region", "Studies", "Fitted on", "Slope", "Intercept", "ECE before", "ECE after",
            "Brier before", "Brier after", "Threshold", "Sensitivity", "Specificity",
            "Flags per 100",
        ),
        tuple(_tuning_row(tuned, region, prevalence) for region in tuned.points),
        "Measured on the studies that the numbers were fitted and chosen on: they flatter.",
    )  # fmt: skip


def _tuning_row(tuned: Tuned, region: str, prevalence: float | None) -> tuple[Cell, ...]:
    chosen = region_masks(tuned.before.regions)[region]
    before, after = studies_in(tuned.before, chosen), studies_in(tuned.after, chosen)
    fitted = tuned.scalings[region]
    own = "all regions" if region == OVERALL or not fitted.own else "its own"
    # What the region's threshold does to the region's studies, also where it is everybody's.
    found = measure_at(after, {**tuned.thresholds(), OVERALL: tuned.points[OVERALL].threshold})
    share = float(after.labels.mean()) if prevalence is None else prevalence
    flags = None
    if found.recall is not None and found.specificity is not None:
        alarms = 1.0 - found.specificity.value
        flags = 100.0 * (share * found.recall.value + (1.0 - share) * alarms)
    return (
        region.capitalize(),
        len(after),
        own,
        fitted.calibration.slope,
        fitted.calibration.intercept,
        calibration_error(before.probabilities, before.labels),
        calibration_error(after.probabilities, after.labels),
        brier_score(before.probabilities, before.labels),
        brier_score(after.probabilities, after.labels),
        tuned.points[region].threshold,
        found.recall,
        found.specificity,
        flags,
    )
