"""The picture: where things are, and that nothing of the radiograph is lost."""

import numpy as np
import pytest

from triage_agent.domain.instance import ClassActivation
from triage_agent.report.picture import MINIMUM_WIDTH, draw

COLD = ClassActivation(rows=1, columns=1, values=(0.0,))
WORDS = ("First paragraph.", "Second one.")


def grey(rows: int, columns: int, value: float = 0.5) -> np.ndarray:
    return np.full((rows, columns), value, dtype=np.float32)


def is_coloured(picture: np.ndarray) -> np.ndarray:
    return np.ptp(picture.astype(int), axis=2) > 20


def find(picture: np.ndarray, display: np.ndarray) -> tuple[int, int]:
    """Return where in the picture a display with a pattern stands, or fail."""
    rows, columns = display.shape
    expected = np.rint(display * 255).astype(np.uint8)
    for top, left in zip(*np.nonzero((picture == expected[0, 0]).all(axis=2)), strict=True):
        part = picture[top : top + rows, left : left + columns]
        if part.shape[:2] == display.shape and (part == expected[..., np.newaxis]).all():
            return int(top), int(left)
    pytest.fail("the radiograph is not in the picture")


@pytest.mark.parametrize("shape", [(300, 200), (200, 900), (1024, 100), (8, 8)])
def test_the_radiograph_stands_in_it_whole_and_neither_cut_nor_scaled(shape: tuple[int, int]):
    display = np.random.default_rng(0).integers(1, 256, shape) / 255.0
    picture = draw(display, COLD, WORDS)
    top, left = find(picture, display)
    rows, columns, samples = picture.shape
    assert samples == 3
    assert picture.dtype == np.uint8
    assert columns >= MINIMUM_WIDTH
    assert abs(left - (columns - shape[1]) / 2) <= 1
    assert top > 0
    assert rows > top + shape[0]


def test_the_warning_stands_above_and_below_in_amber():
    picture = draw(grey(300, 400), COLD, WORDS)
    coloured = is_coloured(picture)
    top, _ = find(picture, grey(300, 400))
    for band in (coloured[:top], coloured[-top:]):
        assert band.sum() > 500
        columns = np.nonzero(band.any(axis=0))[0]
        # Large enough to read: it fills more than half of the width.
        assert columns[-1] - columns[0] > 0.5 * picture.shape[1]


def test_every_paragraph_adds_a_line_and_long_ones_are_broken():
    def height(*paragraphs: str) -> int:
        return draw(grey(50, 50), COLD, paragraphs).shape[0]

    line = height("one", "two") - height("one")
    assert line > 0
    assert height("one", "two", "three") == height("one") + 2 * line
    assert height("word " * 60) > height("one") + line
    assert height("unbreakable" * 40) == height("one")


def test_the_words_are_drawn_below_the_radiograph():
    empty, full = draw(grey(50, 50), COLD, ("",)), draw(grey(50, 50), COLD, ("Text",))
    assert empty.shape == full.shape
    changed = np.nonzero((empty != full).any(axis=(1, 2)))[0]
    top, _ = find(full, grey(50, 50))
    assert len(changed)
    assert changed[0] >= top + 50


def test_heat_is_where_the_map_is_warm():
    warm = ClassActivation(rows=2, columns=2, values=(8.0, 0.0, 0.0, 0.0))
    display = grey(200, 200)
    cold_picture, picture = draw(display, COLD, WORDS), draw(display, warm, WORDS)
    top, left = find(cold_picture, display)
    coloured = is_coloured(picture)[top : top + 200, left : left + 200]
    assert coloured[:50, :50].all()
    assert not coloured[150:, 150:].any()
    outside = (picture != cold_picture).any(axis=2)
    outside[top : top + 200, left : left + 200] = False
    assert not outside.any()


def test_the_colour_bar_stands_at_the_right_even_without_heat():
    display = grey(200, 300)
    picture = draw(display, COLD, WORDS)
    top, left = find(picture, display)
    bar = is_coloured(picture)[top : top + 200, left + 300 :]
    assert bar.any(axis=1).sum() > 50
    assert not is_coloured(picture)[top : top + 200, : left + 300].any()


def test_the_same_input_gives_the_same_picture():
    display = np.random.default_rng(0).random((90, 70))
    assert (draw(display, COLD, WORDS) == draw(display.copy(), COLD, WORDS)).all()


def test_an_image_with_channels_is_refused():
    with pytest.raises(ValueError, match="rows x columns"):
        draw(np.zeros((4, 4, 3)), COLD, WORDS)


def test_a_map_that_is_not_finite_is_refused():
    with pytest.raises(ValueError, match="finite"):
        draw(grey(4, 4), ClassActivation(rows=1, columns=1, values=(float("nan"),)), WORDS)
