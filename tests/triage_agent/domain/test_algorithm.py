"""Who scored the images."""

from dataclasses import replace

import pytest

from tests.report_sources import ALGORITHM
from triage_agent.domain.algorithm import DEFAULT_OPERATING_POINT
from triage_agent.domain.region import Region


def test_operating_points_go_by_region():
    assert ALGORITHM.operating_point(Region.HAND) == 0.4
    assert ALGORITHM.operating_point(Region.WRIST) == DEFAULT_OPERATING_POINT
    assert ALGORITHM.operating_point(None) == DEFAULT_OPERATING_POINT


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
