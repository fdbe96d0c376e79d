"""The AuditTrail port in SQL."""

from collections.abc import Iterator
from itertools import count
from typing import Any

import sqlalchemy as sa
from sqlalchemy.ext.compiler import compiles
from sqlalchemy.sql.compiler import SQLCompiler

from triage_agent.adapters.sql.audit_tables import audit_line
from triage_agent.adapters.sql.column_types import ReceivedText
from triage_agent.adapters.sql.engine import Database
from triage_agent.domain.audit import (
    AuditCursor,
    AuditEntry,
    AuditFilter,
    AuditLine,
    Deed,
    ascii_lower,
)

# Any numbers will do that no other program on the same PostgreSQL server uses.
LINES_LOCK = 7_240_117
# Rows that are read at once for an export: a second's work at most, a megabyte of memory.
_EXPORTED_AT_ONCE = 2000
_PLACE = sa.tuple_(audit_line.c.at, audit_line.c.id)


class SqlAuditTrail:
    """Keeps `triage_agent.ports.AuditTrail`; lines of several processes do not wait for each other.

    Every method may raise DatabaseUnavailable.
    """

    def __init__(self, database: Database) -> None:
        self._database = database

    def record(self, line: AuditLine) -> None:
        """Add a line; it is durable on return. Raises StorageFull too."""
        with self._database.write() as connection:
            if connection.dialect.name == "postgresql":
                # Shared by all writers: sealing waits until every number given out is committed.
                connection.execute(sa.select(sa.func.pg_advisory_xact_lock_shared(LINES_LOCK)))
            connection.execute(
                sa.insert(audit_line),
                {
                    "at": line.at,
                    "who": line.who,
                    "deed": line.deed.value,
                    "StudyInstanceUID": line.StudyInstanceUID,
                    "detail": line.detail,
                    "address": line.address,
                },
            )

    def search(
        self,
        sought: AuditFilter,
        *,
        limit: int,
        before: AuditCursor | None = None,
        after: AuditCursor | None = None,
    ) -> tuple[AuditEntry, ...]:
        """Return the newest entries that fit, or those next to a place; newest first."""
        if after is not None:
            found = self._read(_fitting(sought).where(_place(after) < _PLACE), limit=limit)
            return tuple(reversed(found))
        statement = _fitting(sought)
        if before is not None:
            statement = statement.where(_place(before) > _PLACE)
        return self._read(statement, limit=limit, newest_first=True)

    def export(self, sought: AuditFilter) -> Iterator[AuditEntry]:
        """Yield every entry that fits, oldest first, of those that there are when it begins."""
        newest = self.search(sought, limit=1)
        if not newest:
            return
        end, at = newest[0].cursor, None
        statement = _fitting(sought).where(_place(end) >= _PLACE)
        for _ in count():
            part = statement if at is None else statement.where(_place(at) < _PLACE)
            found = self._read(part, limit=_EXPORTED_AT_ONCE)
            yield from found
            if len(found) < _EXPORTED_AT_ONCE:
                return
            at = found[-1].cursor

    def _read(
        self,
        statement: sa.Select[*tuple[object, ...]],
        *,
        limit: int,
        newest_first: bool = False,
    ) -> tuple[AuditEntry, ...]:
        at, number = audit_line.c.at, audit_line.c.id
        order = (at.desc(), number.desc()) if newest_first else (at, number)
        with self._database.read() as connection:
            rows = connection.execute(statement.order_by(*order).limit(limit)).mappings()
            return tuple(entry_from(row) for row in rows)


def entry_from(row: sa.RowMapping) -> AuditEntry:
    """Return a row of the table."""
    return AuditEntry(
        number=row["id"],
        line=AuditLine(
            at=row["at"],
            who=row["who"],
            deed=Deed(row["deed"]),
            StudyInstanceUID=row["StudyInstanceUID"],
            detail=row["detail"],
            address=row["address"],
        ),
    )


def _place(cursor: AuditCursor) -> sa.Tuple:
    return sa.tuple_(
        sa.bindparam(None, cursor.at, type_=audit_line.c.at.type),
        sa.bindparam(None, cursor.number, type_=audit_line.c.id.type),
    )


def _fitting(sought: AuditFilter) -> sa.Select[*tuple[object, ...]]:
    line = audit_line.c
    statement = sa.select(audit_line)
    if sought.who:
        statement = statement.where(line.who == sought.who)
    if sought.deeds:
        statement = statement.where(line.deed.in_(sorted(each.value for each in sought.deeds)))
    if sought.StudyInstanceUID:
        # Said a second time as the index says it, which holds only lines of studies.
        statement = statement.where(
            line.StudyInstanceUID == sought.StudyInstanceUID,
            line.StudyInstanceUID != sa.literal_column("''"),
        )
    if sought.since is not None:
        statement = statement.where(line.at >= sought.since)
    if sought.until is not None:
        statement = statement.where(line.at < sought.until)
    if sought.text:
        columns = (line.detail, line.who, line.address)
        statement = statement.where(sa.or_(*(_holds(each, sought.text) for each in columns)))
    return statement


class _AsciiLower(sa.sql.functions.GenericFunction[str]):
    """lower() of letters A to Z alone, which is all that SQLite's does."""

    type = ReceivedText()
    name = "audit_lower"
    inherit_cache = True


@compiles(_AsciiLower)
def _lower(function: _AsciiLower, compiler: SQLCompiler, **options: Any) -> str:  # noqa: ANN401 (as SQLAlchemy passes them)
    collation = ' COLLATE "C"' if compiler.dialect.name == "postgresql" else ""
    return f"lower({compiler.process(function.clauses, **options)}{collation})"


def _holds(column: sa.Column[str], text: str) -> sa.ColumnElement[bool]:
    return _AsciiLower(column).contains(ascii_lower(text), autoescape=True)
