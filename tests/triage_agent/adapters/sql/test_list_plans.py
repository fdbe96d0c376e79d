"""What is asked of the list is answered from the index of what is not read: SQLite's plans."""

import pytest

from tests.benchmarks.many_studies import NOW
from tests.contracts.list_queries import FILTERS
from tests.contracts.register_on_sql import ports_on
from tests.contracts.register_ports import STUDY
from tests.factories import make_instance
from tests.statement_plans import Plan, plans
from triage_agent.adapters.sql.engine import Database
from triage_agent.domain.worklist import ReadingState
from triage_agent.domain.worklist_filter import WorklistFilter
from triage_agent.domain.worklist_order import ListColumn, WorklistOrder
from triage_agent.ports.lists import Worklist

LIST = "ix_worklist_entry_not_read"
# Small, however many studies there are.
OF_THE_LIST = {
    LIST,
    "ix_worklist_entry_claimed",
    "ix_study_open",
    "ix_study_unassessed",
    "ix_instance_unscored",
}
# To the limit of a page, or as far as counting goes.
OF_READ = {"ix_worklist_entry_read", "ix_worklist_entry_read_arrived"}


@pytest.fixture
def worklist(database: Database) -> Worklist:
    ports = ports_on(database)
    ports.arrive(make_instance())
    return ports.worklist


@pytest.mark.parametrize("descending", [False, True])
@pytest.mark.parametrize("state", [None, ReadingState.READ])
def test_a_page_by_priority_is_read_in_the_order_of_its_index(
    database: Database, worklist: Worklist, state: ReadingState | None, *, descending: bool
) -> None:
    states = WorklistFilter().reading_states if state is None else frozenset({state})
    first = plans(
        database,
        lambda: worklist.page(
            limit=50,
            wanted=WorklistFilter(reading_states=states),
            order=WorklistOrder(descending=descending),
        ),
    )[0]
    assert first.walked() == {LIST if state is None else "ix_worklist_entry_read"}
    assert not first.is_sorted_by_hand()
    assert not first.scanned()


@pytest.mark.parametrize("state", [None, ReadingState.UNREAD, ReadingState.READ])
def test_no_filter_looks_at_all_studies(
    database: Database, worklist: Worklist, state: ReadingState | None
) -> None:
    states = WorklistFilter().reading_states if state is None else frozenset({state})
    allowed = OF_READ | OF_THE_LIST if state is ReadingState.READ else OF_THE_LIST
    for values in FILTERS.values():
        wanted = WorklistFilter(reading_states=states, **values)  # type: ignore[arg-type]

        def act(wanted: WorklistFilter = wanted) -> None:
            worklist.page(limit=50, wanted=wanted, now=NOW)
            worklist.count(wanted, now=NOW)
            worklist.places([STUDY], wanted=wanted, now=NOW)

        for plan in plans(database, act):
            _check(plan, allowed)


def test_no_order_looks_at_all_studies(database: Database, worklist: Worklist) -> None:
    for column in ListColumn:
        order = WorklistOrder(column=column)

        def act(order: WorklistOrder = order) -> None:
            worklist.page(limit=50, order=order)
            worklist.places([STUDY], order=order)

        for plan in plans(database, act):
            _check(plan, OF_THE_LIST)


def test_both_lists_at_once_are_read_in_the_order_of_their_indexes(
    database: Database, worklist: Worklist
) -> None:
    wanted = WorklistFilter(reading_states=frozenset(ReadingState))
    first = plans(database, lambda: worklist.page(limit=50, wanted=wanted))[0]
    assert first.walked() == {LIST, "ix_worklist_entry_read"}
    _check(first, OF_THE_LIST | OF_READ)


def test_entries_choices_and_changes(database: Database, worklist: Worklist) -> None:
    def act() -> None:
        worklist.entries([STUDY, "1.2.3"])
        worklist.version()
        worklist.changed_since(0)
        worklist.choices()

    for plan in plans(database, act):
        _check(plan, OF_THE_LIST)


def _check(plan: Plan, allowed: set[str]) -> None:
    assert not plan.scanned(), plan
    assert plan.walked() <= allowed, plan


@pytest.mark.parametrize(
    ("step", "scanned", "walked", "by_hand"),
    [
        ("SCAN study", {"study"}, set(), False),
        ("SCAN study USING INDEX ix_study_open", set(), {"ix_study_open"}, False),
        ("SCAN study USING COVERING INDEX ix_study_open", set(), {"ix_study_open"}, False),
        ("SEARCH study USING INDEX x (a=?)", set(), set(), False),
        ("USE TEMP B-TREE FOR ORDER BY", set(), set(), True),
        ("SCAN (subquery-2)", set(), set(), False),
        ("  ->  Seq Scan on study  (cost=0.00..1.00)", {"study"}, set(), False),
        ("  ->  Sort  (cost=1.00..2.00)", set(), set(), True),
        ("  Sort Key: due_at", set(), set(), True),
        ("->  Index Scan Backward using ix_a on study", set(), {"ix_a"}, False),
        ("->  Index Only Scan using ix_a on study", set(), {"ix_a"}, False),
    ],
)
def test_plans_are_understood(
    step: str, scanned: set[str], walked: set[str], *, by_hand: bool
) -> None:
    plan = Plan("", (step,))
    assert (plan.scanned(), plan.walked(), plan.is_sorted_by_hand()) == (scanned, walked, by_hand)
