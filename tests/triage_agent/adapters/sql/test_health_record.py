"""The health record on SQLite: its contract, and that nothing big is scanned."""

import re
from collections.abc import Callable

import pytest
import sqlalchemy as sa

from tests.contracts.health_ports import TODAY, HealthPorts, make_arrivals, make_beat
from tests.contracts.health_record import HOUR, NEXT_HOUR, HealthRecordContract
from tests.contracts.register_on_sql import ports_on
from tests.factories import T0
from triage_agent.adapters.sql.engine import Database
from triage_agent.adapters.sql.health_record import SqlHealthRecord


class TestSqlHealthRecord(HealthRecordContract):
    @pytest.fixture
    def ports(self, database: Database) -> HealthPorts:
        return HealthPorts(health=SqlHealthRecord(database), of_register=ports_on(database))


# Few rows whatever comes: roles, destinations, and what came with other content.
SMALL = {"role_heartbeat", "destination", "quarantine"}
PARTIAL = {
    "ix_instance_unscored",
    "ix_study_closed",
    "ix_study_open",
    "ix_study_unassessed",
    "ix_delivery_not_sent",
}
CALLS: dict[str, Callable[[SqlHealthRecord], object]] = {
    "beat": lambda h: h.beat(make_beat(), arrivals=[make_arrivals()], free_bytes=1),
    "recorded": lambda h: h.recorded(now=T0, today=TODAY),
    "waits": lambda h: h.waits(since=HOUR, until=NEXT_HOUR),
    "scores": lambda h: h.scores(since=HOUR, until=NEXT_HOUR),
    "prune": lambda h: h.prune(before=T0),
}


@pytest.mark.parametrize("call", CALLS)
def test_no_big_table_is_scanned(database: Database, call: str) -> None:
    health = SqlHealthRecord(database)
    health.beat(make_beat(), arrivals=[make_arrivals()])
    steps = _steps(database, lambda: CALLS[call](health))
    assert steps
    for step in steps:
        scan = re.match(r"SCAN (\w+)(?: USING (?:COVERING )?INDEX (\w+))?", step)
        assert scan is None or scan[1] in SMALL or scan[2] in PARTIAL, step


@pytest.mark.parametrize(
    ("call", "index"),
    [
        ("waits", "ix_study_measure_hour"),
        ("waits", "ix_image_measure_hour"),
        ("scores", "ix_study_measure_hour"),
    ],
)
def test_figures_are_counted_over_the_index_alone(
    database: Database, call: str, index: str
) -> None:
    steps = _steps(database, lambda: CALLS[call](SqlHealthRecord(database)))
    assert any(f"USING COVERING INDEX {index} (hour>? AND hour<?)" in step for step in steps)


def test_troubles_are_found_by_their_own_index(database: Database) -> None:
    steps = _steps(database, lambda: CALLS["recorded"](SqlHealthRecord(database)))
    assert sum("INDEX ix_event_trouble (at>?)" in step for step in steps) == 2


def _steps(database: Database, act: Callable[[], object]) -> list[str]:
    """Return the steps of the plans of all statements that `act` makes."""
    statements: list[tuple[str, tuple[object, ...]]] = []

    def listen(_: object, __: object, text: str, parameters: object, *___: object) -> None:
        assert isinstance(parameters, tuple)
        statements.append((text, parameters))

    sa.event.listen(database.engine, "before_cursor_execute", listen)
    act()
    sa.event.remove(database.engine, "before_cursor_execute", listen)
    with database.read() as connection:
        return [
            str(row.detail)
            for text, parameters in statements
            if re.match("SELECT|UPDATE|INSERT|DELETE", text)
            for row in connection.exec_driver_sql(f"EXPLAIN QUERY PLAN {text}", parameters)
        ]
