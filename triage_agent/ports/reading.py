"""The desk at which studies are given out to readers and taken back."""

from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum
from typing import Protocol

from triage_agent.domain.reading import Reading
from triage_agent.domain.verdict import ReaderVerdict
from triage_agent.domain.worklist_filter import WorklistFilter


class ReadingDeed(StrEnum):
    """What a reader did that can be undone. Values are stored for good."""

    CLAIMED = "claimed"
    RELEASED = "released"
    READ = "marked read"
    VERDICT = "verdict given"


@dataclass(frozen=True, slots=True, kw_only=True)
class ReadingChange:
    """What a call left behind.

    Attributes:
        reading: as it is now.
        deed: what was done, or what was undone; None if nothing changed but a time.
        act: the number by which `undo` can be asked for; None if there is nothing to undo.
    """

    StudyInstanceUID: str
    reading: Reading
    deed: ReadingDeed | None = None
    act: int | None = None


class ReadingDesk(Protocol):
    """Who has which study.

    What it changes is told in the study's story, and the list's version rises. Of callers at the
    same time, in whatever process, one is first. A claim whose time is over is none, even before
    `expire_due` has taken it away. A study that nobody has any more takes the place that its last
    assessment gave it. Every method but `claim_next` and `expire_due` raises StudyUnknown.
    """

    def reading(self, StudyInstanceUID: str) -> Reading:
        """Return who has a study and who read it last."""
        ...

    def claim(
        self, StudyInstanceUID: str, reader: str, *, now: datetime, until: datetime
    ) -> ReadingChange:
        """Give a study to a reader; if it is theirs already, for longer.

        Raises ClaimedByAnother, AlreadyRead.
        """
        ...

    def claim_next(
        self,
        reader: str,
        *,
        now: datetime,
        until: datetime,
        among: WorklistFilter | None = None,
    ) -> ReadingChange | None:
        """Give a reader the first study of the list that is unread; None if there is none.

        Of those that `among` accepts, where it is given. One that somebody else has open is passed
        over.
        """
        ...

    def release(
        self, StudyInstanceUID: str, reader: str, *, now: datetime, any_claim: bool = False
    ) -> ReadingChange:
        """Take a study back; nothing changes if nobody has claimed it.

        Raises ClaimedByAnother, unless `any_claim` allows to end that too.
        """
        ...

    def mark_read(
        self,
        StudyInstanceUID: str,
        reader: str,
        *,
        generation: int,
        images: int | None,
        now: datetime,
    ) -> ReadingChange:
        """Take a study off the list: the reader has read this generation, with so many images.

        `images` counts those in scope; None is not compared. Raises ClaimedByAnother, AlreadyRead,
        GenerationStale.
        """
        ...

    def give_verdict(
        self, StudyInstanceUID: str, verdict: ReaderVerdict, *, images: int | None
    ) -> ReadingChange:
        """Keep what a reader says of a study, whoever has it. Raises GenerationStale."""
        ...

    def undo(
        self,
        StudyInstanceUID: str,
        act: int,
        reader: str,
        *,
        now: datetime,
        not_before: datetime,
    ) -> ReadingChange:
        """Undo what this reader did, if it was done at or after `not_before`.

        What it was before holds again, and a verdict is withdrawn. Raises NothingToUndo, also if
        anything else has happened to the claim or the reading since.
        """
        ...

    def hold(
        self,
        StudyInstanceUID: str,
        reader: str,
        *,
        now: datetime,
        until: datetime,
        claim_until: datetime,
    ) -> ReadingChange:
        """Note that a reader has a study open until then; their claim is renewed also.

        The story tells of it when the reader opens it, not while it stays open.
        """
        ...

    def expire_due(self, now: datetime) -> tuple[str, ...]:
        """End the claims and holds whose time is over; return the UIDs of their studies."""
        ...

    def verdicts(self, StudyInstanceUID: str) -> tuple[ReaderVerdict, ...]:
        """Return what readers said of a study and did not withdraw, oldest first."""
        ...
