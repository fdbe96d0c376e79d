"""A map is brought from where its places lie to places that divide the image evenly."""

import json

import numpy as np
import pytest

from tests.fakes.bundle import make_bundle
from tests.fakes.classifier import FakeClassifier
from triage_agent.domain.region import Region
from triage_agent.errors import BundleInvalid
from triage_agent.infer.bundle import parse_bundle, render_bundle
from triage_agent.infer.judging import NetworkJudge
from triage_agent.infer.map_grid import MapGrid

# 10 places at the pixels 0, 32, 64 ... of 320, as in a ResNet.
LEADING = MapGrid(0.5 / 320, 32 / 320)


def test_a_linear_map_is_moved_by_half_a_place():
    cam = np.add.outer(np.arange(10.0), 100.0 * np.arange(10.0))
    even = LEADING.evened(cam)
    assert even.dtype == np.float32
    # The middle of an even part is pixel 15.5 of 32: that far from one place to the next.
    np.testing.assert_allclose(even[:9, :9], (cam + 101 * 15.5 / 32)[:9, :9], rtol=1e-6)
    np.testing.assert_allclose(even[9, 9], cam[9, 9], rtol=1e-6)  # nothing lies beyond


def test_even_places_stay_where_they_are():
    cam = np.random.default_rng(1).normal(size=(7, 9)).astype(np.float32)
    np.testing.assert_allclose(MapGrid(0.5 / 7, 1 / 7).evened(cam[:, :7]), cam[:, :7], rtol=1e-6)
    # Each side has as many places as it has, and they lie alike in shares of it.
    assert MapGrid(0.1, 0.1).evened(cam).shape == (7, 9)


def test_places_that_leave_a_margin_are_spread_to_the_edge():
    """Inception V3 pads hardly anywhere: its outermost places see the middle of pixel 37 of 299."""
    grid = MapGrid(37.5 / 299, 32 / 299)
    cam = np.zeros((8, 8))
    cam[0, 0] = 1.0
    even = grid.evened(cam)
    assert even[0, 0] == pytest.approx(1.0)
    assert 0.0 < even[1, 1] < 1.0


def test_what_is_no_number_stays_so():
    cam = np.zeros((3, 3))
    cam[1, 1] = np.nan
    assert np.isnan(LEADING.evened(cam)).any()


@pytest.mark.parametrize("values", [(np.inf, 0.1), (0.0, 0.0), (0.0, -0.1), (0.0, np.nan)])
def test_what_is_no_grid_is_refused(values):
    with pytest.raises(ValueError, match="must be a"):
        MapGrid(*values)


def test_a_bundle_says_where_its_maps_lie():
    bundle = make_bundle(map_grid=LEADING)
    text = render_bundle(bundle)
    assert parse_bundle(text) == bundle
    without = {key: value for key, value in json.loads(text).items() if key != "map_grid"}
    assert parse_bundle(json.dumps(without)).map_grid is None
    broken = json.loads(text) | {"map_grid": {"first": 0.1, "step": 0}}
    with pytest.raises(BundleInvalid, match=r"map_grid\.step.*positive"):
        parse_bundle(json.dumps(broken))


def test_a_judge_evens_the_map_and_leaves_the_logit():
    inputs = [np.random.default_rng(2).normal(size=(2, 3, 8, 8)).astype(np.float32)]
    regions = [Region.HAND, Region.WRIST]
    plain = NetworkJudge(FakeClassifier(), make_bundle()).judge(inputs, regions)
    moved = NetworkJudge(FakeClassifier(), make_bundle(map_grid=LEADING)).judge(inputs, regions)
    for one, other in zip(plain, moved, strict=True):
        assert one.logit == other.logit
        np.testing.assert_array_equal(other.activation, LEADING.evened(one.activation))
