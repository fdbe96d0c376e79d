"""No statement of the adapters looks at more rows than are due: SQLite's own plan says so."""

import re
from collections.abc import Callable

import pytest
import sqlalchemy as sa

from tests.contracts.register_on_sql import ports_on
from tests.contracts.register_ports import QUIET_SECONDS, STUDY, RegisterPorts
from tests.factories import (
    T0,
    after,
    make_assessment,
    make_instance,
    make_placement,
    make_result,
    make_score,
    make_stored,
)
from triage_agent.adapters.sql.engine import Database
from triage_agent.domain.verdict import Judgement, ReaderVerdict

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
INSTANCE = make_instance()
UID = INSTANCE.header.SOPInstanceUID
AGREE = ReaderVerdict(reader="ann", generation=1, judgement=Judgement.AGREE, at=T0)

CALLS: dict[str, Callable[[RegisterPorts], object]] = {
    "find_digest": lambda p: p.register.find_digest(UID),
    "register": lambda p: p.arrive(make_instance()),
    "register again": lambda p: p.arrive(INSTANCE),
    "record_conflict": lambda p: p.register.record_conflict(INSTANCE, make_stored("x"), now=T0),
    "is_own_result": lambda p: p.register.is_own_result("1.2.3"),
    "begin_scoring": lambda p: p.register.begin_scoring(16),
    "record_score": lambda p: p.register.record_score(UID, make_score(), model="m", now=T0),
    "record_unreadable": lambda p: p.register.record_unreadable(UID, "torn", now=T0),
    "unassessed": lambda p: p.register.unassessed(10),
    "study_images": lambda p: p.register.study_images(STUDY),
    "record_assessment": lambda p: p.register.record_assessment(
        STUDY, make_assessment(), make_placement(), revision=p.study().revision, now=T0
    ),
    "close_due": lambda p: p.register.close_due(after(QUIET_SECONDS)),
    "reportable": lambda p: p.register.reportable(10),
    "record_report": lambda p: p.report([make_result()], "pacs"),
    "results": lambda p: p.register.results(STUDY),
    "events": lambda p: p.register.events(STUDY),
    "page": lambda p: p.worklist.page(limit=50),
    "count": lambda p: p.worklist.count(),
    "entry": lambda p: p.worklist.entry(STUDY),
    "version": lambda p: p.worklist.version(),
    "reading": lambda p: p.desk.reading(STUDY),
    "claim": lambda p: p.desk.claim(STUDY, "ann", now=T0, until=after(60)),
    "claim_next": lambda p: p.desk.claim_next("ann", now=T0, until=after(60)),
    "release": lambda p: p.desk.release(STUDY, "ann", now=T0),
    "mark_read": lambda p: p.desk.mark_read(STUDY, "ann", generation=1, images=1, now=T0),
    "give_verdict": lambda p: p.desk.give_verdict(STUDY, AGREE, images=1),
    "undo": lambda p: p.desk.undo(STUDY, _claimed(p), "ann", now=T0, not_before=T0),
    "hold": lambda p: p.desk.hold(STUDY, "ann", now=T0, until=after(9), claim_until=after(9)),
    "expire_due": lambda p: (_claimed(p), p.desk.expire_due(after(60))),
    "verdicts": lambda p: p.desk.verdicts(STUDY),
    "due": lambda p: p.outbox.due("pacs", now=T0, limit=10),
    "health": lambda p: p.outbox.health("pacs"),
    "record_sent": lambda p: p.outbox.record_sent(_only(p), "0x0000", now=T0),
    "record_failure": lambda p: p.outbox.record_failure(
        _only(p), "0xA700", next_attempt_at=T0, now=T0
    ),
    "record_unreachable": lambda p: p.outbox.record_unreachable(
        "pacs", "down", next_attempt_at=T0, now=T0
    ),
    "deliveries": lambda p: p.outbox.deliveries(),
    "deliveries to": lambda p: p.outbox.deliveries(destination="pacs"),
    "counts": lambda p: p.outbox.counts(),
    "retry": lambda p: p.outbox.retry(destination="pacs", now=T0),
    "park": lambda p: p.outbox.park(destination="pacs", now=T0),
}
NEEDS_DELIVERY = {
    "due",
    "record_sent",
    "record_failure",
    "deliveries",
    "deliveries to",
    "counts",
    "retry",
    "park",
}


def _claimed(ports: RegisterPorts) -> int:
    return ports.desk.claim(STUDY, "ann", now=T0, until=after(60)).act or 0


def _only(ports: RegisterPorts) -> int:
    return ports.outbox.deliveries()[0].id


@pytest.mark.parametrize("call", CALLS)
def test_no_big_table_is_scanned(database: Database, call: str) -> None:
    ports = ports_on(database)
    # The stage that the call needs, so that it runs to its end.
    ports.arrive(INSTANCE)
    if call in ("reportable", "record_report"):
        ports.score(INSTANCE)
        ports.assess()
        ports.register.close_due(after(QUIET_SECONDS))
    elif call in NEEDS_DELIVERY:
        ports.score(INSTANCE)
        ports.assess()
        ports.register.close_due(after(QUIET_SECONDS))
        ports.report([make_result()], "pacs")
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
