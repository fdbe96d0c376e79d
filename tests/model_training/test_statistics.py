"""Figures against scikit-learn and against examples worked out by hand."""

import math

import numpy as np
import pytest
from sklearn import metrics as reference

from model_training.evaluation.agreement import (
    accuracy,
    cohen_kappa,
    proportion,
    sensitivity,
    specificity,
)
from model_training.evaluation.auc import auc, auc_with_interval
from model_training.evaluation.estimate import Z95, Estimate
from model_training.evaluation.figures import Rater, figures, metrics_of
from model_training.evaluation.operating_point import choose_operating_point, points_by_region
from model_training.evaluation.predictions import Prediction, by_study


@pytest.fixture
def scored():
    """Overlapping scores with ties, and their labels."""
    random = np.random.default_rng(5)
    labels = random.random(400) < 0.3
    scores = np.round(random.normal(labels * 1.0, 1.0), 1)
    return scores, labels


def test_auc_equals_scikit_learn_also_with_ties(scored):
    scores, labels = scored
    assert auc(scores, labels) == pytest.approx(reference.roc_auc_score(labels, scores))


def test_delong_interval_equals_the_example_worked_out_by_hand():
    # Abnormal 3, 4, 2 against normal 1, 2.5. Shares of normal below: 1, 1, 1/2; AUC = 5/6.
    # Shares of abnormal above: 1, 2/3. Variances with n - 1: 1/12 and 1/18.
    # Variance of the AUC: (1/12)/3 + (1/18)/2 = 1/18.
    scores = np.array([3.0, 4.0, 2.0, 1.0, 2.5])
    labels = np.array([True, True, True, False, False])
    estimate = auc_with_interval(scores, labels)
    assert estimate.value == pytest.approx(5 / 6)
    assert estimate.low == pytest.approx(5 / 6 - Z95 * math.sqrt(1 / 18))
    assert estimate.high == 1.0


def test_delong_interval_is_about_as_wide_as_the_bootstrap(scored):
    scores, labels = scored
    random = np.random.default_rng(1)
    draws = [
        auc(scores[chosen], labels[chosen])
        for chosen in (random.integers(0, len(labels), len(labels)) for _ in range(600))
    ]
    estimate = auc_with_interval(scores, labels)
    assert estimate.high - estimate.low == pytest.approx(4 * np.std(draws), rel=0.15)


def test_auc_needs_both_classes():
    with pytest.raises(ValueError, match="both classes"):
        auc(np.array([1.0, 2.0]), np.array([True, True]))


def test_an_interval_needs_two_of_each():
    with pytest.raises(ValueError, match="two images"):
        auc_with_interval(np.array([1.0, 2.0, 3.0]), np.array([True, False, False]))


def test_kappa_equals_scikit_learn_and_mchughs_interval(scored):
    scores, labels = scored
    decisions = scores > 0.5
    estimate = cohen_kappa(decisions, labels)
    assert estimate.value == pytest.approx(reference.cohen_kappa_score(decisions, labels))
    assert estimate.low < estimate.value < estimate.high


def test_kappa_interval_equals_the_example_worked_out_by_hand():
    # 20 yes/yes, 5 yes/no, 10 no/yes, 15 no/no: observed 0.7, by chance 0.5, kappa 0.4.
    # Standard error: sqrt(0.7 * 0.3 / (50 * 0.25)) = 0.1296.
    decisions = np.repeat([True, True, False, False], [20, 5, 10, 15])
    labels = np.repeat([True, False, True, False], [20, 5, 10, 15])
    estimate = cohen_kappa(decisions, labels)
    assert estimate.value == pytest.approx(0.4)
    assert estimate.low == pytest.approx(0.4 - Z95 * math.sqrt(0.0168))
    assert estimate.high == pytest.approx(0.4 + Z95 * math.sqrt(0.0168))


@pytest.mark.parametrize("answers", [[], [True, True]])
def test_kappa_is_refused_where_it_is_not_defined(answers):
    labels = np.array(answers, dtype=np.bool_)
    with pytest.raises(ValueError, match="kappa"):
        cohen_kappa(labels, labels)


