"""The floor under a fitted network: a logistic regression on the features of its first weights."""

from functools import partial

import numpy as np
import pytest
import torch
from safetensors.torch import save_file
from sklearn.linear_model import LogisticRegression

from model_training.cohorts.sample import Part, Sample
from model_training.evaluation import linear_probe as probing
from model_training.evaluation.auc import auc
from model_training.evaluation.linear_probe import linear_probe
from triage_agent.infer.network import build_network

SMALL = "resnet18"


def image(seed: int, *, abnormal: bool) -> np.ndarray:
    """Noise, and stripes over it if abnormal."""
    noise = np.random.default_rng(seed).uniform(0.0, 0.6, (48, 48)).astype(np.float32)
    noise[::4] += 0.4 * abnormal
    return noise


def part_of(first: int, number: int) -> list[Sample]:
    return [
        Sample(
            str(first + index), "ours", index % 2 == 0, drawn=False, plain=True,
            read=partial(image, first + index, abnormal=index % 2 == 0),
        )
        for index in range(number)
    ]  # fmt: skip


@pytest.fixture
def samples():
    return {
        Part.TRAINING: part_of(0, 40),
        Part.VALIDATION: part_of(1000, 20),
        Part.TEST: part_of(2000, 30),
    }


@pytest.fixture
def weights(tmp_path):
    torch.manual_seed(2)
    path = tmp_path / "first.safetensors"
    save_file(build_network(SMALL).model.state_dict(), path)
    return path


def test_what_the_features_show_is_told_apart_on_images_not_fitted_on(samples, weights, tiny_spec):
    scores = linear_probe(SMALL, weights, tiny_spec, samples)
    labels = np.array([sample.abnormal for sample in samples[Part.TEST]])
    assert scores.shape == (30,)
    assert auc(scores, labels) > 0.9
    assert np.array_equal(scores, linear_probe(SMALL, weights, tiny_spec, samples))


def test_labels_of_the_test_images_change_nothing(samples, weights, tiny_spec):
    scores = linear_probe(SMALL, weights, tiny_spec, samples)
    turned = [
        Sample(
            each.name, each.cohort, not each.abnormal, drawn=False, plain=True, read=each.read
        )
        for each in samples[Part.TEST]
    ]  # fmt: skip
    again = linear_probe(SMALL, weights, tiny_spec, {**samples, Part.TEST: turned})
    assert np.array_equal(scores, again)


@pytest.mark.parametrize("penalty", [10.0, 0.1])
def test_the_fit_is_that_of_scikit_learn(penalty):
    rng = np.random.default_rng(5)
    labels = rng.random(60) < 0.3
    features = rng.normal(size=(60, 5)) + 0.8 * labels[:, None]
    ours = probing._fitted(torch.from_numpy(features), labels, penalty)
    # Its C multiplies the sum of the losses, ours is one over the penalty of their mean.
    theirs = LogisticRegression(C=1 / (penalty * 60), class_weight="balanced", tol=1e-10).fit(
        features, labels
    )
    assert np.allclose(ours.weight.detach().numpy(), theirs.coef_, atol=1e-4)
    assert np.allclose(ours.bias.detach().numpy(), theirs.intercept_, atol=1e-4)


def test_a_part_without_a_class_is_refused(samples, weights, tiny_spec):
    normal = [each for each in samples[Part.VALIDATION] if not each.abnormal]
    with pytest.raises(ValueError, match="both classes"):
        linear_probe(SMALL, weights, tiny_spec, {**samples, Part.VALIDATION: normal})
