"""No statement of the hot path looks at more rows than are due: PostgreSQL's own plan says so."""

import pytest

from tests.contracts.hot_path import CALLS, OF_TWO, bring_to_stage
from tests.contracts.register_on_sql import ports_on
from tests.durable_commits import durable_commits
from tests.statement_plans import plans
from triage_agent.adapters.sql.engine import Database

pytestmark = pytest.mark.integration

# A handful of rows, whatever comes.
SMALL = {"list_version", "destination"}
# Among few rows it would not bother with an index: told not to, it scans only what has none.
NO_SCAN = "SET LOCAL enable_seqscan = off"


@pytest.mark.parametrize("call", CALLS)
def test_no_big_table_is_scanned(database: Database, call: str) -> None:
    ports = ports_on(database)
    bring_to_stage(ports, call)
    asked = plans(
        database, lambda: CALLS[call](ports), kinds="SELECT|UPDATE|INSERT|WITH", before=NO_SCAN
    )
    for plan in asked:
        assert plan.scanned() <= SMALL, plan


@pytest.mark.parametrize("call", CALLS)
def test_nothing_waits_for_the_disk_twice(database: Database, call: str) -> None:
    ports = ports_on(database)
    bring_to_stage(ports, call)
    assert durable_commits(database, lambda: CALLS[call](ports)) <= 1 + (call in OF_TWO)


def test_the_check_notices_a_scan(database: Database) -> None:
    def scan() -> None:
        with database.read() as connection:
            connection.exec_driver_sql("SELECT * FROM study WHERE stat").all()

    [plan] = plans(database, scan, before=NO_SCAN)
    assert plan.scanned() == {"study"}
