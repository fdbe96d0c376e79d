"""The Worklist port: the list is one scan of a partial index."""

import sqlalchemy as sa

from triage_agent.adapters.sql.engine import Database
from triage_agent.adapters.sql.rows import PLACED_STUDY, STUDY_COLUMNS, Row, study_from
from triage_agent.adapters.sql.schema import (
    IS_IN_SCOPE,
    IS_NOT_READ,
    IS_SCORED,
    IS_WAITING_FOR_SCORE,
    instance,
    list_version,
    study,
    worklist_entry,
)
from triage_agent.domain.study import StudyState
from triage_agent.domain.worklist import ReadingState, WorklistEntry
from triage_agent.errors import StudyUnknown


def _instances(condition: sa.ColumnElement[bool]) -> sa.ScalarSelect[int]:
    return (
        sa.select(sa.func.count())
        .where(instance.c.StudyInstanceUID == worklist_entry.c.StudyInstanceUID, condition)
        .correlate(worklist_entry)
        .scalar_subquery()
    )


_ENTRIES = sa.select(
    *STUDY_COLUMNS,
    worklist_entry.c.reading_state,
    worklist_entry.c.claimed_by,
    _instances(IS_IN_SCOPE).label("images"),
    _instances(IS_SCORED).label("images_scored"),
    _instances(IS_WAITING_FOR_SCORE).label("images_waiting"),
).select_from(PLACED_STUDY)


def page_of(limit: int, offset: int) -> sa.Select[*tuple[object, ...]]:
    """Return the query for a part of the list."""
    return (
        _ENTRIES.where(IS_NOT_READ)
        .order_by(
            worklist_entry.c.due_at,
            worklist_entry.c.arrived_at,
            worklist_entry.c.StudyInstanceUID,
        )
        .limit(limit)
        .offset(offset)
    )


class SqlWorklist:
    """The list in SQL; the methods keep what `triage_agent.ports.Worklist` promises.

    Every method may raise DatabaseUnavailable.
    """

    def __init__(self, database: Database) -> None:
        self._database = database

    def page(self, *, limit: int, offset: int = 0) -> tuple[WorklistEntry, ...]:
        """Return entries that are not read, in list order: due time, then arrival, then UID."""
        with self._database.read() as connection:
            rows = connection.execute(page_of(limit, offset)).mappings()
            return tuple(_entry_from(row) for row in rows)

    def count(self) -> int:
        """Return how many entries are not read."""
        with self._database.read() as connection:
            return connection.execute(
                sa.select(sa.func.count()).select_from(worklist_entry).where(IS_NOT_READ)
            ).scalar_one()

    def entry(self, StudyInstanceUID: str) -> WorklistEntry:
        """Return one entry, read or not. Raises StudyUnknown."""
        statement = _ENTRIES.where(study.c.StudyInstanceUID == StudyInstanceUID)
        with self._database.read() as connection:
            row = connection.execute(statement).mappings().first()
        if row is None:
            raise StudyUnknown(f"no study {StudyInstanceUID} on the worklist")
        return _entry_from(row)

    def version(self) -> int:
        """Return a number that differs whenever anything on the list may have changed."""
        with self._database.read() as connection:
            number: int = connection.execute(sa.select(list_version.c.number)).scalar_one()
            return number


def _entry_from(row: Row) -> WorklistEntry:
    value = study_from(row)
    return WorklistEntry(
        study=value,
        reading_state=ReadingState(row["reading_state"]),
        claimed_by=row["claimed_by"],
        provisional=(
            value.state is StudyState.OPEN
            or row["images_waiting"] > 0
            or value.revision != value.assessed_revision
        ),
        images=row["images"],
        images_scored=row["images_scored"],
    )
