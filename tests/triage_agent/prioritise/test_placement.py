from datetime import UTC, datetime, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tests.factories import T0, make_assessment
from triage_agent.domain.priority import PriorityClass
from triage_agent.prioritise.placement import place
from triage_agent.settings import AbnormalTarget, PrioritiseSettings

POLICY = PrioritiseSettings()


def minutes_of(probability, *, stat=False, policy=POLICY):
    placement = place(make_assessment(probability), stat=stat, arrived_at=T0, policy=policy)
    return placement.priority_class, (placement.due_at - T0) / timedelta(minutes=1)


@pytest.mark.parametrize(
    ("probability", "stat", "expected"),
    [
        (0.95, False, (PriorityClass.ABNORMAL, 20)),
        (0.9, False, (PriorityClass.ABNORMAL, 20)),
        (0.89, False, (PriorityClass.ABNORMAL, 40)),
        (0.1, False, (PriorityClass.NORMAL, 240)),
        (None, False, (PriorityClass.NOT_ASSESSED, 90)),
        (0.95, True, (PriorityClass.STAT, 10)),
        (0.1, True, (PriorityClass.STAT, 10)),
        (None, True, (PriorityClass.STAT, 10)),
    ],
)
def test_the_policy_as_shipped(probability, stat, expected):
    assert minutes_of(probability, stat=stat) == expected


def test_stat_never_makes_a_study_wait_longer():
    policy = PrioritiseSettings(
        stat_minutes=30, abnormal=(AbnormalTarget(minimum_probability=0, minutes=5),)
    )
    assert minutes_of(0.9, stat=True, policy=policy) == (PriorityClass.STAT, 5)


def test_the_highest_row_that_is_reached_counts_whatever_the_order_of_rows():
    rows = [(0.0, 60.0), (0.95, 5.0), (0.7, 30.0)]
    policy = PrioritiseSettings(
        abnormal=tuple(AbnormalTarget(minimum_probability=p, minutes=m) for p, m in rows)
    )
    assert minutes_of(0.96, policy=policy)[1] == 5
    assert minutes_of(0.8, policy=policy)[1] == 30
    assert minutes_of(0.5, policy=policy)[1] == 60


def test_a_naive_arrival_is_refused():
    with pytest.raises(ValueError, match="arrived_at"):
        place(
            make_assessment(0.9),
            stat=False,
            arrived_at=datetime(2026, 1, 1),  # noqa: DTZ001 (what is refused)
            policy=POLICY,
        )


probabilities = st.one_of(st.none(), st.floats(0, 1))


@given(
    probabilities,
    st.booleans(),
    st.datetimes(
        min_value=datetime(2000, 1, 1),  # noqa: DTZ001 (hypothesis wants naive bounds)
        max_value=datetime(2100, 1, 1),  # noqa: DTZ001
        timezones=st.just(UTC),
    ),
)
def test_every_study_has_a_bound_on_its_wait(probability, stat, arrived_at):
    placement = place(make_assessment(probability), stat=stat, arrived_at=arrived_at, policy=POLICY)
    assert arrived_at < placement.due_at <= arrived_at + timedelta(minutes=240)
    if stat:
        unhurried = place(
            make_assessment(probability), stat=False, arrived_at=arrived_at, policy=POLICY
        )
        assert placement.due_at <= unhurried.due_at


@given(st.floats(0.5, 1), st.floats(0.5, 1))
def test_a_higher_probability_is_never_due_later(one, other):
    low, high = sorted((one, other))
    assert minutes_of(high)[1] <= minutes_of(low)[1]
