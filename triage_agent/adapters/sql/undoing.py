"""How a reader takes back what they did."""

from datetime import datetime

import sqlalchemy as sa

from triage_agent.adapters.sql import reading_story, story
from triage_agent.adapters.sql.locked_entry import LockedEntry, lock_entry
from triage_agent.adapters.sql.reading_rows import restored
from triage_agent.adapters.sql.reading_tables import reading_act
from triage_agent.adapters.sql.rows import Row
from triage_agent.adapters.sql.schema import reader_verdict
from triage_agent.domain.reading import Reading
from triage_agent.errors import NothingToUndo
from triage_agent.ports.reading import ReadingChange, ReadingDeed


def undo(
    connection: sa.Connection,
    StudyInstanceUID: str,
    act: int,
    reader: str,
    *,
    now: datetime,
    not_before: datetime,
) -> ReadingChange:
    """Undo an act of this reader. Raises NothingToUndo, StudyUnknown."""
    entry = lock_entry(connection, StudyInstanceUID, now)
    row = _act_of(connection, StudyInstanceUID, act, reader, not_before)
    deed = ReadingDeed(row["deed"])
    connection.execute(sa.update(reading_act).where(reading_act.c.id == act).values(undone_at=now))
    if deed is ReadingDeed.VERDICT:
        connection.execute(
            sa.update(reader_verdict)
            .where(reader_verdict.c.id == row["verdict_id"])
            .values(withdrawn_at=now)
        )
        line = reading_story.undone(StudyInstanceUID, deed, reader, at=now)
        story.append(connection, [line])
        after = entry.reading
    else:
        after = _restore(entry, row, now)
    return ReadingChange(StudyInstanceUID=StudyInstanceUID, reading=after, deed=deed)


def _act_of(
    connection: sa.Connection,
    StudyInstanceUID: str,
    act: int,
    reader: str,
    not_before: datetime,
) -> Row:
    statement = sa.select(reading_act).where(
        reading_act.c.id == act,
        reading_act.c.StudyInstanceUID == StudyInstanceUID,
        reading_act.c.reader == reader,
        reading_act.c.at >= not_before,
        reading_act.c.undone_at.is_(None),
    )
    row = connection.execute(statement).mappings().first()
    if row is None:
        raise NothingToUndo("there is nothing that you can undo here any more")
    return row


def _restore(entry: LockedEntry, row: Row, now: datetime) -> Reading:
    if entry.undoable_act != row["id"]:
        raise NothingToUndo("something else has happened to this study since")
    after = restored(entry.reading, row)
    deed, reader = ReadingDeed(row["deed"]), row["reader"]
    line = reading_story.undone(entry.StudyInstanceUID, deed, reader, at=now)
    entry.change(after, [line], act=None)
    return after
