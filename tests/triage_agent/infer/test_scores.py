import math
import random

import pytest

from triage_agent.infer.scores import (
    IDENTITY,
    Calibration,
    image_probability,
    is_abnormal,
    study_probability,
)


@pytest.mark.parametrize(
    ("logit", "probability"),
    [(0.0, 0.5), (math.log(3), 0.75), (-math.log(3), 0.25), (1000.0, 1.0), (-1000.0, 0.0)],
)
def test_probability_is_the_logistic_function_of_the_logit(logit, probability):
    assert image_probability(logit) == pytest.approx(probability)


def test_calibration_scales_and_shifts_the_logit():
    calibration = Calibration(slope=0.5, intercept=-1.0)
    assert image_probability(4.0, calibration) == pytest.approx(image_probability(1.0, IDENTITY))


@pytest.mark.parametrize("logit", [float("nan"), float("inf"), float("-inf")])
def test_a_network_without_an_opinion_gives_no_probability(logit):
    with pytest.raises(ValueError, match="finite"):
        image_probability(logit)


@pytest.mark.parametrize(
    ("slope", "intercept", "cause"),
    [
        (0.0, 0.0, "slope"),
        (-1.0, 0.0, "slope"),
        (float("inf"), 0.0, "slope"),
        (1.0, float("nan"), "intercept"),
    ],
)
def test_a_calibration_keeps_the_order_of_images(slope, intercept, cause):
    with pytest.raises(ValueError, match=cause):
        Calibration(slope, intercept)


def test_study_probability_is_the_arithmetic_mean():
    assert study_probability([0.9, 0.2, 0.1]) == pytest.approx(0.4)


def test_study_probability_does_not_depend_on_the_order_of_arrival():
    values = [random.Random(1).random() for _ in range(9)]  # noqa: S311 (no secret)
    assert len({study_probability(values[i:] + values[:i]) for i in range(9)}) == 1


def test_a_study_without_images_has_no_probability():
    with pytest.raises(ValueError, match="without scored images"):
        study_probability([])


@pytest.mark.parametrize("wrong", [-0.1, 1.1, float("nan")])
def test_what_is_no_probability_is_refused(wrong):
    with pytest.raises(ValueError, match=r"0\.\.1"):
        study_probability([0.5, wrong])


def test_abnormal_is_above_the_operating_point_and_not_on_it():
    assert is_abnormal(0.51, 0.5)
    assert not is_abnormal(0.5, 0.5)
