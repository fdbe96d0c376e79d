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
    claimed_until: datetime | None = None
    held_by: str = ""  # who has it open, until `held_until`
    held_until: datetime | None = None
    read_by: str = ""  # the latest reading, also of an earlier generation; "" if never read
    read_at: datetime | None = None
    read_images: int = 0  # in scope, when it was read
    modalities: tuple[str, ...] = ()  # of its series, in the order in which they came
    source_ae_title: str = ""  # that sent its first instance
    model: str = ""  # "name version" of the bundle that scored its images; "" if none is scored

    @property
    def was_read_before(self) -> bool:
        """Whether it is on the list again because of images that came after it was read."""
        return self.reading_state is not ReadingState.READ and self.read_at is not None

    @property
    def new_images(self) -> int:
        """How many images in scope came after it was last read."""
        return self.images - self.read_images if self.read_at is not None else 0


@dataclass(frozen=True, slots=True, kw_only=True)
class ListChanges:
    """Which studies changed after a version of the list, up to and including `version`.

    `StudyInstanceUIDs` names each once, in the order in which they first changed. If there is
    `more`, ask again from `version`.
    """

    version: int
    StudyInstanceUIDs: tuple[str, ...]
    more: bool


@dataclass(frozen=True, slots=True, kw_only=True)
class ListChoices:
    """What occurs among entries that are not read, sorted: what a filter may offer."""

    sources: tuple[str, ...]
    modalities: tuple[str, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class Event:
    """A line of a study's append-only story. `detail` never holds patient data."""

    at: datetime
    StudyInstanceUID: str
    what: str
    detail: str
