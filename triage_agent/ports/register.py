"""The rows that are the truth about studies and instances."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum
from typing import Protocol

from triage_agent.domain.assessment import Assessment
from triage_agent.domain.delivery import Result
from triage_agent.domain.instance import ImageScore, Instance, StoredObject
from triage_agent.domain.pauses import Pauses
from triage_agent.domain.priority import Placement
from triage_agent.domain.study import StudyImages
from triage_agent.domain.worklist import Event

# So long an image is left alone after its scoring was put off.
SCORING_PAUSES = Pauses(first_seconds=5.0, longest_seconds=300.0)


class RegistrationOutcome(StrEnum):
    """What became of an attempt to register an instance."""

    NEW = "new"
    DUPLICATE = "duplicate"  # the same bytes are registered already: no new row
    CONFLICT = "conflict"  # other bytes are registered under that SOP Instance UID


@dataclass(frozen=True, slots=True, kw_only=True)
class StudyOpening:
    """What a study's first row says, should this instance be its first."""

    assessment: Assessment
    placement: Placement


class StudyRegister(Protocol):
    """The rows that are the truth about studies and instances."""

    def find_digest(self, SOPInstanceUID: str) -> str | None:
        """Return the digest registered under a SOP Instance UID, or None."""
        ...

    def register(
        self, instance: Instance, opening: StudyOpening, *, stat: bool, quiet_seconds: float
    ) -> RegistrationOutcome:
        """Commit an instance, and its series and study where new.

        A study that is open closes `quiet_seconds` after this instance, or at once when as many
        instances have arrived as the header declares. An instance in state RECEIVED or
        UNREADABLE that comes after the study was closed opens it again with the next generation;
        an EXCLUDED one never does. A study that was read is unread again after any but an
        EXCLUDED one. Empty study attributes (patient, order, region) are filled in; filled ones
        stay. `stat` only ever rises. The revision rises unless EXCLUDED came to an existing study
        and did not make it STAT. Appends events. CONFLICT and DUPLICATE write nothing.
        """
        ...

    def record_conflict(
        self, instance: Instance, quarantined: StoredObject, *, now: datetime
    ) -> None:
        """Note that other bytes under a known SOP Instance UID were put in quarantine."""
        ...

    def is_own_result(self, SOPInstanceUID: str) -> bool:
        """Say whether the node itself made the object with this UID."""
        ...

    def begin_scoring(self, limit: int, *, now: datetime) -> tuple[Instance, ...]:
        """Return instances in state RECEIVED, most urgent study first, attempts raised by one.

        An instance with earlier attempts is returned alone, so that one that takes the process
        down takes no other with it. One that was postponed is left out until its pause is over:
        files that a disk never gives back hold up no other.
        """
        ...

    def postpone_scoring(self, SOPInstanceUID: str, *, now: datetime) -> None:
        """Take back the attempt that `begin_scoring` counted, of an instance still RECEIVED.

        It is left alone for a while, the longer the more often that happened (SCORING_PAUSES).
        """
        ...

    def record_score(
        self, SOPInstanceUID: str, score: ImageScore, *, model: str, now: datetime
    ) -> bool:
        """Move RECEIVED to SCORED and raise the study's revision; False if it was not RECEIVED."""
        ...

    def record_unreadable(self, SOPInstanceUID: str, reason: str, *, now: datetime) -> bool:
        """Move RECEIVED to UNREADABLE and raise the revision; False if it was not RECEIVED."""
        ...

    def unassessed(self, limit: int) -> tuple[str, ...]:
        """Return the UIDs of studies whose images changed after they were last assessed."""
        ...

    def study_images(self, StudyInstanceUID: str) -> StudyImages:
        """Return a study with its instances, read in one transaction. Raises StudyUnknown."""
        ...

    def record_assessment(
        self,
        StudyInstanceUID: str,
        assessment: Assessment,
        placement: Placement,
        *,
        revision: int,
        now: datetime,
    ) -> bool:
        """Write what is said of a study, computed from `revision`; False if it moved on since.

        The placement of a study that a person has claimed, opened or read is left as it is; it
        counts as soon as nobody has the study any more, or a later image puts it on the list again.
        """
        ...

    def close_due(self, now: datetime) -> tuple[str, ...]:
        """Close every open study whose time has come; return their UIDs.

        Also those whose last instance came ahead of `now`: the wall clock was ahead then.
        """
        ...

    def reportable(self, limit: int) -> tuple[str, ...]:
        """Return closed studies whose images are all dealt with and assessed, most urgent first."""
        ...

    def record_report(
        self,
        StudyInstanceUID: str,
        results: Sequence[Result],
        destinations: Sequence[Sequence[str]],
        *,
        generation: int,
        revision: int,
        now: datetime,
        note: str = "",
    ) -> bool:
        """Write results, one delivery per result and name in `destinations[i]`, state REPORTED.

        All in one transaction. False, and nothing written, if generation, revision or state have
        moved on. A `note` (why there are no results) goes into the study's story.
        """
        ...

    def results(self, StudyInstanceUID: str) -> tuple[Result, ...]:
        """Return all results of a study, oldest generation first."""
        ...

    def events(self, StudyInstanceUID: str) -> tuple[Event, ...]:
        """Return a study's story, oldest first. Raises StudyUnknown."""
        ...
