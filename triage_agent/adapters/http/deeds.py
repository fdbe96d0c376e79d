"""What a visitor does with a study, the same from a page and from a program.

Each function does it, takes it down in the audit trail and says what the study now is. They block,
and raise what the desk raises: StudyUnknown, the ReadingConflicts, DatabaseUnavailable,
StorageFull.
"""

from datetime import datetime, timedelta
from typing import Literal, TypedDict

from pydantic import BaseModel, ConfigDict, Field, model_validator
from starlette.requests import Request

from triage_agent.adapters.http.auditing import note
from triage_agent.adapters.http.facts import Sources
from triage_agent.domain.audit import Deed
from triage_agent.domain.verdict import (
    TEXT_CHARACTERS,
    DisagreementReason,
    Judgement,
    ReaderVerdict,
    require_reason,
)
from triage_agent.domain.visitor import Role, Visitor
from triage_agent.domain.worklist import ReadingState
from triage_agent.domain.worklist_filter import WorklistFilter
from triage_agent.ports.reading import ReadingChange, ReadingDeed
from triage_agent.prioritise.listing import iso

_GREATEST = 2_147_483_647
_GREATEST_ACT = 9_223_372_036_854_775_807
_DEEDS = {
    ReadingDeed.CLAIMED: Deed.CLAIMED,
    ReadingDeed.RELEASED: Deed.RELEASED,
    ReadingDeed.READ: Deed.READ,
    ReadingDeed.VERDICT: Deed.VERDICT,
}
# A page that is open says so so often within the time after which it counts as closed.
_HOLDS = 3


class _Body(BaseModel):
    model_config = ConfigDict(frozen=True, extra="forbid")


class Shown(_Body):
    """What the visitor was shown of the study; `images` counts those in scope."""

    generation: int = Field(ge=1, le=_GREATEST)
    images: int | None = Field(default=None, ge=0, le=_GREATEST)


class Said(Shown):
    """What the visitor says of what they were shown; "" is no reason, as from a form."""

    judgement: Judgement
    reason: DisagreementReason | Literal[""] | None = None
    text: str = Field(default="", max_length=TEXT_CHARACTERS)

    @model_validator(mode="after")
    def _reason_fits(self) -> "Said":
        require_reason(self.judgement, self.reason or None)
        return self


class Undo(_Body):
    """Which deed is to be undone: the number that its answer gave."""

    undo: int = Field(ge=1, le=_GREATEST_ACT)


class SaidJson(TypedDict):
    """A verdict as a JSON object."""

    judgement: str
    reason: str  # "" to agree
    text: str
    generation: int
    at: str


class Work(TypedDict):
    """A study as it now is for the visitor; instants are ISO 8601 in UTC."""

    study_uid: str
    address: str  # of its page
    state: str  # unread | claimed | read
    mine: bool
    claimed_by: str
    claimed_until: str | None
    open_by: str
    open_until: str | None
    read_by: str
    read_at: str | None
    generation: int
    images: int
    new_images: int
    verdict: SaidJson | None
    undo: int | None
    undo_seconds: float
    hold_every: float


def claim(sources: Sources, request: Request, visitor: Visitor, uid: str) -> Work:
    """Take a study, or take one's own for longer."""
    now = sources.clock.now()
    change = sources.desk.claim(uid, visitor.name, now=now, until=_claim_end(sources, now))
    return _answer(sources, request, visitor, change)


def claim_next(
    sources: Sources, request: Request, visitor: Visitor, wanted: WorklistFilter
) -> Work | None:
    """Take the most urgent wanted study that nobody has; None if there is none."""
    now = sources.clock.now()
    change = sources.desk.claim_next(
        visitor.name, now=now, until=_claim_end(sources, now), among=wanted
    )
    return None if change is None else _answer(sources, request, visitor, change)


