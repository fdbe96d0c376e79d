"""No statement of the adapters looks at more rows than are due: SQLite's own plan says so."""

import re

import pytest

from tests.contracts.hot_path import CALLS, OF_TWO, bring_to_stage
from tests.contracts.register_on_sql import ports_on
from tests.contracts.register_ports import STUDY
from tests.durable_commits import durable_commits
from tests.factories import T0
from tests.statement_plans import plans
from triage_agent.adapters.sql.engine import Database

KINDS = "SELECT|UPDATE|INSERT|WITH"
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
    for plan in plans(database, lambda: CALLS[call](ports), kinds=KINDS):
        for step in plan.steps:
            _check(step, plan.statement)


@pytest.mark.parametrize("call", CALLS)
def test_nothing_waits_for_the_disk_twice(database: Database, call: str) -> None:
    ports = ports_on(database)
    bring_to_stage(ports, call)
    assert durable_commits(database, lambda: CALLS[call](ports)) <= 1 + (call in OF_TWO)


def test_an_instance_is_registered_in_one_commit_and_looked_up_without(database: Database) -> None:
    ports = ports_on(database)
    bring_to_stage(ports, "register")
    assert durable_commits(database, lambda: CALLS["register"](ports)) == 1
    assert durable_commits(database, lambda: CALLS["find_digest"](ports)) == 0


@pytest.mark.parametrize("destination", [None, "pacs"])
def test_the_deliveries_of_a_study_are_found_from_the_study(
    database: Database, destination: str | None
) -> None:
    """However many others wait or were sent, to the same destination or not."""
    outbox = ports_on(database).outbox
    for plan in plans(
        database,
        lambda: outbox.deliveries(destination=destination, StudyInstanceUID=STUDY),
        kinds=KINDS,
    ):
        assert "ix_result_study (StudyInstanceUID=?)" in plan.steps[0]
        assert "SEARCH delivery" in plan.steps[1]
        assert "result_id=?" in plan.steps[1]


def test_a_look_for_images_to_score_reads_no_row(database: Database) -> None:
    """However many wait aside, as their files cannot be read: it is made 20 times a second."""
    register = ports_on(database).register
    look, *_ = plans(database, lambda: register.begin_scoring(16, now=T0), kinds=KINDS)
    assert look.steps == ("SCAN instance USING COVERING INDEX ix_instance_unscored",)


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
