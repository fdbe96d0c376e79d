"""Calibration error, Brier score and curves against scikit-learn and by hand."""

import numpy as np
import pytest
from sklearn import metrics as reference
from sklearn.calibration import calibration_curve

from model_training.evaluation.curves import (
    average_precision,
    precision_recall_points,
    roc_points,
)
from model_training.evaluation.reliability import (
    brier_score,
    calibration_error,
    reliability_table,
)


def test_calibration_error_equals_the_example_worked_out_by_hand():
    # Two bins: 0.1, 0.3 and 0.5 (one abnormal), 0.6 and 0.8 (both abnormal).
    probabilities = np.array([0.1, 0.3, 0.5, 0.6, 0.8])
    labels = np.array([False, False, True, True, True])
    low, high = reliability_table(probabilities, labels, bins=2)
    assert (low.studies, high.studies) == (3, 2)
    assert low.mean_probability == pytest.approx(0.3)
    assert low.abnormal.value == pytest.approx(1 / 3)
    expected = 3 / 5 * abs(0.3 - 1 / 3) + 2 / 5 * abs(0.7 - 1.0)
    assert calibration_error(probabilities, labels, bins=2) == pytest.approx(expected)


def test_bins_equal_scikit_learn(scores):
    shares, means = calibration_curve(scores.labels, scores.probabilities, n_bins=10)
    filled = [
        each for each in reliability_table(scores.probabilities, scores.labels) if each.studies
    ]
    assert [each.abnormal.value for each in filled] == pytest.approx(shares.tolist())
    assert [each.mean_probability for each in filled] == pytest.approx(means.tolist())


def test_ends_belong_to_the_outer_bins_and_empty_bins_stay():
    table = reliability_table(np.array([0.0, 1.0]), np.array([False, True]))
    assert [each.studies for each in table] == [1, *[0] * 8, 1]
    assert table[4].abnormal is None
    assert calibration_error(np.array([0.0, 1.0]), np.array([False, True])) == 0.0


def test_brier_score_equals_scikit_learn(scores):
    expected = reference.brier_score_loss(scores.labels, scores.probabilities)
    assert brier_score(scores.probabilities, scores.labels) == pytest.approx(expected)


@pytest.fixture
def tied(scores):
    return np.round(scores.probabilities, 1), scores.labels


def test_curves_equal_scikit_learn_also_with_ties(tied):
    values, labels = tied
    alarms, hits, _ = reference.roc_curve(labels, values, drop_intermediate=False)
    found = roc_points(values, labels)
    assert found[0] == pytest.approx(alarms)
    assert found[1] == pytest.approx(hits)
    precision, recall, _ = reference.precision_recall_curve(labels, values)
    ours = precision_recall_points(values, labels)
    # scikit-learn gives falling recall and adds the point (0, 1).
    assert ours[0][::-1] == pytest.approx(recall[:-1])
    assert ours[1][::-1] == pytest.approx(precision[:-1])
    expected = reference.average_precision_score(labels, values)
    assert average_precision(values, labels) == pytest.approx(expected)


@pytest.mark.parametrize("function", [calibration_error, brier_score, roc_points])
def test_nothing_cannot_be_measured(function):
    with pytest.raises(ValueError, match="at least one study"):
        function(np.zeros(0), np.zeros(0, dtype=np.bool_))


def test_senseless_requests_are_refused():
    one = np.array([0.5]), np.array([False])
    with pytest.raises(ValueError, match="at least one bin"):
        reliability_table(*one, bins=0)
    with pytest.raises(ValueError, match=r"0\.\.1"):
        reliability_table(np.array([1.5]), one[1])
    with pytest.raises(ValueError, match="both classes"):
        roc_points(*one)
    with pytest.raises(ValueError, match="abnormal study"):
        average_precision(*one)
