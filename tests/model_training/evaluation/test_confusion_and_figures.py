"""Per-study figures against scikit-learn, statsmodels and examples worked out by hand."""

import math

import numpy as np
import pytest
from sklearn import metrics as reference
from statsmodels.stats.proportion import proportion_confint

from model_training.evaluation.agreement import proportion
from model_training.evaluation.confusion import Confusion
from model_training.evaluation.figures import (
    OVERALL,
    Rater,
    figures,
    figures_by_region,
    region_masks,
)


@pytest.fixture
def rater(scores):
    return Rater("model", scores.probabilities > 0.5, scores.probabilities)


def test_every_figure_equals_scikit_learn(rater, scores):
    found, labels, said = figures(rater, scores.labels), scores.labels, rater.decisions
    assert found.accuracy.value == pytest.approx(reference.accuracy_score(labels, said))
    assert found.precision.value == pytest.approx(reference.precision_score(labels, said))
    assert found.recall.value == pytest.approx(reference.recall_score(labels, said))
    assert found.f1.value == pytest.approx(reference.f1_score(labels, said))
    assert found.kappa.value == pytest.approx(reference.cohen_kappa_score(labels, said))
    assert found.auroc.value == pytest.approx(reference.roc_auc_score(labels, scores.probabilities))
    specificity = reference.recall_score(labels, said, pos_label=False)
    assert found.specificity.value == pytest.approx(specificity)
    counts = found.confusion
    assert reference.confusion_matrix(labels, said).tolist() == [
        [counts.true_negative, counts.false_positive],
        [counts.false_negative, counts.true_positive],
    ]


@pytest.mark.parametrize(("hits", "trials"), [(0, 9), (3, 9), (9, 9), (120, 209)])
def test_wilson_intervals_equal_statsmodels(hits, trials):
    low, high = proportion_confint(hits, trials, method="wilson")
    assert proportion(hits, trials).low == pytest.approx(low, abs=1e-12)
    assert proportion(hits, trials).high == pytest.approx(high, abs=1e-12)


def test_figures_worked_out_by_hand():
    # 6 right and 2 missed of 8 abnormal, 3 false alarms and 9 right of 12 normal.
    counts = Confusion(true_positive=6, false_positive=3, false_negative=2, true_negative=9)
    assert counts.precision().value == pytest.approx(6 / 9)
    assert counts.false_positive_rate == pytest.approx(0.25)
    f1 = counts.f1()
    assert f1.value == pytest.approx(12 / 17)
    # The ends of Wilson's interval of 6/11, (0.2801, 0.7873), through 2J / (1 + J).
    low, high = proportion_confint(6, 11, method="wilson")
    assert f1.low == pytest.approx(2 * low / (1 + low))
    assert f1.high == pytest.approx(2 * high / (1 + high))


def test_kappa_on_as_many_studies_as_mura_has_a_wide_interval():
    # 209 studies, 90% agreement, half abnormal: SE = sqrt(0.9 * 0.1 / (209 * 0.25)) = 0.0415.
    decisions = np.arange(209) % 2 == 0
    labels = decisions.copy()
    labels[:21] = ~labels[:21]
    found = figures(Rater("reader", decisions), labels)
    observed = 188 / 209
    yes, truly = decisions.mean(), labels.mean()
    chance = yes * truly + (1 - yes) * (1 - truly)
    error = math.sqrt(observed * (1 - observed) / (209 * (1 - chance) ** 2))
    assert found.kappa.high - found.kappa.low == pytest.approx(2 * 1.959964 * error, rel=1e-6)
    assert found.kappa.high - found.kappa.low > 0.16


def test_what_is_not_defined_is_none_and_not_zero():
    normal = np.zeros(3, dtype=np.bool_)
    found = figures(Rater("reader", normal), normal)
    assert found.accuracy.value == 1.0
    undefined = (found.precision, found.recall, found.f1, found.kappa, found.auroc)
    assert undefined == (None,) * 5
    assert found.calibration_error is None
    empty = figures(Rater("model", normal[:0], np.zeros(0)), normal[:0])
    assert empty.studies == 0
    assert empty.accuracy is None


def test_regions_are_measured_alone_and_together(rater, scores):
    measured = figures_by_region(rater, scores.labels, scores.regions)
    assert list(measured) == ["ELBOW", "HAND", "WRIST", OVERALL]
    assert measured[OVERALL] == figures(rater, scores.labels)
    assert sum(measured[region].studies for region in measured) == 2 * len(scores)
    hand = region_masks(scores.regions)["HAND"]
    expected = reference.roc_auc_score(scores.labels[hand], scores.probabilities[hand])
    assert measured["HAND"].auroc.value == pytest.approx(expected)


def test_what_does_not_fit_is_refused():
    with pytest.raises(ValueError, match="2 decisions do not go with 3 labels"):
        Confusion.of(np.zeros(2, dtype=np.bool_), np.zeros(3, dtype=np.bool_))
    with pytest.raises(ValueError, match="not negative"):
        Confusion(1, 1, -1, 1)
    with pytest.raises(ValueError, match="every study needs"):
        Rater("model", np.zeros(2, dtype=np.bool_), np.zeros(3))
    with pytest.raises(ValueError, match="no name for a region"):
        region_masks(["HAND", OVERALL])
