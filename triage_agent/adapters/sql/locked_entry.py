"""One entry of the list while somebody changes it: of two who want to, one waits."""

from collections.abc import Sequence
from datetime import datetime

import sqlalchemy as sa

from triage_agent.adapters.sql import reading_story, story
from triage_agent.adapters.sql.reading_rows import (
    kept_values,
    next_place_from,
    next_place_values,
    reading_from,
    reading_values,
)
from triage_agent.adapters.sql.reading_tables import reading_act
from triage_agent.adapters.sql.rows import Row, Values, placement_values
from triage_agent.adapters.sql.schema import worklist_entry
from triage_agent.domain.priority import Placement, PriorityClass
from triage_agent.domain.reading import Reading, expired
from triage_agent.domain.worklist import Event
from triage_agent.errors import StudyUnknown
from triage_agent.ports.reading import ReadingDeed

_STUDY = sa.bindparam("the_study", type_=sa.Text)
_LOCKED = (
    sa.select(worklist_entry)
    .where(worklist_entry.c.StudyInstanceUID == _STUDY)
    .with_for_update(of=worklist_entry)
)
_CHANGE = sa.update(worklist_entry).where(worklist_entry.c.StudyInstanceUID == _STUDY)


class LockedEntry:
    """A row of `worklist_entry` that no one else changes until the transaction ends.

    `reading` is what holds at `now`: a claim or hold whose time is over is gone from it already.
    """

    def __init__(self, connection: sa.Connection, row: Row, now: datetime) -> None:
        self.StudyInstanceUID: str = row["StudyInstanceUID"]
        self._connection = connection
        self._row = row
        self._now = now
        self._stored = reading_from(row)
        self.reading = expired(self._stored, now)

    @property
    def has_expired(self) -> bool:
        """Whether a claim or hold ended that is still in the row."""
        return self.reading != self._stored

    @property
    def undoable_act(self) -> int | None:
        """The act that can be undone, if nothing has happened since."""
        act: int | None = self._row["undoable_act"]
        return None if self._has_claim_expired else act

    @property
    def _has_claim_expired(self) -> bool:
        return self._stored.state is not self.reading.state

    def note(self, deed: ReadingDeed, reader: str, verdict_id: int | None = None) -> int:
        """Keep what the reading is before a deed; return the number of the act."""
        act: int = self._connection.execute(
            sa.insert(reading_act)
            .values(
                StudyInstanceUID=self.StudyInstanceUID,
                reader=reader,
                deed=deed.value,
                at=self._now,
                verdict_id=verdict_id,
                **kept_values(self.reading),
            )
            .returning(reading_act.c.id)
        ).scalar_one()
        return act

    def renew(self, reading: Reading) -> None:
        """Write what differs from before in its times only; nobody is told."""
        self._set(reading_values(reading))

    def change(self, reading: Reading, lines: Sequence[Event], *, act: int | None) -> None:
        """Write what the reading becomes and tell of it: the last of a transaction."""
        story.append(self._connection, self.write(reading, lines, act=act))

    def write(self, reading: Reading, lines: Sequence[Event], *, act: int | None) -> list[Event]:
        """Write what the reading becomes, and let the entry go to its place if it may.

        `act` is the one that can be undone from now on. Return all that is to be told: what had
        ended before, `lines`, and where the entry went.
        """
        values = reading_values(reading) | {"undoable_act": act}
        told = [*self._ends(), *lines]
        place = next_place_from(self._row)
        if place is not None and not reading.keeps_its_place(self._now):
            values |= placement_values(place) | next_place_values(None)
            told.append(reading_story.placed(self.StudyInstanceUID, place, at=self._now))
        self._set(values)
        return told

    def place(self, placement: Placement) -> bool:
        """Write where it belongs; False if a person has it, it goes there only afterwards then."""
        if not self.reading.keeps_its_place(self._now):
            self._set(placement_values(placement) | next_place_values(None))
            return True
        stands = Placement(
            priority_class=PriorityClass(self._row["priority_class"]), due_at=self._row["due_at"]
        )
        self._set(next_place_values(None if placement == stands else placement))
        return False

    def _ends(self) -> list[Event]:
        uid, was, lines = self.StudyInstanceUID, self._stored, []
        if self._has_claim_expired:
            lines.append(reading_story.claim_expired(uid, was.claimed_by, at=self._now))
        if was.held_until != self.reading.held_until:
            lines.append(reading_story.left(uid, was.held_by, at=self._now))
        return lines

    def _set(self, values: Values) -> None:
        self._connection.execute(_CHANGE, values | {"the_study": self.StudyInstanceUID})


def lock_entry(connection: sa.Connection, StudyInstanceUID: str, now: datetime) -> LockedEntry:
    """Return an entry. Raises StudyUnknown."""
    row = connection.execute(_LOCKED, {"the_study": StudyInstanceUID}).mappings().first()
    if row is None:
        raise StudyUnknown(f"no study {StudyInstanceUID} on the worklist")
    return LockedEntry(connection, row, now)
