"""Heat maps: scale, geometry and colour."""

import numpy as np
import pytest

from triage_agent.domain.heat import FULL_HEAT_LOGITS, MAX_OPACITY, overlay, upsample


def test_scale_is_the_peak_of_a_strong_map():
    heat = upsample(np.array([[0.0, 2.0 * FULL_HEAT_LOGITS]]), 1, 2)
    assert heat.tolist() == [[0.0, 1.0]]
    assert heat.dtype == np.float32


def test_a_weak_map_stays_pale():
    heat = upsample(np.array([[0.0, FULL_HEAT_LOGITS / 4.0]]), 1, 2)
    assert heat.tolist() == [[0.0, 0.25]]


def test_evidence_against_is_no_heat():
    assert not upsample(np.full((3, 3), -5.0), 6, 6).any()


def test_values_stand_at_the_centres_of_their_positions_and_reach_the_edges():
    heat = upsample(np.array([[0.0, FULL_HEAT_LOGITS]]), 2, 4)
    assert heat.tolist() == [[0.0, 0.25, 0.75, 1.0]] * 2


def test_the_hottest_place_stays_where_it_is():
    cam = np.zeros((7, 5))
    cam[5, 1] = 10.0
    heat = upsample(cam, 700, 500)
    assert np.unravel_index(heat.argmax(), heat.shape) == (549, 149)
    assert heat.shape == (700, 500)


def test_an_image_smaller_than_the_map_is_sampled():
    heat = upsample(np.full((4, 4), FULL_HEAT_LOGITS), 2, 3)
    assert heat.tolist() == [[1.0] * 3] * 2


@pytest.mark.parametrize(
    ("cam", "rows", "columns", "complaint"),
    [
        (np.zeros(4), 2, 2, "rows x columns"),
        (np.zeros((0, 4)), 2, 2, "rows x columns"),
        (np.array([[np.nan]]), 2, 2, "finite"),
        (np.array([[np.inf]]), 2, 2, "finite"),
        (np.zeros((1, 1)), 0, 2, "pixels"),
        (np.zeros((1, 1)), 2, 0, "pixels"),
    ],
)
def test_what_cannot_be_spread_is_refused(cam: np.ndarray, rows: int, columns: int, complaint: str):
    with pytest.raises(ValueError, match=complaint):
        upsample(cam, rows, columns)


def test_without_heat_the_image_is_unchanged():
    image = np.array([[0.0, 0.5, 1.0, 2.0, -1.0]])
    coloured = overlay(image, np.zeros(image.shape))
    assert coloured.dtype == np.uint8
    assert coloured.tolist() == [[[0] * 3, [128] * 3, [255] * 3, [255] * 3, [0] * 3]]


def test_heat_goes_from_yellow_to_red():
    black = np.zeros((1, 3))
    faint, middle, hot = overlay(black, np.array([[0.1, 0.5, 1.0]]))[0].astype(int)
    assert faint[0] > 0
    assert faint[1] > 0.8 * faint[0]
    assert middle[1] < 0.6 * middle[0]
    assert hot.tolist() == [round(255 * MAX_OPACITY * 0.9), 0, 0]


def test_anatomy_shows_below_the_hottest_place():
    hot = np.ones((1, 2))
    dark, bright = overlay(np.array([[0.0, 1.0]]), hot)[0].astype(int)
    assert (bright - dark).tolist() == pytest.approx([255 * (1 - MAX_OPACITY)] * 3, abs=1)


def test_heat_outside_its_range_is_clipped():
    image = np.zeros((1, 2))
    assert (overlay(image, np.array([[-3.0, 7.0]])) == overlay(image, np.array([[0.0, 1.0]]))).all()


def test_image_and_heat_must_have_one_shape():
    with pytest.raises(ValueError, match="heat map"):
        overlay(np.zeros((2, 2)), np.zeros((2, 3)))
