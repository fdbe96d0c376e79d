"""The Worklist port: first which entries, from an index of the list alone, then what they show."""

from collections.abc import Collection, Mapping, Sequence
from datetime import datetime

import sqlalchemy as sa

from triage_agent.adapters.sql import list_queries, story
from triage_agent.adapters.sql.engine import Database
from triage_agent.adapters.sql.rows import PLACED_STUDY, STUDY_COLUMNS, Row, study_from
from triage_agent.adapters.sql.schema import (
    IS_IN_SCOPE,
    IS_NOT_READ,
    IS_SCORED,
    IS_WAITING_FOR_SCORE,
    event,
    instance,
    worklist_entry,
)
from triage_agent.domain.study import StudyState
from triage_agent.domain.worklist import ListChanges, ListChoices, ReadingState, WorklistEntry
from triage_agent.domain.worklist_filter import EVERYTHING_NOT_READ, WorklistFilter
from triage_agent.domain.worklist_order import BY_PRIORITY, WorklistOrder
from triage_agent.errors import StudyUnknown

# SQLite takes at most 32,766 parameters in a statement, PostgreSQL 65,535.
_UIDS_AT_ONCE = 10_000
# Built once: to build them takes longer than to run them.
_UIDS = sa.bindparam("uids", expanding=True, type_=sa.Text)
_ENTRIES = (
    sa.select(
        *STUDY_COLUMNS,
        worklist_entry.c.reading_state,
        worklist_entry.c.claimed_by,
        worklist_entry.c.claimed_until,
        worklist_entry.c.held_by,
        worklist_entry.c.held_until,
        worklist_entry.c.read_by,
        worklist_entry.c.read_at,
        worklist_entry.c.read_images,
        worklist_entry.c.modalities,
        worklist_entry.c.source_ae_title,
    )
    .select_from(PLACED_STUDY)
    .where(worklist_entry.c.StudyInstanceUID.in_(_UIDS))
)
_IMAGES = (
    sa.select(
        instance.c.StudyInstanceUID,
        sa.func.count().filter(IS_IN_SCOPE).label("images"),
        sa.func.count().filter(IS_SCORED).label("images_scored"),
        sa.func.count().filter(IS_WAITING_FOR_SCORE).label("images_waiting"),
        sa.func.max(instance.c.model).label("model"),
    )
    .where(instance.c.StudyInstanceUID.in_(_UIDS))
    .group_by(instance.c.StudyInstanceUID)
)
_VERSION = sa.select(sa.func.coalesce(sa.func.max(event.c.id), 0))
_CHANGES = (
    sa.select(event.c.id, event.c.StudyInstanceUID, event.c.what)
    .where(event.c.id > sa.bindparam("version", type_=sa.BigInteger))
    .order_by(event.c.id)
    .limit(sa.bindparam("limit", type_=sa.Integer))
)


