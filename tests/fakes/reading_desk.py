"""A ReadingDesk in memory, for tests of pages and steps."""

import threading
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, replace
from datetime import datetime

from tests.fakes.register_rows import RegisterRows
from tests.fakes.worklist import FakeWorklist
from triage_agent.domain import reading as rules
from triage_agent.domain.instance import InstanceState
from triage_agent.domain.reading import Reading
from triage_agent.domain.verdict import ReaderVerdict
from triage_agent.domain.worklist import ReadingState
from triage_agent.domain.worklist_filter import EVERYTHING_NOT_READ, NOT_READ, WorklistFilter
from triage_agent.errors import NothingToUndo, StudyUnknown
from triage_agent.ports.reading import ReadingChange, ReadingDeed


@dataclass(frozen=True, kw_only=True)
class Act:
    """What a reader did, and what was before."""

    uid: str
    reader: str
    deed: ReadingDeed
    at: datetime
    before: Reading
    verdict: ReaderVerdict | None


class FakeReadingDesk:
    """Keeps `triage_agent.ports.ReadingDesk` over the rows of a FakeStudyRegister."""

    def __init__(self, rows: RegisterRows | None = None) -> None:
        self.rows = rows if rows is not None else RegisterRows()
        self.acts: dict[int, Act] = {}
        self.given: list[tuple[str, ReaderVerdict]] = []
        self._holds: dict[tuple[str, str], datetime] = {}
        self._turn = threading.RLock()

    def reading(self, StudyInstanceUID: str) -> Reading:
        if StudyInstanceUID not in self.rows.reading:
            raise StudyUnknown(StudyInstanceUID)
        return self.rows.reading[StudyInstanceUID]

    def claim(
        self, StudyInstanceUID: str, reader: str, *, now: datetime, until: datetime
    ) -> ReadingChange:
        with self._locked(StudyInstanceUID, now) as before:
            after = rules.claimed(before, reader, now=now, until=until)
            if before.is_claimed_by(reader, now):
                self.rows.reading[StudyInstanceUID] = after
                return ReadingChange(StudyInstanceUID=StudyInstanceUID, reading=after)
            detail = f"by {reader} until {until.isoformat(timespec='seconds')}"
            return self._done(
                StudyInstanceUID, ReadingDeed.CLAIMED, reader, after, "claimed", detail, now
            )

    def claim_next(
        self,
        reader: str,
        *,
        now: datetime,
        until: datetime,
        among: WorklistFilter | None = None,
    ) -> ReadingChange | None:
        wanted = replace(among or EVERYTHING_NOT_READ, reading_states=NOT_READ)
        if among is not None and ReadingState.UNREAD not in among.reading_states:
            return None
        with self._turn:
            for entry in FakeWorklist(self.rows).page(limit=10_000, wanted=wanted, now=now):
                uid = entry.study.StudyInstanceUID
                is_claimed = self.rows.reading[uid].is_claimed(now)
                if not is_claimed and not self._is_open_elsewhere(uid, reader, now):
                    return self.claim(uid, reader, now=now, until=until)
        return None

    def release(
        self, StudyInstanceUID: str, reader: str, *, now: datetime, any_claim: bool = False
    ) -> ReadingChange:
        with self._locked(StudyInstanceUID, now) as before:
            after = rules.released(before, reader, now=now, any_claim=any_claim)
            if after == before:
                return ReadingChange(StudyInstanceUID=StudyInstanceUID, reading=after)
            detail = f"by {reader}"
            detail += "" if reader == before.claimed_by else f", {before.claimed_by} had it"
            return self._done(
                StudyInstanceUID, ReadingDeed.RELEASED, reader, after, "released", detail, now
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
        with self._locked(StudyInstanceUID, now) as before:
            known = self._images(StudyInstanceUID)
            after = rules.read(
                before,
                reader,
                now=now,
                generation=self.rows.studies[StudyInstanceUID].generation,
                images=known,
                shown_generation=generation,
                shown_images=images,
            )
            detail = f"by {reader}, generation {generation} ({known} image{'s' * (known != 1)})"
            return self._done(
                StudyInstanceUID, ReadingDeed.READ, reader, after, "read", detail, now
            )

    def give_verdict(
        self, StudyInstanceUID: str, verdict: ReaderVerdict, *, images: int | None
    ) -> ReadingChange:
        with self._locked(StudyInstanceUID, verdict.at) as reading:
            generation = self.rows.studies[StudyInstanceUID].generation
            known = self._images(StudyInstanceUID)
            rules.refuse_stale(generation, known, verdict.generation, images)
            self.given.append((StudyInstanceUID, verdict))
            act = self._note(
                StudyInstanceUID,
                ReadingDeed.VERDICT,
                verdict.reader,
                reading,
                verdict.at,
                verdict,
            )
            said = f"{verdict.in_words}, by {verdict.reader} on generation {generation}"
            self.rows.tell(StudyInstanceUID, "verdict", said, verdict.at)
            return ReadingChange(
                StudyInstanceUID=StudyInstanceUID,
                reading=reading,
                deed=ReadingDeed.VERDICT,
                act=act,
            )

    def undo(
        self,
        StudyInstanceUID: str,
        act: int,
        reader: str,
        *,
        now: datetime,
        not_before: datetime,
    ) -> ReadingChange:
        with self._locked(StudyInstanceUID, now) as present:
            done = self.acts.get(act)
            if (
                done is None
                or (done.uid, done.reader) != (StudyInstanceUID, reader)
                or done.at < not_before
            ):
                raise NothingToUndo
            after = present
            if done.verdict is not None:
                self.given.remove((StudyInstanceUID, done.verdict))
            elif self.rows.undoable_acts.get(StudyInstanceUID) == act:
                after = replace(done.before, held_by=present.held_by, held_until=present.held_until)
                del self.rows.undoable_acts[StudyInstanceUID]
            else:
                raise NothingToUndo
            del self.acts[act]
            self.rows.reading[StudyInstanceUID] = after
            self.rows.tell(StudyInstanceUID, "undone", f"{done.deed} by {reader}", now)
            self._release_place(StudyInstanceUID, now)
            return ReadingChange(StudyInstanceUID=StudyInstanceUID, reading=after, deed=done.deed)

    def hold(
        self,
        StudyInstanceUID: str,
        reader: str,
        *,
        now: datetime,
        until: datetime,
        claim_until: datetime,
    ) -> ReadingChange:
        with self._locked(StudyInstanceUID, now) as before:
            key = StudyInstanceUID, reader
            opens = key not in self._holds or self._holds[key] <= now
            self._holds[key] = max(until, self._holds.get(key, until))
            after = rules.held(
                before, reader, now=now, until=until, claim_until=claim_until, opens=opens
            )
            self.rows.reading[StudyInstanceUID] = after
            if opens:
                self.rows.tell(StudyInstanceUID, "viewed", f"by {reader}", now)
            return ReadingChange(StudyInstanceUID=StudyInstanceUID, reading=after)

    def expire_due(self, now: datetime) -> tuple[str, ...]:
        ended = []
        with self._turn:
            for uid, reading in list(self.rows.reading.items()):
                if rules.expired(reading, now) != reading:
                    with self._locked(uid, now):
                        self._release_place(uid, now)
                    ended.append(uid)
        return tuple(ended)

    def verdicts(self, StudyInstanceUID: str) -> tuple[ReaderVerdict, ...]:
        self.reading(StudyInstanceUID)
        return tuple(each for uid, each in self.given if uid == StudyInstanceUID)

    @contextmanager
    def _locked(self, uid: str, now: datetime) -> Iterator[Reading]:
        """Let nobody else in; what has ended is told first, and all is as before on an error."""
        with self._turn:
            before = self.reading(uid)
            told, version = len(self.rows.story), self.rows.version
            present = rules.expired(before, now)
            if before.state is not present.state:
                self.rows.undoable_acts.pop(uid, None)
                self.rows.tell(uid, "claim expired", f"{before.claimed_by} had it", now)
            if before.held_until != present.held_until:
                detail = f"by {before.held_by}, nobody has it open"
                self.rows.tell(uid, "left", detail, now)
            self.rows.reading[uid] = present
            try:
                yield present
            except BaseException:
                self.rows.reading[uid] = before
                del self.rows.story[told:]
                self.rows.version = version
                raise

    def _done(  # noqa: PLR0917
        self,
        uid: str,
        deed: ReadingDeed,
        reader: str,
        after: Reading,
        what: str,
        detail: str,
        now: datetime,
    ) -> ReadingChange:
        act = self._note(uid, deed, reader, self.rows.reading[uid], now)
        self.rows.reading[uid] = after
        self.rows.undoable_acts[uid] = act
        self.rows.tell(uid, what, detail, now)
        self._release_place(uid, now)
        return ReadingChange(StudyInstanceUID=uid, reading=after, deed=deed, act=act)

    def _note(  # noqa: PLR0917
        self,
        uid: str,
        deed: ReadingDeed,
        reader: str,
        before: Reading,
        at: datetime,
        verdict: ReaderVerdict | None = None,
    ) -> int:
        act = len(self.rows.story) + 1
        self.acts[act] = Act(
            uid=uid, reader=reader, deed=deed, at=at, before=before, verdict=verdict
        )
        return act

    def _release_place(self, uid: str, now: datetime) -> None:
        placement = self.rows.release_place(uid, now)
        if placement is not None:
            due = placement.due_at.isoformat(timespec="seconds")
            self.rows.tell(uid, "placed", f"{placement.priority_class}, due {due}", now)

    def _images(self, uid: str) -> int:
        states = [each.state for each in self.rows.instances_of(uid)]
        return len(states) - states.count(InstanceState.EXCLUDED)

    def _is_open_elsewhere(self, uid: str, reader: str, now: datetime) -> bool:
        return any(
            study == uid and holder != reader and until > now
            for (study, holder), until in self._holds.items()
        )
