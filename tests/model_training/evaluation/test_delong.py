"""DeLong's paired test: by hand, against covariances written out, and by its error rate."""

import math

import numpy as np
import pytest
from scipy import stats

from model_training.evaluation.delong import paired_test
from model_training.evaluation.estimate import Z95

LABELS = np.array([True, True, True, False, False])


def test_it_equals_the_example_worked_out_by_hand():
    # First: abnormal 3, 4, 2 against 1, 2.5: V10 = 1, 1, 1/2; V01 = 1, 2/3; area 5/6.
    # Second: abnormal 3, 1, 2 against 1.5, 2.5: V10 = 1, 0, 1/2; V01 = 2/3, 1/3; area 1/2.
    # Differences: 0, 1, 0 with variance 1/3; and 1/3, 1/3 with variance 0.
    # Variance of the difference: (1/3)/3 + 0/2 = 1/9; z = (1/3) / (1/3) = 1.
    first = np.array([3.0, 4.0, 2.0, 1.0, 2.5])
    second = np.array([3.0, 1.0, 2.0, 1.5, 2.5])
    found = paired_test(first, second, LABELS)
    assert (found.first, found.second) == (pytest.approx(5 / 6), pytest.approx(1 / 2))
    assert found.z == pytest.approx(1.0)
    assert found.p_value == pytest.approx(2 * stats.norm.sf(1.0))
    assert found.difference.low == pytest.approx(1 / 3 - Z95 / 3)
    assert found.difference.high == pytest.approx(1 / 3 + Z95 / 3)


def test_it_equals_the_formula_with_covariances(scores, other_scores):
    # DeLong et al., equations 3 to 6, written out with the kernel over all pairs.
    labels = scores.labels

    def kernel(values):
        pairs = values[labels][:, np.newaxis] - values[~labels][np.newaxis, :]
        return (pairs > 0) + 0.5 * (pairs == 0)

    kernels = [kernel(each.probabilities) for each in (scores, other_scores)]
    over_normal = np.cov([each.mean(axis=1) for each in kernels])
    over_abnormal = np.cov([each.mean(axis=0) for each in kernels])
    covariance = over_normal / labels.sum() + over_abnormal / (~labels).sum()
    contrast = np.array([1.0, -1.0])
    error = math.sqrt(contrast @ covariance @ contrast)
    gap = kernels[0].mean() - kernels[1].mean()
    found = paired_test(scores.probabilities, other_scores.probabilities, labels)
    assert found.difference.value == pytest.approx(gap)
    assert found.z == pytest.approx(gap / error)
    assert found.p_value == pytest.approx(2 * stats.norm.sf(abs(gap / error)))


def test_the_order_of_studies_matters_only_as_a_pairing(scores, other_scores):
    shuffled = np.random.default_rng(1).permutation(len(scores))
    first, second = scores.probabilities, other_scores.probabilities
    straight = paired_test(first, second, scores.labels)
    other = paired_test(first[shuffled], second[shuffled], scores.labels[shuffled])
    assert other.z == pytest.approx(straight.z)
    assert paired_test(second, first, scores.labels).z == pytest.approx(-straight.z)


def test_models_that_do_not_differ_are_called_different_one_time_in_twenty():
    random = np.random.default_rng(2)
    labels = np.arange(120) % 2 == 0
    alarms = 0
    for _ in range(400):
        shared = random.normal(labels * 1.0, 1.0)
        first, second = (shared + random.normal(0, 0.7, 120) for _ in range(2))
        alarms += paired_test(first, second, labels).p_value < 0.05
    assert 8 <= alarms <= 34


def test_models_without_any_variance():
    same = np.array([3.0, 4.0, 5.0, 1.0, 2.0])
    assert paired_test(same, 2 * same, LABELS).p_value == 1.0
    worst = paired_test(same, -same, LABELS)
    assert (worst.z, worst.p_value) == (math.inf, 0.0)


def test_it_needs_the_same_studies_and_two_of_each_class():
    with pytest.raises(ValueError, match="same studies"):
        paired_test(np.ones(4), np.ones(5), LABELS)
    with pytest.raises(ValueError, match="two studies"):
        paired_test(np.ones(3), np.ones(3), LABELS[:3])
