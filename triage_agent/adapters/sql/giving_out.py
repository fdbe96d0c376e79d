"""Which study a reader gets who asks for the next one."""

from datetime import datetime

import sqlalchemy as sa

from triage_agent.adapters.sql.list_conditions import conditions
from triage_agent.adapters.sql.locked_entry import LockedEntry
from triage_agent.adapters.sql.reading_tables import reading_hold
from triage_agent.adapters.sql.schema import IS_NOT_READ, IS_UNREAD, worklist_entry
from triage_agent.domain.worklist import ReadingState
from triage_agent.domain.worklist_filter import WorklistFilter


def first_unread(
    reader: str, *, among: WorklistFilter | None, now: datetime
) -> sa.Select[tuple[object, ...]]:
    """Return the query for the first entry of the list that a reader may be given."""
    is_open_elsewhere = (
        sa.select(reading_hold.c.reader)
        .where(
            reading_hold.c.StudyInstanceUID == worklist_entry.c.StudyInstanceUID,
            reading_hold.c.reader != reader,
            reading_hold.c.until > now,
        )
        .correlate(worklist_entry)
        .exists()
    )
    return (
        sa.select(worklist_entry)
        # The first of the conditions is that of the list's index.
        .where(
            IS_NOT_READ,
            sa.or_(IS_UNREAD, worklist_entry.c.claimed_until <= now),
            ~is_open_elsewhere,
            *(() if among is None else conditions(among, now=now)),
        )
        .order_by(
            worklist_entry.c.due_at,
            worklist_entry.c.arrived_at,
            worklist_entry.c.StudyInstanceUID,
        )
        .limit(1)
    )


def lock_next(
    connection: sa.Connection, reader: str, *, among: WorklistFilter | None, now: datetime
) -> LockedEntry | None:
    """Return the first entry that a reader may be given; None if there is none."""
    if among is not None and ReadingState.UNREAD not in among.reading_states:
        return None
    statement = first_unread(reader, among=among, now=now)
    # Who is given another one is not waited for. But somebody may hold the last for a moment and
    # leave it as it is, as an assessment does: before there is said to be none, all are waited for.
    for skip_locked in (True, False):
        locking = statement.with_for_update(of=worklist_entry, skip_locked=skip_locked)
        row = connection.execute(locking).mappings().first()
        if row is not None:
            return LockedEntry(connection, row, now)
    return None
