from datetime import UTC, datetime, timedelta, timezone
from urllib.parse import parse_qsl

import pytest
from hypothesis import given
from hypothesis import strategies as st

from triage_agent.domain.band import Band
from triage_agent.domain.region import Region
from triage_agent.domain.worklist import ReadingState
from triage_agent.domain.worklist_filter import WorklistFilter
from triage_agent.domain.worklist_order import BY_PRIORITY, ListColumn, WorklistOrder
from triage_agent.prioritise.list_query import (
    MAXIMUM_HOURS,
    MAXIMUM_OFFSET,
    MAXIMUM_TEXT,
    MAXIMUM_VALUES,
    PARAMETERS,
    ListQuery,
    Refused,
    query_pairs,
    read_query,
    write_query,
)

READER, HIGH_FROM = "reader", 0.9


def read(*pairs: tuple[str, str]) -> tuple[ListQuery, tuple[Refused, ...]]:
    return read_query(pairs, reader=READER, high_from=HIGH_FROM, zone=UTC)


def wanted_by(*pairs: tuple[str, str]) -> WorklistFilter:
    query, refused = read(*pairs)
    assert refused == ()
    return query.wanted


VALUES = st.text(min_size=1, max_size=MAXIMUM_TEXT)
SETS = st.frozensets(VALUES, max_size=MAXIMUM_VALUES)
INSTANTS = st.none() | st.datetimes(timezones=st.just(UTC))
FLAGS = st.sampled_from([None, True, False])
QUERIES = st.builds(
    ListQuery,
    wanted=st.builds(
        WorklistFilter,
        reading_states=st.frozensets(st.sampled_from(ReadingState), min_size=1),
        regions=st.frozensets(st.sampled_from([*Region, None])),
        bands=st.frozensets(st.sampled_from(Band)),
        high_from=st.just(HIGH_FROM),
        claimed_by=st.none() | st.just(READER) | VALUES,
        sources=SETS,
        modalities=SETS,
        arrived_from=INSTANTS,
        arrived_to=INSTANTS,
        arrived_within_hours=st.none() | st.integers(1, MAXIMUM_HOURS),
        overdue=FLAGS,
        provisional=FLAGS,
        text=st.text(max_size=MAXIMUM_TEXT),
    ),
    order=st.builds(WorklistOrder, column=st.sampled_from(ListColumn), descending=st.booleans()),
    offset=st.integers(0, MAXIMUM_OFFSET),
)


@given(QUERIES)
def test_what_is_written_is_read_again(query: ListQuery) -> None:
    written = write_query(query, reader=READER)
    pairs = parse_qsl(written, strict_parsing=bool(written), keep_blank_values=True)
    assert read(*pairs) == (query, ())
    assert pairs == query_pairs(query, reader=READER)


@given(st.lists(st.tuples(st.sampled_from([*PARAMETERS, "other"]), st.text())))
def test_whatever_is_sent_is_read_or_refused(pairs: list[tuple[str, str]]) -> None:
    query, refused = read(*pairs)
    assert {each.parameter for each in refused} <= {name for name, _ in pairs}
    # What was taken is a query like any other.
    assert read(*query_pairs(query, reader=READER)) == (query, ())


def test_nothing_asked_for_is_the_whole_list_by_priority() -> None:
    empty = ListQuery(wanted=WorklistFilter(high_from=HIGH_FROM))
    assert read() == (empty, ())
    assert read(("region", ""), ("limit", "x")) == (empty, ())
    assert write_query(empty, reader=READER) == ""


def test_values_of_one_parameter_are_alternatives() -> None:
    wanted = wanted_by(
        ("region", "WRIST"), ("region", "unknown"), ("band", "high"), ("state", "read")
    )
    assert wanted.regions == {Region.WRIST, None}
    assert wanted.bands == {Band.HIGH}
    assert wanted.reading_states == {ReadingState.READ}
    assert wanted.high_from == HIGH_FROM


def test_mine_is_who_asks() -> None:
    assert wanted_by(("mine", "1")).claimed_by == READER
    assert wanted_by(("claimed_by", "other")).claimed_by == "other"
    query = ListQuery(wanted=WorklistFilter(claimed_by="other"))
    assert write_query(query, reader="other") == "mine=1"
    assert write_query(query, reader=READER) == "claimed_by=other"


@pytest.mark.parametrize(
    ("value", "expected"),
    [
        ("2026-01-31", datetime(2026, 1, 30, 23, tzinfo=UTC)),
        ("2026-01-31T08:00", datetime(2026, 1, 31, 7, tzinfo=UTC)),
        ("2026-01-31T08:00:00Z", datetime(2026, 1, 31, 8, tzinfo=UTC)),
    ],
)
def test_days_and_instants_without_a_zone_are_in_that_of_the_node(
    value: str, expected: datetime
) -> None:
    zone = timezone(timedelta(hours=1))
    query, refused = read_query([("from", value)], reader="", high_from=None, zone=zone)
    assert (query.wanted.arrived_from, refused) == (expected, ())


def test_a_day_at_the_end_is_included() -> None:
    assert wanted_by(("to", "2026-01-31")).arrived_to == datetime(2026, 2, 1, tzinfo=UTC)
    assert wanted_by(("to", "2026-01-31T00:00")).arrived_to == datetime(2026, 1, 31, tzinfo=UTC)


def test_without_a_zone_it_is_that_of_the_machine() -> None:
    query, _ = read_query([("from", "2026-01-31")], reader="", high_from=None)
    assert query.wanted.arrived_from == datetime(2026, 1, 31).astimezone(UTC)


@pytest.mark.parametrize(
    ("sort", "order"),
    [
        ("arrived", WorklistOrder(column=ListColumn.ARRIVED)),
        ("-score", WorklistOrder(column=ListColumn.SCORE, descending=True)),
        ("priority", BY_PRIORITY),
    ],
)
def test_sorting(sort: str, order: WorklistOrder) -> None:
    assert read(("sort", sort))[0].order == order


@pytest.mark.parametrize(
    ("name", "value", "allowed"),
    [
        ("region", "KNEE", "one of ELBOW"),
        ("band", "severe", "one of high, abnormal, not-assessed, below"),
        ("state", "UNREAD", "one of unread, claimed, read"),
        ("sort", "--score", "one of priority, -priority"),
        ("overdue", "yes", "one of 1, 0"),
        ("mine", "0", "one of 1"),
        ("hours", "0", "a whole number from 1 to 8784"),
        ("hours", "1e3", "a whole number"),
        ("offset", "-1", "a whole number from 0"),
        ("offset", "٣", "a whole number"),
        ("from", "yesterday", "a day or an instant"),
        ("to", "9999-12-31", "a day or an instant"),
        ("text", "x" * (MAXIMUM_TEXT + 1), "at most 200 characters"),
    ],
)
def test_what_means_nothing_is_refused_by_name_and_not_repeated(
    name: str, value: str, allowed: str
) -> None:
    query, (refused,) = read((name, value), ("band", "below"))
    assert refused.parameter == name
    assert refused.allowed.startswith(allowed)
    assert value not in refused.allowed
    assert query.wanted.bands == {Band.BELOW_THRESHOLD}


def test_too_many_values_are_refused() -> None:
    query, refused = read(*(("source", f"A{n}") for n in range(MAXIMUM_VALUES + 2)))
    assert len(query.wanted.sources) == MAXIMUM_VALUES
    assert [each.allowed for each in refused] == ["given at most 50 times"] * 2
    query, refused = read(("hours", "1"), ("hours", "2"))
    assert query.wanted.arrived_within_hours == 1
    assert refused == (Refused("hours", "given at most 1 times"),)
