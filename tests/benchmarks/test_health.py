"""The administrator's page over a million studies, and what receiving pays for it.

Half of the studies are of the last 90 days, which is more than any one node gets: every figure of
the page is counted over all of them.
"""

import sqlite3
import time
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

from tests.benchmarks.figures import FULL
from tests.contracts.register_on_sql import ports_on
from tests.factories import after, make_instance, uid
from triage_agent.adapters.sql.engine import Database
from triage_agent.adapters.sql.health_record import SqlHealthRecord
from triage_agent.adapters.sql.measuring import hour_number
from triage_agent.adapters.sql.migrate import upgrade
from triage_agent.receive.arrivals import ArrivalCounter

pytestmark = [pytest.mark.benchmark, pytest.mark.timeout(900)]

STUDIES = 1_000_000 if FULL else 100_000
DAYS = 180
NOW = datetime(2026, 6, 30, 12, 30, tzinfo=UTC)
DEVICES, REGIONS = 12, 7
COUNTED = 200_000  # instances


def seconds(act: Callable[[], object], rounds: int = 3) -> float:
    """Return the least time of the processor: SQLite works in this process."""
    best = float("inf")
    for _ in range(rounds):
        begun = time.process_time()
        act()
        best = min(best, time.process_time() - begun)
    return best


def fill(path: Path) -> None:
    """Write a million measures, spread evenly over the hours; the studies are not looked at."""
    first = hour_number(NOW - timedelta(days=DAYS))
    kinds = ("abnormal", "below_threshold", "below_threshold", "not_assessed")
    rows = (
        (
            f"1.2.{number}",
            first + number * DAYS * 24 // STUDIES,
            f"CR{number % DEVICES}",
            f"R{number % REGIONS}",
            kinds[number % 4],
            None if number % 4 == 3 else number % 20,
            number % 97 / 10,
        )
        for number in range(STUDIES)
    )
    connection = sqlite3.connect(path)
    connection.execute("PRAGMA synchronous = OFF")
    connection.executemany("INSERT INTO study_measure VALUES (?, ?, ?, ?, ?, ?, ?)", rows)
    connection.commit()
    connection.close()


def test_figures_over_a_million_studies(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    database = Database(f"sqlite:///{tmp_path / 'triage.sqlite3'}")
    upgrade(database)
    fill(tmp_path / "triage.sqlite3")
    health = SqlHealthRecord(database)
    until = NOW.replace(minute=0) + timedelta(hours=1)
    lines = []
    for days in (1, 7, 30, 90):
        since = until - timedelta(days=days)
        taken = seconds(lambda since=since: health.scores(since=since, until=until))
        studies = sum(each.studies for each in health.scores(since=since, until=until))
        lines.append(f"scores of {days:2} days, {studies:7} studies: {1000 * taken:7.1f} ms")
        assert taken < 2.0
    since = until - timedelta(days=1)
    taken = seconds(lambda: health.waits(since=since, until=until))
    lines.append(f"waits of 24 hours:                 {1000 * taken:7.1f} ms")
    taken = seconds(lambda: health.recorded(now=NOW, today=NOW.date()))
    lines.append(f"all that is recorded otherwise:    {1000 * taken:7.1f} ms")
    assert taken < 0.2
    database.dispose()
    with capsys.disabled():
        print("\n" + "\n".join(lines))  # noqa: T201 (what a benchmark is for)


def test_what_receiving_pays(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    """Counting is a share of registering that nobody notices."""
    database = Database(f"sqlite:///{tmp_path / 'triage.sqlite3'}")
    upgrade(database)
    ports = ports_on(database)
    instances = [
        make_instance(StudyInstanceUID=uid("study", number // 3), received_at=after(number))
        for number in range(600)
    ]
    begun = time.process_time()
    for each in instances:
        ports.arrive(each)
    registering = (time.process_time() - begun) / len(instances)
    counter = ArrivalCounter(lambda at: at.astimezone(UTC).date())
    begun = time.process_time()
    for number in range(COUNTED):
        counter.count(instances[number % 600])
    counting = (time.process_time() - begun) / COUNTED
    database.dispose()
    with capsys.disabled():
        print(  # noqa: T201 (what a benchmark is for)
            f"\nregistering {1e6 * registering:.0f} us, counting {1e6 * counting:.1f} us"
            f" ({100 * counting / registering:.2f} %)"
        )
    assert counting < 0.05 * registering
