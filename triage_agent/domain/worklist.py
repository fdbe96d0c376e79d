"""Entries of the worklist that radiologists work from."""

from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum

from triage_agent.domain.study import Study


class ReadingState(StrEnum):
    """Whether a person has the study; an entry that is not unread is never moved."""

    UNREAD = "unread"
    CLAIMED = "claimed"
    READ = "read"


@dataclass(frozen=True, slots=True, kw_only=True)
class WorklistEntry:
    """One line of the list.

    `provisional` is true until the study is closed and every image in scope has been dealt with.
    """

    study: Study
    reading_state: ReadingState
    claimed_by: str
    provisional: bool
    images: int  # in scope
    images_scored: int


@dataclass(frozen=True, slots=True, kw_only=True)
class Event:
    """A line of a study's append-only story. `detail` never holds patient data."""

    at: datetime
    StudyInstanceUID: str
    what: str
    detail: str
