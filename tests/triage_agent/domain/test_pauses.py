"""Pauses after failures in a row."""

from datetime import timedelta

import pytest

from tests.factories import T0, after
from triage_agent.domain.pauses import Pauses

PAUSES = Pauses(first_seconds=5.0, longest_seconds=300.0)


def test_pauses_double_up_to_the_longest():
    pauses = [PAUSES.after(failures).total_seconds() for failures in (1, 2, 6, 7, 8, 10_000)]
    assert pauses == [5, 10, 160, 300, 300, 300]
    assert PAUSES.longest == timedelta(minutes=5)


def test_nothing_is_left_alone_that_has_not_failed():
    with pytest.raises(ValueError, match="nothing has failed"):
        PAUSES.after(0)


@pytest.mark.parametrize(
    ("until", "is_over"), [(-1, True), (0, True), (1, False), (300, False), (300.1, True)]
)
def test_a_pause_ends_in_time_and_where_the_clock_was_set_back(until, is_over):
    assert PAUSES.is_over(after(until), T0) is is_over


@pytest.mark.parametrize(("first", "longest"), [(0.0, 1.0), (2.0, 1.0)])
def test_pauses_that_make_no_sense_are_refused(first, longest):
    with pytest.raises(ValueError, match="first_seconds"):
        Pauses(first_seconds=first, longest_seconds=longest)
