"""Platt and temperature scaling against statsmodels and scikit-learn."""

import numpy as np
import pytest
import statsmodels.api as sm
from scipy.optimize import minimize
from sklearn.linear_model import LogisticRegression

from model_training.evaluation.figures import OVERALL
from model_training.evaluation.predictions import Prediction, by_study
from model_training.evaluation.reliability import calibration_error
from model_training.evaluation.scaling import (
    Scaling,
    fit_by_region,
    fit_scaling,
    logits_of,
    scaled,
    studies_in,
)
from triage_agent.infer.scores import IDENTITY


def targets(labels):
    abnormal, normal = labels.sum(), (~labels).sum()
    return np.where(labels, (abnormal + 1) / (abnormal + 2), 1 / (normal + 2))


@pytest.mark.parametrize(("scaling", "constant"), [("platt", True), ("temperature", False)])
def test_it_equals_logistic_regression_on_platts_targets(scores, scaling, constant):
    logits = logits_of(scores.image_probabilities)[:, np.newaxis]
    design = np.hstack([logits, np.ones_like(logits)]) if constant else logits
    expected = sm.GLM(targets(scores.labels), design, family=sm.families.Binomial()).fit().params
    found = fit_scaling(scores, Scaling(scaling))
    assert found.slope == pytest.approx(expected[0], rel=1e-6)
    assert found.intercept == pytest.approx(expected[1] if constant else 0.0, rel=1e-6)


def test_it_equals_scikit_learn_with_soft_targets_as_weights(scores):
    logits = logits_of(scores.image_probabilities)[:, np.newaxis]
    share = targets(scores.labels)
    model = LogisticRegression(C=1e12, tol=1e-10, max_iter=1000).fit(
        np.vstack([logits, logits]),
        np.repeat([1, 0], len(logits)),
        sample_weight=np.concatenate([share, 1 - share]),
    )
    found = fit_scaling(scores, Scaling.PLATT)
    assert found.slope == pytest.approx(float(model.coef_[0, 0]), rel=1e-3)
    assert found.intercept == pytest.approx(float(model.intercept_[0]), rel=1e-3)


def test_with_several_images_the_means_of_studies_are_fitted(several_images):
    logits = logits_of(several_images.image_probabilities).reshape(-1, 3)
    share = targets(several_images.labels)

    def loss(parameters):
        means = (1 / (1 + np.exp(-(parameters[0] * logits + parameters[1])))).mean(axis=1)
        return -np.sum(share * np.log(means) + (1 - share) * np.log(1 - means))

    expected = minimize(loss, [1.0, 0.0], method="Nelder-Mead", options={"xatol": 1e-8})
    found = fit_scaling(several_images, Scaling.PLATT)
    assert loss([found.slope, found.intercept]) <= expected.fun + 1e-9
    assert found.slope == pytest.approx(expected.x[0], rel=1e-4)
    assert found.intercept == pytest.approx(expected.x[1], rel=1e-4)


def test_overconfident_probabilities_are_mended(draw):
    before = by_study(draw(5, studies=900, spread=3.0, shift=1.0))
    fitted = fit_by_region(before, Scaling.PLATT)
    assert all(each.own for region, each in fitted.items() if region != OVERALL)
    unseen = by_study(draw(6, studies=900, spread=3.0, shift=1.0))
    after = scaled(unseen, fitted)
    assert calibration_error(unseen.probabilities, unseen.labels) > 0.1
    assert calibration_error(after.probabilities, after.labels) < 0.06


def test_a_region_with_few_studies_takes_what_all_regions_give(scores):
    fitted = fit_by_region(scores, Scaling.PLATT, fewest=25)
    assert not fitted["HAND"].own
    assert fitted["HAND"].calibration == fitted[OVERALL].calibration
    assert fitted["HAND"].studies == len(scores)
    own = fit_by_region(scores, Scaling.PLATT, fewest=20)["HAND"]
    assert own.own
    assert own.calibration != fitted["HAND"].calibration


def test_classes_that_do_not_overlap_get_a_finite_slope():
    rows = [Prediction(f"s{n}", "HAND", n >= 20, 0.9 if n >= 20 else 0.1, "") for n in range(40)]
    found = fit_scaling(by_study(rows), Scaling.PLATT)
    # Platt's targets are 21/22 and 1/22: the fit reaches them exactly.
    assert found.slope * np.log(9) == pytest.approx(np.log(21))
    assert found.intercept == pytest.approx(0.0, abs=1e-9)


def test_no_scaling_changes_nothing(several_images):
    assert fit_scaling(several_images, Scaling.NONE) == IDENTITY
    after = scaled(several_images, fit_by_region(several_images, Scaling.NONE))
    assert after.probabilities == pytest.approx(several_images.probabilities)


def test_some_studies_keep_their_own_images(several_images):
    chosen = np.arange(len(several_images)) % 7 == 3
    part = studies_in(several_images, chosen)
    assert part.studies[1] == "study10"
    assert len(part.image_probabilities) == 3 * len(part)
    means = np.bincount(part.study_of_image, part.image_probabilities) / 3
    assert means == pytest.approx(part.probabilities)


def test_what_cannot_be_fitted_is_said():
    def rows(probabilities, labels):
        return by_study(
            Prediction(str(n), "HAND", label, p)
            for n, (p, label) in enumerate(zip(probabilities, labels, strict=True))
        )

    with pytest.raises(ValueError, match="both classes"):
        fit_scaling(rows([0.2, 0.3], [True, True]), Scaling.PLATT)
    with pytest.raises(ValueError, match="different probabilities"):
        fit_scaling(rows([0.2, 0.2], [True, False]), Scaling.PLATT)
    backwards = rows([0.1, 0.2, 0.3, 0.8, 0.9], [True, True, False, False, False])
    with pytest.raises(ValueError, match="below normal ones"):
        fit_scaling(backwards, Scaling.PLATT)


def test_probabilities_of_zero_and_one_have_finite_logits():
    logits = logits_of(np.array([0.0, 0.5, 1.0]))
    assert np.isfinite(logits).all()
    assert logits[1] == 0.0
    assert logits[0] == pytest.approx(-logits[2])
