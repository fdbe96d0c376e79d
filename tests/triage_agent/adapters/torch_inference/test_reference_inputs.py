import math

import numpy as np
import pytest

from tests.fakes.bundle import make_bundle, make_preprocessing
from triage_agent.adapters.torch_inference.reference_inputs import (
    agree_exactly,
    reduction_is_harmless,
    reference_inputs,
)
from triage_agent.domain.region import Region
from triage_agent.infer.scores import Calibration


def logits(*probabilities: float) -> np.ndarray[tuple[int], np.dtype[np.float32]]:
    return np.array([math.log(p / (1 - p)) for p in probabilities], dtype=np.float32)


def test_inputs_are_the_same_every_time_and_differ_among_each_other() -> None:
    first, again = (reference_inputs(make_preprocessing(32)) for _ in range(2))
    np.testing.assert_array_equal(first, again)
    assert first.shape == (4, 3, 32, 32)
    assert first.dtype == np.float32
    assert (np.diff(first.std(axis=(1, 2, 3))) > 0).all()


@pytest.mark.parametrize("size", [3, 224])
def test_inputs_of_any_size(size: int) -> None:
    assert np.isfinite(reference_inputs(make_preprocessing(size))).all()


def test_exact_agreement() -> None:
    assert agree_exactly(logits(0.2, 0.5), logits(0.20009, 0.49991))
    assert not agree_exactly(logits(0.2, 0.5), logits(0.2, 0.5002))


@pytest.mark.parametrize("other", [logits(0.5), np.array([0.0, np.nan], dtype=np.float32)])
def test_what_cannot_be_compared_does_not_agree(
    other: np.ndarray[tuple[int], np.dtype[np.float32]],
) -> None:
    assert not agree_exactly(logits(0.5, 0.5), other)
    assert not agree_exactly(other, other if np.isnan(other).any() else logits(0.5, 0.5))


def test_a_small_difference_is_harmless() -> None:
    assert reduction_is_harmless(logits(0.2, 0.7), logits(0.209, 0.691), make_bundle())


def test_a_large_difference_is_not() -> None:
    assert not reduction_is_harmless(logits(0.2, 0.7), logits(0.2, 0.72), make_bundle())


def test_a_study_that_changes_sides_is_not_harmless() -> None:
    assert not reduction_is_harmless(logits(0.499), logits(0.501), make_bundle())
    elsewhere = make_bundle(operating_points=dict.fromkeys(Region, 0.3))
    assert reduction_is_harmless(logits(0.499), logits(0.501), elsewhere)


def test_every_region_s_calibration_counts() -> None:
    steep = make_bundle(calibrations={Region.WRIST: Calibration(slope=20.0)})
    assert reduction_is_harmless(logits(0.505), logits(0.51), make_bundle())
    assert not reduction_is_harmless(logits(0.505), logits(0.51), steep)


def test_infinity_is_not_harmless() -> None:
    assert not reduction_is_harmless(
        logits(0.5), np.array([np.inf], dtype=np.float32), make_bundle()
    )
