"""Operating points worked out by hand, and against scikit-learn's ROC curve."""

import numpy as np
import pytest
from sklearn import metrics as reference

from model_training.evaluation.threshold import (
    by_alert_budget,
    by_sensitivity,
    by_youden,
    operating_point,
)

PROBABILITIES = np.array([0.1, 0.2, 0.3, 0.4, 0.6, 0.8, 0.9])
LABELS = np.array([False, False, True, False, True, False, True])


@pytest.mark.parametrize(
    ("target", "threshold", "found"), [(1.0, 0.25, 1.0), (0.6, 0.5, 2 / 3), (0.3, 0.85, 1 / 3)]
)
def test_the_highest_threshold_that_reaches_a_sensitivity(target, threshold, found):
    chosen = by_sensitivity(target)(PROBABILITIES, LABELS)
    assert chosen.threshold == pytest.approx(threshold)
    assert chosen.sensitivity.value == pytest.approx(found)


def test_rounding_does_not_cost_a_threshold():
    probabilities = np.linspace(0.01, 0.99, 40)
    labels = np.arange(40) >= 20
    chosen = by_sensitivity(0.95)(probabilities, labels)
    assert chosen.sensitivity.value == pytest.approx(19 / 20)


def test_youden_equals_scikit_learn(scores):
    alarms, hits, _ = reference.roc_curve(scores.labels, scores.probabilities)
    chosen = by_youden()(scores.probabilities, scores.labels)
    index = chosen.sensitivity.value + chosen.specificity.value - 1
    assert index == pytest.approx((hits - alarms).max())


def test_youden_takes_the_middle_of_a_gap():
    chosen = by_youden()(np.array([0.1, 0.2, 0.8, 0.9]), np.array([False, False, True, True]))
    assert chosen.threshold == pytest.approx(0.5)


def test_an_alert_budget_at_a_prevalence_worked_out_by_hand():
    # At prevalence 0.2 and a threshold of 0.5: 0.2 * 2/3 + 0.8 * 1/4 = 1/3; at 0.35: 0.5333.
    chosen = by_alert_budget(34, 0.2)(PROBABILITIES, LABELS)
    assert chosen.threshold == pytest.approx(0.5)
    assert by_alert_budget(33, 0.2)(PROBABILITIES, LABELS).threshold == pytest.approx(0.7)
    assert by_alert_budget(54, 0.2)(PROBABILITIES, LABELS).threshold == pytest.approx(0.35)


def test_a_budget_of_everything_or_nothing_is_kept():
    everything = by_alert_budget(100, 0.5)(PROBABILITIES, LABELS)
    assert everything.sensitivity.value == 1.0
    assert 0.0 < everything.threshold < 0.1
    nothing = by_alert_budget(0, 0.5)(PROBABILITIES, LABELS)
    assert nothing.sensitivity.value == 0.0
    assert 0.9 < nothing.threshold < 1.0


def test_probabilities_of_one_can_still_be_flagged():
    certain = np.array([0.0, 0.0, 1.0, 1.0])
    chosen = by_sensitivity(1.0)(certain, np.array([False, False, True, True]))
    assert 0.0 < chosen.threshold < 1.0
    assert chosen.sensitivity.value == chosen.specificity.value == 1.0


def test_what_no_threshold_can_do_is_said():
    """Probabilities beyond the first and the last threshold that a bundle takes."""
    labels = np.array([False, True, True])
    with pytest.raises(ValueError, match=r"reaches a sensitivity of 1\.0"):
        by_sensitivity(1.0)(np.array([0.2, 1e-8, 0.9]), labels)
    with pytest.raises(ValueError, match="keeps to 5 flags"):
        by_alert_budget(5, 0.3)(np.array([0.2, 1 - 1e-8, 1 - 1e-8]), labels)


def test_counts_go_with_the_threshold():
    counts = operating_point(0.5, PROBABILITIES, LABELS).confusion
    assert (counts.true_positive, counts.false_positive) == (2, 1)
    # A study on the threshold is not flagged, as at the node.
    assert operating_point(0.6, PROBABILITIES, LABELS).confusion.true_positive == 1


@pytest.mark.parametrize(
    ("make", "arguments"),
    [(by_sensitivity, (0.0,)), (by_sensitivity, (1.1,)), (by_alert_budget, (101, 0.5)),
     (by_alert_budget, (20, -0.1))],
)  # fmt: skip
def test_impossible_wishes_are_refused(make, arguments):
    with pytest.raises(ValueError, match="lies"):
        make(*arguments)


def test_a_threshold_needs_both_classes():
    with pytest.raises(ValueError, match="both classes"):
        by_youden()(PROBABILITIES, np.zeros(7, dtype=np.bool_))
