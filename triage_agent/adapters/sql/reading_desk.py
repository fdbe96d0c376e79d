"""The ReadingDesk port: each method is one transaction."""

from datetime import datetime

import sqlalchemy as sa

from triage_agent.adapters.sql import holding, judging, reading_story, undoing
from triage_agent.adapters.sql.engine import Database
from triage_agent.adapters.sql.giving_out import lock_next
from triage_agent.adapters.sql.locked_entry import LockedEntry, lock_entry
from triage_agent.adapters.sql.reading_rows import reading_from
from triage_agent.adapters.sql.schema import worklist_entry
from triage_agent.domain import reading as rules
from triage_agent.domain.reading import Reading
from triage_agent.domain.verdict import ReaderVerdict
from triage_agent.domain.worklist import ReadingState
from triage_agent.domain.worklist_filter import WorklistFilter
from triage_agent.errors import StudyUnknown
from triage_agent.ports.reading import ReadingChange, ReadingDeed


class SqlReadingDesk:
    """Rows in SQL; the methods keep what `triage_agent.ports.ReadingDesk` promises.

    Every method may raise DatabaseUnavailable, those that write StorageFull also; nothing is
    written then.
    """

    def __init__(self, database: Database) -> None:
        self._database = database

    def reading(self, StudyInstanceUID: str) -> Reading:
        """Return who has a study and who read it last."""
        statement = sa.select(worklist_entry).where(
            worklist_entry.c.StudyInstanceUID == StudyInstanceUID
        )
        with self._database.read() as connection:
            row = connection.execute(statement).mappings().first()
        if row is None:
            raise StudyUnknown(f"no study {StudyInstanceUID} on the worklist")
        return reading_from(row)

    def claim(
        self, StudyInstanceUID: str, reader: str, *, now: datetime, until: datetime
    ) -> ReadingChange:
        """Give a study to a reader; if it is theirs already, for longer."""
        with self._database.write() as connection:
            entry = lock_entry(connection, StudyInstanceUID, now)
            return _claim(entry, reader, now=now, until=until)

    def claim_next(
        self,
        reader: str,
        *,
        now: datetime,
        until: datetime,
        among: WorklistFilter | None = None,
    ) -> ReadingChange | None:
        """Give a reader the first study of the list that is unread; None if there is none."""
        with self._database.write() as connection:
            entry = lock_next(connection, reader, among=among, now=now)
            if entry is None:
                return None
            return _claim(entry, reader, now=now, until=until)

    def release(
        self, StudyInstanceUID: str, reader: str, *, now: datetime, any_claim: bool = False
    ) -> ReadingChange:
        """Take a study back; nothing changes if nobody has claimed it."""
        with self._database.write() as connection:
            entry = lock_entry(connection, StudyInstanceUID, now)
            before = entry.reading
            after = rules.released(before, reader, now=now, any_claim=any_claim)
            if before.state is not ReadingState.CLAIMED:
                return ReadingChange(StudyInstanceUID=StudyInstanceUID, reading=after)
            line = reading_story.released(StudyInstanceUID, before.claimed_by, reader, at=now)
            act = entry.note(ReadingDeed.RELEASED, reader)
            entry.change(after, [line], act=act)
            return ReadingChange(
                StudyInstanceUID=StudyInstanceUID,
                reading=after,
                deed=ReadingDeed.RELEASED,
                act=act,
            )

    def mark_read(
        self,
        StudyInstanceUID: str,
        reader: str,
        *,
        generation: int,
        images: int | None,
        now: datetime,
    ) -> ReadingChange:
        """Take a study off the list: the reader has read this generation, with so many images."""
        with self._database.write() as connection:
            # The study's row first, as those do who bring images: an image that comes now either
            # is counted here or finds the study read, and puts it back.
            known = judging.lock_images(connection, StudyInstanceUID)
            entry = lock_entry(connection, StudyInstanceUID, now)
            after = rules.read(
                entry.reading,
                reader,
                now=now,
                generation=known.generation,
                images=known.images,
                shown_generation=generation,
                shown_images=images,
            )
            act = entry.note(ReadingDeed.READ, reader)
            entry.change(after, [reading_story.read(StudyInstanceUID, after, at=now)], act=act)
            return ReadingChange(
                StudyInstanceUID=StudyInstanceUID, reading=after, deed=ReadingDeed.READ, act=act
            )

    def give_verdict(
        self, StudyInstanceUID: str, verdict: ReaderVerdict, *, images: int | None
    ) -> ReadingChange:
        """Keep what a reader says of a study, whoever has it."""
        with self._database.write() as connection:
            return judging.give_verdict(connection, StudyInstanceUID, verdict, images)

    def undo(
        self,
        StudyInstanceUID: str,
        act: int,
        reader: str,
        *,
        now: datetime,
        not_before: datetime,
    ) -> ReadingChange:
        """Undo what this reader did, if it was done at or after `not_before`."""
        with self._database.write() as connection:
            return undoing.undo(
                connection, StudyInstanceUID, act, reader, now=now, not_before=not_before
            )

    def hold(
        self,
        StudyInstanceUID: str,
        reader: str,
        *,
        now: datetime,
        until: datetime,
        claim_until: datetime,
    ) -> ReadingChange:
        """Note that a reader has a study open until then; their claim is renewed also."""
        with self._database.write() as connection:
            entry = lock_entry(connection, StudyInstanceUID, now)
            after = holding.hold(
                connection, entry, reader, now=now, until=until, claim_until=claim_until
            )
            return ReadingChange(StudyInstanceUID=StudyInstanceUID, reading=after)

    def expire_due(self, now: datetime) -> tuple[str, ...]:
        """End the claims and holds whose time is over; return the UIDs of their studies."""
        with self._database.read() as connection:
            due = holding.due_to_expire(connection, now)
        ended = []
        for StudyInstanceUID in due:
            with self._database.write() as connection:
                if holding.expire(connection, StudyInstanceUID, now):
                    ended.append(StudyInstanceUID)
        return tuple(ended)

    def verdicts(self, StudyInstanceUID: str) -> tuple[ReaderVerdict, ...]:
        """Return what readers said of a study and did not withdraw, oldest first."""
        with self._database.read() as connection:
            return judging.verdicts_of(connection, StudyInstanceUID)


def _claim(entry: LockedEntry, reader: str, *, now: datetime, until: datetime) -> ReadingChange:
    uid = entry.StudyInstanceUID
    after = rules.claimed(entry.reading, reader, now=now, until=until)
    if entry.reading.is_claimed_by(reader, now):
        entry.renew(after)
        return ReadingChange(StudyInstanceUID=uid, reading=after)
    act = entry.note(ReadingDeed.CLAIMED, reader)
    entry.change(after, [reading_story.claimed(uid, reader, until, at=now)], act=act)
    return ReadingChange(StudyInstanceUID=uid, reading=after, deed=ReadingDeed.CLAIMED, act=act)