class SqlWorklist:
    """The list in SQL; the methods keep what `triage_agent.ports.Worklist` promises.

    Every method may raise DatabaseUnavailable.
    """

    def __init__(self, database: Database) -> None:
        self._database = database

    def page(
        self,
        *,
        limit: int,
        offset: int = 0,
        wanted: WorklistFilter = EVERYTHING_NOT_READ,
        order: WorklistOrder = BY_PRIORITY,
        now: datetime | None = None,
    ) -> tuple[WorklistEntry, ...]:
        """Return the wanted entries from `offset` on; by default those not read, by priority."""
        with self._database.read() as connection:
            found = list_queries.parts(connection, wanted, now)
            statement = list_queries.page(found, order, limit, offset)
            return _entries(connection, connection.execute(statement).scalars().all())

    def count(
        self,
        wanted: WorklistFilter = EVERYTHING_NOT_READ,
        *,
        now: datetime | None = None,
        at_most: int | None = None,
    ) -> int:
        """Return how many entries are wanted; counting stops at `at_most`."""
        with self._database.read() as connection:
            found = list_queries.parts(connection, wanted, now)
            number = sum(connection.execute(part.count(at_most)).scalar_one() for part in found)
            return number if at_most is None else min(number, at_most)

    def places(
        self,
        StudyInstanceUIDs: Collection[str],
        *,
        wanted: WorklistFilter = EVERYTHING_NOT_READ,
        order: WorklistOrder = BY_PRIORITY,
        now: datetime | None = None,
    ) -> Mapping[str, int]:
        """Return where these studies stand among the wanted entries, counted from 1."""
        with self._database.read() as connection:
            found = list_queries.parts(connection, wanted, now)
            statement = list_queries.places(found, order, StudyInstanceUIDs)
            return {row.uid: row.place for row in connection.execute(statement)}

    def entry(self, StudyInstanceUID: str) -> WorklistEntry:
        """Return one entry, read or not. Raises StudyUnknown."""
        found = self.entries([StudyInstanceUID])
        if not found:
            raise StudyUnknown(f"no study {StudyInstanceUID} on the worklist")
        return found[0]

    def entries(self, StudyInstanceUIDs: Sequence[str]) -> tuple[WorklistEntry, ...]:
        """Return entries, read or not, in the order in which they are named; none if unknown."""
        with self._database.read() as connection:
            return _entries(connection, StudyInstanceUIDs)

    def version(self) -> int:
        """Return a number that rises whenever anything on the list may have changed."""
        with self._database.read() as connection:
            # `story.append` gives ids out in the order in which they become visible.
            number: int = connection.execute(_VERSION).scalar_one()
            return number

    def changed_since(self, version: int, *, limit: int = 1000) -> ListChanges:
        """Return which studies changed after a version; no more than `limit` changes at a time."""
        with self._database.read() as connection:
            parameters = {"version": version, "limit": limit + 1}
            lines = connection.execute(_CHANGES, parameters).all()
        told = lines[:limit]
        uids = [each.StudyInstanceUID for each in told if each.what not in story.OF_DELIVERY]
        return ListChanges(
            version=told[-1].id if told else version,
            StudyInstanceUIDs=tuple(dict.fromkeys(uids)),
            more=len(lines) > limit,
        )

    def choices(self) -> ListChoices:
        """Return the sources and modalities of the entries that are not read."""
        columns = (worklist_entry.c.source_ae_title, worklist_entry.c.modalities)
        with self._database.read() as connection:
            pairs = connection.execute(sa.select(*columns).where(IS_NOT_READ).distinct()).all()
        return ListChoices(
            sources=tuple(sorted({each.source_ae_title for each in pairs})),
            modalities=tuple(sorted({one for each in pairs for one in each.modalities.split()})),
        )


def _entries(connection: sa.Connection, uids: Sequence[str]) -> tuple[WorklistEntry, ...]:
    """Return the entries of the studies that are known, in the order of `uids`."""
    images: dict[str, Row] = {}
    rows: dict[str, Row] = {}
    for first in range(0, len(uids), _UIDS_AT_ONCE):
        parameters = {"uids": list(uids[first : first + _UIDS_AT_ONCE])}
        for found, statement in ((images, _IMAGES), (rows, _ENTRIES)):
            for row in connection.execute(statement, parameters).mappings():
                found[row["StudyInstanceUID"]] = row
    return tuple(_entry_from(rows[uid], images[uid]) for uid in uids if uid in rows)


def _entry_from(row: Row, images: Row) -> WorklistEntry:
    value = study_from(row)
    return WorklistEntry(
        study=value,
        reading_state=ReadingState(row["reading_state"]),
        claimed_by=row["claimed_by"],
        claimed_until=row["claimed_until"],
        held_by=row["held_by"],
        held_until=row["held_until"],
        read_by=row["read_by"],
        read_at=row["read_at"],
        read_images=row["read_images"],
        provisional=(
            value.state is StudyState.OPEN
            or images["images_waiting"] > 0
            or value.revision != value.assessed_revision
        ),
        images=images["images"],
        images_scored=images["images_scored"],
        modalities=tuple(row["modalities"].split()),
        source_ae_title=row["source_ae_title"],
        model=images["model"],
    )
