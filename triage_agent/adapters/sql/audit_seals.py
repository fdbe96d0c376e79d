"""Seals over the audit trail: who changes, removes or slips in a line breaks the chain of digests.

Lines are written without waiting for one another; every few seconds one seal covers what came
since the one before. So a line may be changed unnoticed within seconds of being written, and by
nobody later, as long as one digest of a later seal is kept where the database's owner has no hand:
the node's log names each of them.
"""

import hashlib
import json
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime

import sqlalchemy as sa
import structlog

from triage_agent.adapters.sql.audit_tables import audit_line, audit_seal
from triage_agent.adapters.sql.audit_trail import LINES_LOCK
from triage_agent.adapters.sql.engine import Database

_SEALS_LOCK = 7_240_118
# A seal over so many takes a fifth of a second; what is left over gets the next one.
LINES_A_SEAL = 20_000
_READ_AT_ONCE = 2000

_log = structlog.get_logger()


@dataclass(frozen=True, slots=True)
class Seal:
    """What one seal says: its digest is over its lines and over the digest before it."""

    number: int
    last_line: int
    lines: int
    digest: str


_NO_SEAL = Seal(number=0, last_line=-(2**63), lines=0, digest="")


@dataclass(frozen=True, slots=True, kw_only=True)
class Verdict:
    """What became of the trail.

    Attributes:
        sealed: lines that the seals cover.
        unsealed: lines that are newer than the last seal.
        newest: the last seal's digest, to be kept elsewhere; "" if there is none.
        faults: in a sentence each, what does not hold; empty if all does.
    """

    sealed: int
    unsealed: int
    newest: str
    faults: tuple[str, ...]


class SqlAuditSeals:
    """Seals the trail, and says whether the seals hold. May raise DatabaseUnavailable."""

    def __init__(self, database: Database) -> None:
        self._database = database

    def seal(self, now: datetime, *, lines: int = LINES_A_SEAL) -> bool:
        """Seal at most so many lines that have no seal; False if there are none.

        Writers wait no longer than it takes to read one number. Raises StorageFull too.
        """
        newest = self._newest_line()
        with self._database.write() as connection:
            if connection.dialect.name == "postgresql":
                connection.execute(sa.select(sa.func.pg_advisory_xact_lock(_SEALS_LOCK)))
            before = _last_seal(connection)
            made = _sealed(connection, before, up_to=newest, limit=lines)
            if not made.lines:
                return False
            connection.execute(
                sa.insert(audit_seal),
                {
                    "number": made.number,
                    "at": now,
                    "last_line": made.last_line,
                    "lines": made.lines,
                    "digest": made.digest,
                },
            )
        _log.info("audit_sealed", number=made.number, lines=made.lines, digest=made.digest)
        return True

    def _newest_line(self) -> int:
        newest = sa.select(sa.func.coalesce(sa.func.max(audit_line.c.id), 0))
        with self._database.write() as connection:
            if connection.dialect.name == "postgresql":
                # Whoever holds a smaller number has committed or given up once this is granted;
                # whoever comes after gets a greater one.
                connection.execute(sa.select(sa.func.pg_advisory_xact_lock(LINES_LOCK)))
            number: int = connection.execute(newest).scalar_one()
            return number

    def verify(self, known: str = "") -> Verdict:
        """Check every seal against its lines, oldest first; `known` is a digest kept elsewhere."""
        faults: list[str] = []
        before, sealed = _NO_SEAL, 0
        found = not known
        for kept in self._seals():
            with self._database.read() as connection:
                made = _sealed(connection, before, up_to=kept.last_line, limit=None)
            sealed += made.lines
            faults += _faults(before, kept, made)
            found = found or kept.digest == known
            before = kept
        if not found:
            faults.append("no seal has the digest that was kept elsewhere: seals were changed")
        with self._database.read() as connection:
            unsealed: int = connection.execute(
                sa.select(sa.func.count()).where(audit_line.c.id > before.last_line)
            ).scalar_one()
        return Verdict(sealed=sealed, unsealed=unsealed, newest=before.digest, faults=tuple(faults))

    def _seals(self) -> Iterator[Seal]:
        number = 0
        while True:
            statement = _SEALS.where(audit_seal.c.number > number).order_by(audit_seal.c.number)
            with self._database.read() as connection:
                seals = [Seal(*row) for row in connection.execute(statement.limit(_READ_AT_ONCE))]
            if not seals:
                return
            yield from seals
            number = seals[-1].number


_SEALS = sa.select(
    audit_seal.c.number, audit_seal.c.last_line, audit_seal.c.lines, audit_seal.c.digest
)


def _last_seal(connection: sa.Connection) -> Seal:
    row = connection.execute(_SEALS.order_by(audit_seal.c.number.desc()).limit(1)).first()
    return _NO_SEAL if row is None else Seal(*row)


def _sealed(connection: sa.Connection, before: Seal, *, up_to: int, limit: int | None) -> Seal:
    """Return the seal over the lines after another one."""
    digest = hashlib.sha256(before.digest.encode())
    last, lines = before.last_line, 0
    statement = (
        sa.select(audit_line)
        .where(audit_line.c.id > before.last_line, audit_line.c.id <= up_to)
        .order_by(audit_line.c.id)
        .limit(limit)
    )
    for row in connection.execute(statement.execution_options(yield_per=_READ_AT_ONCE)):
        values = [each.isoformat() if isinstance(each, datetime) else each for each in row]
        digest.update(json.dumps(values).encode() + b"\n")
        last, lines = row.id, lines + 1
    return Seal(number=before.number + 1, last_line=last, lines=lines, digest=digest.hexdigest())


def _faults(before: Seal, kept: Seal, made: Seal) -> Iterator[str]:
    if kept.number != made.number:
        yield f"between seals {before.number} and {kept.number} there is one missing"
    if kept.lines != made.lines:
        yield f"seal {kept.number} is over {kept.lines} lines, of which there are {made.lines}"
    elif kept.digest != made.digest:
        yield f"a line under seal {kept.number}, up to line {kept.last_line}, was changed"
