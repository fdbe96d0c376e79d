import pytest

from triage_agent.domain.proportion import Proportion, percentile


@pytest.mark.parametrize(
    ("count", "total", "low", "high"),
    [
        # Brown, Cai and DasGupta 2001; Newcombe 1998, table I, method 3.
        (81, 263, 0.2553, 0.3662),
        (15, 148, 0.0624, 0.1605),
        (0, 20, 0.0, 0.1611),
        (1, 29, 0.0061, 0.1718),
        (29, 29, 0.8830, 1.0),
    ],
)
def test_the_interval_is_wilsons(count, total, low, high):
    assert Proportion(count=count, total=total).interval == pytest.approx((low, high), abs=5e-5)


def test_of_nothing_everything_is_possible():
    nothing = Proportion(count=0, total=0)
    assert nothing.value is None
    assert nothing.interval == (0.0, 1.0)
    assert Proportion(count=1, total=4).value == 0.25


def test_the_ends_are_exact():
    assert Proportion(count=0, total=7).interval[0] == 0.0
    assert Proportion(count=7, total=7).interval[1] == 1.0


@pytest.mark.parametrize(("count", "total"), [(-1, 2), (3, 2)])
def test_more_than_all_or_less_than_none_is_refused(count, total):
    with pytest.raises(ValueError, match="is no proportion"):
        Proportion(count=count, total=total)


def test_shares_differ_once_their_intervals_lie_apart():
    usual = Proportion(count=300, total=1000)
    assert Proportion(count=80, total=100).differs_from(usual)
    assert Proportion(count=2, total=100).differs_from(usual)
    assert not Proportion(count=36, total=100).differs_from(usual)
    assert not Proportion(count=3, total=4).differs_from(usual)


def test_percentiles_are_values_that_were_measured():
    assert percentile([], 50) is None
    assert percentile([7.0], 1) == percentile([7.0], 100) == 7.0
    values = [float(number) for number in range(100, 0, -1)]
    assert [percentile(values, percent) for percent in (1, 50, 95, 100)] == [1, 50, 95, 100]
    assert percentile([1.0, 2.0, 3.0], 50) == 2.0
    assert percentile([1.0, 2.0, 3.0], 95) == 3.0
