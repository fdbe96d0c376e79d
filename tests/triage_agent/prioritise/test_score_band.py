import pytest
from hypothesis import given
from hypothesis import strategies as st

from tests.factories import make_assessment
from triage_agent.prioritise.score_band import Band, score_band
from triage_agent.settings import AbnormalTarget, PrioritiseSettings

POLICY = PrioritiseSettings()


@pytest.mark.parametrize(
    ("probability", "band", "figure", "bar"),
    [
        (0.94, Band.HIGH, "0.94", "▰▰▰▰▰▰▰▰▰▱"),
        (0.62, Band.ABNORMAL, "0.62", "▰▰▰▰▰▰▱▱▱▱"),
        (0.04, Band.BELOW_THRESHOLD, "0.04", "▱▱▱▱▱▱▱▱▱▱"),
        (None, Band.NOT_ASSESSED, "–", ""),  # noqa: RUF001 (a dash)
    ],
)
def test_bands(probability, band, figure, bar):
    shown = score_band(make_assessment(probability), POLICY)
    assert (shown.band, shown.figure, shown.bar) == (band, figure, bar)


def test_one_row_for_abnormal_makes_no_high_band():
    policy = PrioritiseSettings(abnormal=(AbnormalTarget(minimum_probability=0, minutes=5),))
    assert score_band(make_assessment(1.0), policy).band is Band.ABNORMAL


def test_bands_differ_by_icon_and_by_word():
    shown = [score_band(make_assessment(p), POLICY) for p in (0.95, 0.6, 0.1, None)]
    assert len({one.icon for one in shown}) == len({one.word for one in shown}) == len(Band)
    assert all("normal" not in one.word.replace("abnormal", "") for one in shown)


@given(st.floats(0, 1))
def test_the_bar_has_ten_steps(probability):
    assert len(score_band(make_assessment(probability), POLICY).bar) == 10
