from datetime import UTC, datetime, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tests.factories import T0, after, make_assessment, make_placement, make_study
from triage_agent.domain.priority import PriorityClass
from triage_agent.domain.worklist import ReadingState, WorklistEntry
from triage_agent.prioritise.placement import due_in_words, explain, place
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


def entry(probability, *, due_minutes=12.5, **overrides):
    priority_class = overrides.pop("priority_class", PriorityClass.ABNORMAL)
    reading_state = overrides.pop("reading_state", ReadingState.UNREAD)
    provisional = overrides.pop("provisional", False)
    study = make_study(
        assessment=make_assessment(probability),
        placement=make_placement(due_minutes * 60, priority_class=priority_class),
        **overrides,
    )
    return WorklistEntry(
        study=study,
        reading_state=reading_state,
        claimed_by="",
        provisional=provisional,
        images=2,
        images_scored=2,
    )


def test_one_sentence_says_why_an_entry_stands_where_it_does():
    assert explain(entry(0.94), T0) == "abnormal 0.94, wrist: due in 12 min"
    assert explain(entry(0.94), after(16 * 60)) == "abnormal 0.94, wrist: overdue by 3 min"
    assert explain(entry(0.2, provisional=True), T0) == (
        "below threshold 0.20, wrist, provisional: due in 12 min"
    )
    stat = entry(None, region=None, priority_class=PriorityClass.STAT)
    assert explain(stat, T0) == "STAT, not assessed: due in 12 min"
    assert explain(entry(0.94, reading_state=ReadingState.READ), T0) == "abnormal 0.94, wrist: read"


@pytest.mark.parametrize(
    ("seconds", "words"),
    [
        (59, "due now"),
        (0, "due now"),
        (-59, "due now"),
        (60, "due in 1 min"),
        (-60, "overdue by 1 min"),
        (59 * 60 + 59, "due in 59 min"),
        (3600, "due in 1 h 00 min"),
        (-(26 * 3600 + 5 * 60), "overdue by 26 h 05 min"),
    ],
)
def test_time_to_the_deadline_in_words(seconds, words):
    assert due_in_words(after(seconds), T0) == words