def release(sources: Sources, request: Request, visitor: Visitor, uid: str) -> Work:
    """Give a study back; administrators also end the claims of others."""
    before = sources.desk.reading(uid).claimed_by
    change = sources.desk.release(
        uid,
        visitor.name,
        now=sources.clock.now(),
        any_claim=visitor.may(Role.ADMINISTRATOR),
    )
    detail = "" if before == visitor.name else f"{before} had it"
    return _answer(sources, request, visitor, change, detail)


def mark_read(sources: Sources, request: Request, visitor: Visitor, uid: str, shown: Shown) -> Work:
    """Take a study off the list."""
    change = sources.desk.mark_read(
        uid,
        visitor.name,
        generation=shown.generation,
        images=shown.images,
        now=sources.clock.now(),
    )
    return _answer(sources, request, visitor, change, f"generation {shown.generation}")


def give_verdict(
    sources: Sources, request: Request, visitor: Visitor, uid: str, said: Said
) -> Work:
    """Keep what the visitor says of a study."""
    verdict = ReaderVerdict(
        reader=visitor.name,
        generation=said.generation,
        judgement=said.judgement,
        reason=said.reason or None,
        text=said.text,
        at=sources.clock.now(),
    )
    change = sources.desk.give_verdict(uid, verdict, images=said.images)
    return _answer(sources, request, visitor, change, verdict.in_words)


def undo(sources: Sources, request: Request, visitor: Visitor, uid: str, asked: Undo) -> Work:
    """Undo what the visitor did a few seconds ago."""
    now = sources.clock.now()
    change = sources.desk.undo(
        uid,
        asked.undo,
        visitor.name,
        now=now,
        not_before=now - timedelta(seconds=sources.facts.reading.undo_seconds),
    )
    if change.deed is not None:
        note(sources, request, visitor, Deed.UNDONE, uid, change.deed.value)
    return work_of(sources, visitor, change)


def hold(sources: Sources, visitor: Visitor, uid: str) -> Work:
    """Have a study open; what is looked at is taken down where it is shown."""
    now = sources.clock.now()
    until = now + timedelta(seconds=sources.facts.reading.hold_seconds)
    change = sources.desk.hold(
        uid, visitor.name, now=now, until=until, claim_until=_claim_end(sources, now)
    )
    return work_of(sources, visitor, change)


def _answer(
    sources: Sources,
    request: Request,
    visitor: Visitor,
    change: ReadingChange,
    detail: str = "",
) -> Work:
    if change.deed is not None:
        deed = _DEEDS[change.deed]
        note(sources, request, visitor, deed, change.StudyInstanceUID, detail)
    return work_of(sources, visitor, change)


def work_of(sources: Sources, visitor: Visitor, change: ReadingChange) -> Work:
    """Return what a study is for a visitor after a change."""
    uid, rules = change.StudyInstanceUID, sources.facts.reading
    entry = sources.worklist.entry(uid)
    own = [each for each in sources.desk.verdicts(uid) if each.reader == visitor.name]
    return Work(
        study_uid=uid,
        address=f"/studies/{uid}",
        state=entry.reading_state.value,
        mine=entry.reading_state is ReadingState.CLAIMED and entry.claimed_by == visitor.name,
        claimed_by=entry.claimed_by,
        claimed_until=_iso(entry.claimed_until),
        open_by=entry.held_by,
        open_until=_iso(entry.held_until),
        read_by=entry.read_by,
        read_at=_iso(entry.read_at),
        generation=entry.study.generation,
        images=entry.images,
        new_images=entry.new_images,
        verdict=_said(own[-1]) if own else None,
        undo=change.act,
        undo_seconds=rules.undo_seconds,
        hold_every=rules.hold_seconds / _HOLDS,
    )


def _said(verdict: ReaderVerdict) -> SaidJson:
    return SaidJson(
        judgement=verdict.judgement.value,
        reason="" if verdict.reason is None else verdict.reason.value,
        text=verdict.text,
        generation=verdict.generation,
        at=iso(verdict.at),
    )


def _iso(instant: datetime | None) -> str | None:
    return None if instant is None else iso(instant)


def _claim_end(sources: Sources, now: datetime) -> datetime:
    return now + timedelta(minutes=sources.facts.reading.claim_minutes)
