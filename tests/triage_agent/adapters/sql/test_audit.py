"""The audit trail on SQLite: the contract, what the database refuses, and the seals."""

import pytest
import sqlalchemy as sa

from tests.contracts.audit_seals import AuditSealsContract
from tests.contracts.audit_trail import AuditTrailContract, line
from tests.factories import T0, uid
from triage_agent.adapters.sql.audit_trail import SqlAuditTrail
from triage_agent.adapters.sql.engine import Database
from triage_agent.domain.audit import AuditFilter, Deed


class TestSqlAuditTrail(AuditTrailContract):
    @pytest.fixture
    def trail(self, database: Database) -> SqlAuditTrail:
        return SqlAuditTrail(database)


class TestSqlAuditSeals(AuditSealsContract):
    def unlock(self, database: Database) -> None:
        with database.write() as connection:
            names = connection.exec_driver_sql(
                "SELECT name FROM sqlite_master WHERE type = 'trigger' AND name LIKE 'audit%'"
            ).scalars()
            for name in names.all():
                connection.exec_driver_sql(f"DROP TRIGGER {name}")


def test_a_line_cannot_be_replaced(database: Database) -> None:
    SqlAuditTrail(database).record(line())
    with (
        pytest.raises(sa.exc.DBAPIError, match="only ever added"),
        database.write() as connection,
    ):
        connection.exec_driver_sql("INSERT OR REPLACE INTO audit_line SELECT * FROM audit_line")


@pytest.mark.parametrize(
    ("sought", "index"),
    [
        ({}, "ix_audit_line_at"),
        ({"who": "ada"}, "ix_audit_line_who"),
        ({"deeds": frozenset({Deed.CLAIMED})}, "ix_audit_line_deed"),
        ({"StudyInstanceUID": uid("study", 1)}, "ix_audit_line_study"),
        ({"since": T0}, "ix_audit_line_at"),
    ],
)
def test_each_filter_has_an_index_in_the_order_that_is_shown(database, sought, index):
    asked: list[tuple[str, tuple[object, ...]]] = []

    def take(_, __, statement, parameters, *___):
        if "audit_line" in statement:
            asked.append((statement, parameters))

    sa.event.listen(database.engine, "before_cursor_execute", take)
    SqlAuditTrail(database).search(AuditFilter(**sought), limit=50)
    sa.event.remove(database.engine, "before_cursor_execute", take)
    ((statement, parameters),) = asked
    with database.read() as connection:
        plan = connection.exec_driver_sql(f"EXPLAIN QUERY PLAN {statement}", parameters).all()
    told = " ".join(str(row) for row in plan)
    assert index in told
    assert "TEMP B-TREE" not in told