def test_wilson_interval_equals_published_values():
    # Newcombe, Statistics in Medicine 1998; 17: 857-72, table I, method 3: 81/263, 15/148, 0/20.
    for hits, trials, low, high in (
        (81, 263, 0.2553, 0.3662),
        (15, 148, 0.0624, 0.1605),
        (0, 20, 0.0000, 0.1611),
    ):
        estimate = proportion(hits, trials)
        assert estimate.low == pytest.approx(low, abs=5e-5)
        assert estimate.high == pytest.approx(high, abs=5e-5)


@pytest.mark.parametrize("hits", [0, 7])
def test_an_extreme_share_lies_in_its_own_interval(hits):
    estimate = proportion(hits, 7)
    assert estimate.low <= estimate.value <= estimate.high


def test_no_trials_no_share():
    with pytest.raises(ValueError, match="no trials"):
        proportion(0, 0)


def test_decisions_are_counted_like_scikit_learn(scored):
    scores, labels = scored
    decisions = scores > 0.2
    assert accuracy(decisions, labels).value == reference.accuracy_score(labels, decisions)
    assert sensitivity(decisions, labels).value == reference.recall_score(labels, decisions)
    recall_of_normal = reference.recall_score(~labels, ~decisions)
    assert specificity(decisions, labels).value == recall_of_normal


def test_operating_point_parts_the_classes_and_stays_near_one_half():
    probabilities = np.array([0.1, 0.2, 0.35, 0.62, 0.9])
    labels = np.array([False, False, False, True, True])
    assert choose_operating_point((probabilities, labels)) == 0.5
    assert choose_operating_point((probabilities * 0.7, labels)) == 0.43


def test_every_cohort_has_the_same_say_in_the_operating_point():
    large = np.repeat([0.35, 0.45, 0.65], 100), np.repeat([False, True, True], 100)
    small = np.array([0.55, 0.6]), np.array([False, True])
    assert 0.35 <= choose_operating_point(large) < 0.45
    assert 0.55 <= choose_operating_point(large, small) < 0.6


def test_operating_point_is_never_extreme():
    probabilities = np.array([0.01, 0.02, 0.03, 0.04])
    labels = np.array([False, False, True, True])
    assert choose_operating_point((probabilities, labels)) == 0.5
    assert choose_operating_point((np.array([0.02, 0.09, 0.105, 0.2]), labels)) == 0.1


def test_operating_points_of_regions_and_of_all_together():
    def predictions(region, *probabilities):
        labels = (False, True)
        return [
            Prediction(f"{region}{label}", region, label, probability)
            for label, probability in zip(labels, probabilities, strict=True)
        ]

    unknown = by_study(predictions("UNKNOWN", 0.05, 0.95))
    known = by_study([*predictions("HAND", 0.55, 0.75), *predictions("WRIST", 0.2, 0.3)])
    points = points_by_region(unknown, known)
    assert points == {"HAND": 0.55, "WRIST": 0.29, "Overall": 0.55}


def test_operating_point_needs_both_classes():
    with pytest.raises(ValueError, match="both classes"):
        choose_operating_point((np.array([0.5, 0.6]), np.array([False, False])))


def test_figures_stand_in_a_bundle_by_name(scored):
    scores, labels = scored
    decisions = scores > math.log(0.6 / 0.4)
    probabilities = 1 / (1 + np.exp(-scores))
    by_name = {
        m.name: m
        for m in metrics_of("some", figures(Rater("one", decisions, probabilities), labels))
    }
    assert by_name["auc"].value == pytest.approx(reference.roc_auc_score(labels, scores))
    assert by_name["accuracy"].value == reference.accuracy_score(labels, decisions)
    assert by_name["sensitivity"].value == reference.recall_score(labels, decisions)
    assert {m.images for m in by_name.values()} == {400}
    reader = metrics_of("some", figures(Rater("one", decisions), labels))
    assert {m.name for m in reader} == set(by_name) - {"auc"}


def test_no_figure_is_minus_nothing():
    assert Estimate(-1e-17, -0.5, 0.5, "").text() == "0.000 (-0.500, 0.500)"
