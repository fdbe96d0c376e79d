"""What the seals over the audit trail must show, on every database."""

import pytest
import sqlalchemy as sa

from tests.contracts.audit_trail import line
from tests.factories import after
from triage_agent.adapters.sql.audit_seals import SqlAuditSeals
from triage_agent.adapters.sql.audit_trail import SqlAuditTrail
from triage_agent.adapters.sql.engine import Database


class AuditSealsContract:
    def unlock(self, database: Database) -> None:
        """Drop what refuses changes, as only the database's owner can."""
        raise NotImplementedError

    @pytest.fixture
    def seals(self, database: Database) -> SqlAuditSeals:
        """Nine lines under three seals, and one that has none."""
        trail, seals = SqlAuditTrail(database), SqlAuditSeals(database)
        for number in range(10):
            trail.record(line(number, detail=f"line {number}"))
            if number in {2, 5, 8}:
                assert seals.seal(after(number))
        return seals

    def tamper(self, database: Database, statement: str) -> None:
        self.unlock(database)
        with database.write() as connection:
            assert connection.exec_driver_sql(statement).rowcount == 1

    @pytest.mark.parametrize(
        "change",
        [
            "UPDATE audit_line SET who = 'nobody' WHERE id = 1",
            "DELETE FROM audit_line WHERE id = 1",
            "UPDATE audit_seal SET digest = '' WHERE number = 1",
            "DELETE FROM audit_seal WHERE number = 1",
        ],
    )
    def test_the_database_refuses_changes(
        self, database: Database, seals: SqlAuditSeals, change: str
    ) -> None:
        with (
            pytest.raises(sa.exc.DBAPIError, match="only ever added"),
            database.write() as connection,
        ):
            connection.exec_driver_sql(change)
        assert seals.verify().faults == ()

    def test_an_empty_trail_holds(self, database: Database) -> None:
        seals = SqlAuditSeals(database)
        assert not seals.seal(after(0))
        verdict = seals.verify()
        assert (verdict.sealed, verdict.unsealed, verdict.newest) == (0, 0, "")
        assert verdict.faults == ()

    def test_an_honest_trail_holds(self, seals: SqlAuditSeals) -> None:
        verdict = seals.verify()
        assert (verdict.sealed, verdict.unsealed, verdict.faults) == (9, 1, ())
        assert seals.seal(after(20))
        assert not seals.seal(after(21))
        later = seals.verify(verdict.newest)
        assert (later.sealed, later.unsealed, later.faults) == (10, 0, ())
        assert later.newest != verdict.newest

    def test_many_lines_take_several_seals(self, database: Database) -> None:
        trail, seals = SqlAuditTrail(database), SqlAuditSeals(database)
        for number in range(5):
            trail.record(line(number))
        assert [seals.seal(after(9), lines=2) for _ in range(4)] == [True, True, True, False]
        assert seals.verify().sealed == 5

    @pytest.mark.parametrize(
        ("change", "told"),
        [
            ("UPDATE audit_line SET who = 'nobody' WHERE id = 5", "under seal 2"),
            ("UPDATE audit_line SET detail = '' WHERE id = 5", "under seal 2"),
            ("UPDATE audit_line SET id = -1 WHERE id = 2", "under seal 1"),
            ("DELETE FROM audit_line WHERE id = 5", "seal 2 is over 3 lines"),
            (
                (
                    'INSERT INTO audit_line SELECT 0, at, who, deed, "StudyInstanceUID", detail, '
                    "address FROM audit_line WHERE id = 5"
                ),
                "seal 1 is over 3 lines, of which there are 4",
            ),
            ("DELETE FROM audit_seal WHERE number = 2", "between seals 1 and 3"),
            ("UPDATE audit_seal SET digest = 'made up' WHERE number = 2", "under seal 2"),
        ],
    )
    def test_tampering_shows(
        self, database: Database, seals: SqlAuditSeals, change: str, told: str
    ) -> None:
        self.tamper(database, change)
        assert any(told in fault for fault in seals.verify().faults)

    def test_a_trail_cut_short_shows_by_a_digest_kept_elsewhere(
        self, database: Database, seals: SqlAuditSeals
    ) -> None:
        newest = seals.verify().newest
        self.tamper(database, "DELETE FROM audit_seal WHERE number = 3")
        assert seals.verify().faults == ()
        (fault,) = seals.verify(newest).faults
        assert "kept elsewhere" in fault
