"""The feed of events, asked for and as a stream."""

import json
from itertools import islice

import pytest

from tests.factories import uid
from triage_agent.adapters.http import changes
from triage_agent.adapters.http.api import events
from triage_agent.adapters.http.changes import HEARTBEAT_SECONDS
from triage_agent.errors import DatabaseUnavailable


def events_of(lines, count):
    """Read so many events of a stream, each with its fields."""
    found = []
    event = {}
    for line in lines:
        if line.startswith(":"):
            continue  # a comment, sent while nothing happens
        if line:
            name, _, value = line.partition(":")
            event[name] = value.strip()
        elif event:
            found.append(event)
            event = {}
            if len(found) == count:
                break
    return found


def test_what_happened_since(node, reader):
    node.receive()
    first = reader.get("/events?since=0").json()
    assert [each["what"] for each in first["events"]] == ["received", "opened"]
    assert first["events"][0]["study_uid"] == uid("study", 1)
    assert (first["last"], first["more"]) == (first["events"][-1]["id"], False)
    assert reader.get(f"/events?since={first['last']}").json()["events"] == []
    node.receive()
    (again,) = reader.get(f"/events?since={first['last']}").json()["events"]
    assert again["what"] == "received"
    assert again["id"] > first["last"]


def test_in_parts_nothing_is_left_out(node, reader):
    for _ in range(4):
        node.receive()
    told, since, more = [], 0, True
    while more:
        part = reader.get(f"/events?since={since}&limit=2").json()
        told += part["events"]
        since, more = part["last"], part["more"]
    assert told == reader.get("/events?since=0").json()["events"]
    assert len(told) == 5


def test_without_a_number_it_begins_now(node, reader):
    node.receive()
    now = reader.get("/events").json()
    assert now["events"] == []
    node.receive()
    assert len(reader.get(f"/events?since={now['last']}").json()["events"]) == 1


def test_a_stream_tells_what_happens_and_goes_on_where_it_was_cut_off(node, reader):
    node.receive()
    with reader.stream("GET", "/events/stream") as answer:
        assert answer.headers["content-type"].startswith("text/event-stream")
        lines = answer.iter_lines()
        (start,) = events_of(lines, 1)
        assert start == {"retry": "1000", "id": "2"}
        node.receive()
        (event,) = events_of(lines, 1)
        assert (event["event"], event["id"]) == ("study", "3")
        assert json.loads(event["data"])["what"] == "received"
    node.receive()
    node.receive()
    headers = {"Last-Event-ID": event["id"]}
    with reader.stream("GET", "/events/stream?since=0", headers=headers) as answer:
        _, *missed = events_of(answer.iter_lines(), 3)
        assert [each["id"] for each in missed] == ["4", "5"]


def test_a_stream_that_begins_at_the_start_tells_everything(node, reader):
    for number in range(300):
        node.receive(StudyInstanceUID=uid("study", number + 1))
    with reader.stream("GET", "/events/stream?since=0") as answer:
        _, *told = events_of(answer.iter_lines(), 601)
    assert [each["id"] for each in told] == [str(number) for number in range(1, 601)]


def test_a_stream_goes_on_after_the_database_was_away(node, reader, monkeypatch):
    """Although nothing happens any more, and before the next heartbeat."""
    monkeypatch.setattr(events, "RETRY_SECONDS", 0.05)
    after = node.feed.after
    failures = iter(range(20))

    def away(*args, **limits):
        if next(failures, None) is not None:
            raise DatabaseUnavailable("locked")
        return after(*args, **limits)

    node.feed.after = away
    node.receive()
    with reader.stream("GET", "/events/stream?since=0", timeout=HEARTBEAT_SECONDS / 2) as answer:
        _, event = events_of(answer.iter_lines(), 2)
    assert event["id"] == "1"


@pytest.fixture
def away(node, monkeypatch):
    """The database is away, for as long as a test lasts."""

    def fail(*_, **__):
        raise DatabaseUnavailable("locked")

    monkeypatch.setattr(events, "RETRY_SECONDS", 0.05)
    node.feed.after = fail


@pytest.mark.usefixtures("away")
def test_a_stream_says_that_it_is_alive_while_the_database_is_away(reader):
    with reader.stream("GET", "/events/stream?since=0", timeout=HEARTBEAT_SECONDS / 2) as answer:
        said = [line for line in islice(answer.iter_lines(), 7) if line]
    assert said == ["retry: 1000", "id: 0", ": alive", ": alive"]


@pytest.mark.usefixtures("away")
def test_a_stream_that_begins_while_the_database_is_away_counts(reader, monkeypatch):
    monkeypatch.setattr(changes, "MAXIMUM_STREAMS", 1)
    with reader.stream("GET", "/events/stream?since=0") as answer:
        lines = answer.iter_lines()
        next(lines)
        with reader.stream("GET", "/events/stream?since=0") as another:
            assert another.status_code == 503


def test_a_number_that_is_none_is_refused(reader):
    assert reader.get("/events?since=-1").status_code == 422
    assert reader.get(f"/events?since={2**63}").status_code == 422
    answer = reader.get("/events/stream", headers={"Last-Event-ID": "x"})
    assert answer.status_code == 422
