"""Who scored the images."""

from dataclasses import replace

import pytest

from tests.factories import after, make_instance, make_scored
from tests.report_sources import ALGORITHM
from triage_agent.domain.algorithm import DEFAULT_OPERATING_POINT, answering_model
from triage_agent.domain.region import Region


@pytest.mark.parametrize(
    ("regions", "point"),
    [
        ((Region.HAND,), 0.4),
        ((Region.WRIST,), DEFAULT_OPERATING_POINT),
        ((None,), DEFAULT_OPERATING_POINT),
        ((Region.HAND, Region.WRIST), 0.4),
        ((Region.WRIST, Region.HAND), 0.4),
        ((), DEFAULT_OPERATING_POINT),
    ],
)
def test_the_lowest_operating_point_of_the_regions_counts(
    regions: tuple[Region | None, ...], point: float
):
    assert ALGORITHM.operating_point([make_scored(region=each) for each in regions]) == point


def test_images_without_a_score_have_no_say_in_the_operating_point():
    unscored = make_instance(region=Region.HAND)
    assert ALGORITHM.operating_point([unscored, make_scored(region=Region.WRIST)]) == 0.5


@pytest.mark.parametrize(
    "attribute",
    ["name", "version", "manufacturer", "device_uid", "weights_sha256", "architecture"],
)
def test_nothing_about_an_algorithm_may_be_empty(attribute: str):
    with pytest.raises(ValueError, match=attribute):
        replace(ALGORITHM, **{attribute: ""})


@pytest.mark.parametrize("point", [0.0, 1.0, -0.1, float("nan")])
def test_an_operating_point_lies_between_0_and_1(point: float):
    with pytest.raises(ValueError, match="HAND"):
        replace(ALGORITHM, operating_points={Region.HAND: point})


def test_scores_are_recorded_under_name_and_version():
    assert ALGORITHM.model == "demo-model 1.2.3"


def test_nobody_answers_for_a_study_without_scores():
    assert answering_model([]) == ""
    assert answering_model([make_instance()]) == ""


def test_the_model_that_scored_the_last_image_answers_for_the_study():
    images = [
        make_scored(model="new 2", received_at=after(5)),
        make_scored(model="old 1", received_at=after(1)),
        make_instance(received_at=after(9)),
    ]
    assert answering_model(images) == answering_model(images[::-1]) == "new 2"


def test_of_images_that_came_at_once_the_same_one_always_counts():
    images = [
        make_scored(model="new 2", SOPInstanceUID="1.2.2"),
        make_scored(model="old 1", SOPInstanceUID="1.2.1"),
    ]
    assert answering_model(images) == answering_model(images[::-1]) == "new 2"


def test_two_may_be_one_as_far_as_both_tell():
    told = replace(ALGORITHM, judging_sha256="1" * 64)
    assert told.may_be(told)
    assert told.may_be(ALGORITHM)
    assert ALGORITHM.may_be(told)
    assert not told.may_be(replace(told, judging_sha256="2" * 64))
    assert not told.may_be(replace(ALGORITHM, device_uid="2.25.7"))
