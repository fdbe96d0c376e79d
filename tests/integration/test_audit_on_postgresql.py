"""The audit trail on a real PostgreSQL server, with many who write at once."""

import threading
import time
from concurrent.futures import ThreadPoolExecutor

import pytest
import sqlalchemy as sa

from tests.contracts.audit_seals import AuditSealsContract
from tests.contracts.audit_trail import AuditTrailContract, line
from tests.factories import after
from triage_agent.adapters.sql.audit_seals import SqlAuditSeals
from triage_agent.adapters.sql.audit_tables import audit_line
from triage_agent.adapters.sql.audit_trail import LINES_LOCK, SqlAuditTrail
from triage_agent.adapters.sql.engine import Database
from triage_agent.domain.audit import AuditFilter

pytestmark = pytest.mark.integration


class TestSqlAuditTrail(AuditTrailContract):
    @pytest.fixture
    def trail(self, database: Database) -> SqlAuditTrail:
        return SqlAuditTrail(database)


class TestSqlAuditSeals(AuditSealsContract):
    def unlock(self, database: Database) -> None:
        with database.write() as connection:
            connection.exec_driver_sql("ALTER TABLE audit_line DISABLE TRIGGER USER")
            connection.exec_driver_sql("ALTER TABLE audit_seal DISABLE TRIGGER USER")


@pytest.mark.parametrize("table", ["audit_line", "audit_seal"])
def test_the_tables_cannot_be_emptied_at_once(database, table):
    with (
        pytest.raises(sa.exc.DBAPIError, match="only ever added"),
        database.write() as connection,
    ):
        connection.exec_driver_sql(f"TRUNCATE {table}")


def test_seals_miss_no_line_of_those_who_write_at_once(database):
    """Six connections write while two seal: a number given out early may commit late."""
    trail, seals, stop = SqlAuditTrail(database), SqlAuditSeals(database), threading.Event()

    def write(writer: int) -> None:
        for number in range(60):
            trail.record(line(number, who=f"writer {writer}"))

    def seal(_: int) -> int:
        made = 0
        while not stop.is_set():
            made += seals.seal(after(0))
        return made

    with ThreadPoolExecutor(8) as threads:
        sealing = [threads.submit(seal, number) for number in range(2)]
        list(threads.map(write, range(6)))
        stop.set()
        assert sum(each.result() for each in sealing) > 1
    seals.seal(after(1))
    verdict = seals.verify()
    assert (verdict.sealed, verdict.unsealed, verdict.faults) == (360, 0, ())


def test_writers_do_not_wait_for_one_another(database):
    """One writer stays in its transaction, as on a slow disk; others go on beside it."""
    trail = SqlAuditTrail(database)
    with database.write() as connection:
        connection.execute(sa.select(sa.func.pg_advisory_xact_lock_shared(LINES_LOCK)))
        values = {"who": "slow", "deed": "claimed", "detail": "", "address": ""}
        connection.execute(
            sa.insert(audit_line), {"at": after(0), "StudyInstanceUID": "", **values}
        )
        begun = time.monotonic()
        trail.record(line(1))
        assert time.monotonic() - begun < 5
        assert [each.line.who for each in trail.search(AuditFilter(), limit=5)] == ["ada"]


def test_a_seal_waits_for_a_writer_who_is_not_done(database):
    trail, seals = SqlAuditTrail(database), SqlAuditSeals(database)
    with ThreadPoolExecutor(1) as threads:
        with database.write() as connection:
            connection.execute(sa.select(sa.func.pg_advisory_xact_lock_shared(LINES_LOCK)))
            values = {"who": "slow", "deed": "claimed", "detail": "", "address": ""}
            connection.execute(
                sa.insert(audit_line), {"at": after(0), "StudyInstanceUID": "", **values}
            )
            trail.record(line(1))
            sealing = threads.submit(seals.seal, after(2))
            with pytest.raises(TimeoutError):
                sealing.result(timeout=0.3)
        assert sealing.result(timeout=20)
    assert seals.verify().sealed == 2
