"""No statement of the adapters looks at more rows than are due: SQLite's own plan says so."""

import re
from collections.abc import Callable

import pytest
import sqlalchemy as sa

from tests.contracts.hot_path import CALLS, bring_to_stage
from tests.contracts.register_on_sql import ports_on
from tests.contracts.register_ports import STUDY
from triage_agent.adapters.sql.engine import Database

# A handful of rows, whatever comes.
SMALL = {"list_version", "destination"}
# Their scan ends at the limit of the page, or passes only over what is due.
PARTIAL = {
    "ix_instance_unscored",
    "ix_study_closed",
    "ix_study_open",
    "ix_study_unassessed",
    "ix_worklist_entry_claimed",
    "ix_worklist_entry_not_read",
    "ix_worklist_entry_opened",
    "ix_delivery_not_sent",
    "ix_delivery_sent",
}
# Counting passes over all that was ever sent, but over the index alone and never over the rows.
COUNTED = {"ix_delivery_sent_to"}


@pytest.mark.parametrize("call", CALLS)
def test_no_big_table_is_scanned(database: Database, call: str) -> None:
    ports = ports_on(database)
    bring_to_stage(ports, call)
    for statement, steps in _plans(database, lambda: CALLS[call](ports)):
        for step in steps:
            _check(step, statement)


@pytest.mark.parametrize("destination", [None, "pacs"])
def test_the_deliveries_of_a_study_are_found_from_the_study(
    database: Database, destination: str | None
) -> None:
    """However many others wait or were sent, to the same destination or not."""
    outbox = ports_on(database).outbox
    for _, steps in _plans(
        database, lambda: outbox.deliveries(destination=destination, StudyInstanceUID=STUDY)
    ):
        assert "ix_result_study (StudyInstanceUID=?)" in steps[0]
        assert "SEARCH delivery" in steps[1]
        assert "result_id=?" in steps[1]


def _plans(database: Database, act: Callable[[], object]) -> list[tuple[str, list[str]]]:
    """Return each statement that `act` makes, at least one, with the steps of its plan."""
    statements: list[tuple[str, tuple[object, ...] | list[object]]] = []

    def listen(
        _: object, __: object, statement: str, parameters: object, ___: object, many: object
    ) -> None:
        assert isinstance(parameters, (tuple, list))
        statements.append((statement, parameters[0] if many else parameters))

    sa.event.listen(database.engine, "before_cursor_execute", listen)
    act()
    sa.event.remove(database.engine, "before_cursor_execute", listen)
    asked = [each for each in statements if re.match("SELECT|UPDATE|INSERT|WITH", each[0])]
    assert asked
    with database.read() as connection:
        return [
            (
                statement,
                [
                    str(row.detail)
                    for row in connection.exec_driver_sql(
                        f"EXPLAIN QUERY PLAN {statement}", parameters
                    )
                ],
            )
            for statement, parameters in asked
        ]


def _check(step: str, statement: str) -> None:
    scan = re.match(r"SCAN (\w+)(?: USING (COVERING )?INDEX (\w+))?", step)
    if scan is None or scan[1] in SMALL:
        return
    # The search for orphans is in the plan, but runs only while a deferred key is unresolved.
    if scan[1] == "delivery" and statement.startswith("INSERT INTO destination"):
        return
    is_counting = "count(*)" in statement and scan[2] is not None and scan[3] in COUNTED
    assert is_counting or scan[3] in PARTIAL, f"{step}\n{statement}"


def test_the_check_notices_a_scan(database: Database) -> None:
    statement = "SELECT * FROM study WHERE stat"
    with database.read() as connection:
        (row,) = connection.exec_driver_sql(f"EXPLAIN QUERY PLAN {statement}").all()
    with pytest.raises(AssertionError, match="SCAN study"):
        _check(row.detail, statement)


def test_a_page_is_read_in_the_order_of_its_index(database: Database) -> None:
    """No sorting: a page of 50 touches 50 entries however long the list is."""
    with database.read() as connection:
        plan = connection.exec_driver_sql(
            "EXPLAIN QUERY PLAN SELECT * FROM worklist_entry WHERE reading_state != 'read'"
            ' ORDER BY due_at, arrived_at, "StudyInstanceUID" LIMIT 50'
        ).all()
    steps = [row.detail for row in plan]
    assert steps == ["SCAN worklist_entry USING INDEX ix_worklist_entry_not_read"]
