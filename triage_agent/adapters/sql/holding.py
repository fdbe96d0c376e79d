"""Studies that are open on somebody's screen, and the end of what is not renewed."""

from datetime import datetime

import sqlalchemy as sa

from triage_agent.adapters.sql import reading_story
from triage_agent.adapters.sql.inserting import insert_if_absent
from triage_agent.adapters.sql.locked_entry import LockedEntry, lock_entry
from triage_agent.adapters.sql.reading_tables import reading_hold
from triage_agent.adapters.sql.schema import IS_CLAIMED, IS_OPENED, worklist_entry
from triage_agent.domain.reading import Reading, held


def hold(
    connection: sa.Connection,
    entry: LockedEntry,
    reader: str,
    *,
    now: datetime,
    until: datetime,
    claim_until: datetime,
) -> Reading:
    """Note that a reader has a study open; return its reading."""
    opens = _renew_hold(connection, entry.StudyInstanceUID, reader, now=now, until=until)
    after = held(entry.reading, reader, now=now, until=until, claim_until=claim_until, opens=opens)
    lines = [reading_story.viewed(entry.StudyInstanceUID, reader, at=now)] if opens else []
    if lines or entry.has_expired:
        entry.change(after, lines, act=entry.undoable_act)
    else:
        entry.renew(after)
    return after


def due_to_expire(connection: sa.Connection, now: datetime) -> tuple[str, ...]:
    """Return the UIDs of studies with a claim or hold whose time is over."""
    uid = worklist_entry.c.StudyInstanceUID
    # One query for each of the two partial indexes.
    claims = sa.select(uid).where(IS_CLAIMED, worklist_entry.c.claimed_until <= now)
    holds = sa.select(uid).where(IS_OPENED, worklist_entry.c.held_until <= now)
    found = [one for each in (claims, holds) for one in connection.execute(each).scalars()]
    return tuple(dict.fromkeys(found))


def expire(connection: sa.Connection, StudyInstanceUID: str, now: datetime) -> bool:
    """End what is over; False if it was renewed or ended in the meantime."""
    entry = lock_entry(connection, StudyInstanceUID, now)
    if not entry.has_expired:
        return False
    if entry.reading.held_until is None:
        connection.execute(
            sa.delete(reading_hold).where(
                reading_hold.c.StudyInstanceUID == StudyInstanceUID, reading_hold.c.until <= now
            )
        )
    entry.change(entry.reading, (), act=entry.undoable_act)
    return True


def _renew_hold(
    connection: sa.Connection,
    StudyInstanceUID: str,
    reader: str,
    *,
    now: datetime,
    until: datetime,
) -> bool:
    """Write a reader's hold; say whether it is a new one."""
    key = {"StudyInstanceUID": StudyInstanceUID, "reader": reader}
    if insert_if_absent(connection, reading_hold, key | {"until": until}):
        return True
    of_reader = (
        reading_hold.c.StudyInstanceUID == StudyInstanceUID,
        reading_hold.c.reader == reader,
    )
    before: datetime = connection.execute(
        sa.select(reading_hold.c.until).where(*of_reader)
    ).scalar_one()
    latest = max(before, until)
    connection.execute(sa.update(reading_hold).where(*of_reader).values(until=latest))
    return before <= now
