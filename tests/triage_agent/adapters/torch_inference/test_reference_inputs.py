import math

import numpy as np
import pytest

from tests.factories import Value
from tests.fakes.bundle import make_bundle, make_preprocessing
from triage_agent.adapters.torch_inference.reference_inputs import (
    Logits,
    agree_exactly,
    compare_reduction,
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


def test_a_network_that_is_sure_of_all_the_inputs_hides_no_difference() -> None:
    sure = np.array([14.0, -25.0], dtype=np.float32)
    rounded = np.nextafter(sure, np.float32(np.inf)) * np.float32(1 + 1e-5)
    assert agree_exactly(sure, rounded)
    assert not agree_exactly(sure, sure + np.float32(0.1))
    assert not agree_exactly(sure, sure * np.float32(1.01))


@pytest.mark.parametrize("other", [logits(0.5), np.array([0.0, np.nan], dtype=np.float32)])
def test_what_cannot_be_compared_does_not_agree(
    other: np.ndarray[tuple[int], np.dtype[np.float32]],
) -> None:
    assert not agree_exactly(logits(0.5, 0.5), other)
    assert not agree_exactly(other, other if np.isnan(other).any() else logits(0.5, 0.5))


def is_harmless(reference: Logits, reduced: Logits, **card: Value) -> bool:
    return compare_reduction(reference, reduced, make_bundle(**card)).is_harmless


def test_a_small_difference_is_harmless() -> None:
    assert is_harmless(logits(0.2, 0.7), logits(0.204, 0.693))


def test_a_large_difference_is_not() -> None:
    assert not is_harmless(logits(0.2, 0.7), logits(0.2, 0.72))


def test_a_difference_counts_as_if_the_image_were_in_doubt() -> None:
    """A network that is sure of all the inputs would hide any difference."""
    sure, nearly_as_sure = logits(0.0002), logits(0.0004)
    found = compare_reduction(sure, nearly_as_sure, make_bundle())
    assert found.largest_change == pytest.approx(math.log(2) / 4, abs=1e-3)
    assert not found.is_harmless
    assert str(found) == "a probability in doubt moves by up to 0.173"


def test_a_study_that_changes_sides_is_not_harmless() -> None:
    assert not is_harmless(logits(0.499), logits(0.501))
    assert is_harmless(logits(0.499), logits(0.501), operating_points=dict.fromkeys(Region, 0.3))
    assert str(compare_reduction(logits(0.499), logits(0.501), make_bundle())).endswith(
        "a flag changes"
    )


def test_every_region_s_calibration_counts() -> None:
    steep = {Region.WRIST: Calibration(slope=20.0)}
    assert is_harmless(logits(0.505), logits(0.51))
    assert not is_harmless(logits(0.505), logits(0.51), calibrations=steep)


@pytest.mark.parametrize("other", [[np.inf], [0.0, 0.0]])
def test_what_is_no_number_or_another_batch_is_not_harmless(other: list[float]) -> None:
    assert not is_harmless(logits(0.5), np.array(other, dtype=np.float32))
