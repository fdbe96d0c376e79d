"""What the stages and the pipeline ask of the outside world.

Every write of a port is durable when it returns, keyed and idempotent: doing it again changes
nothing. Adapters translate their drivers' exceptions into the tree of `triage_agent.errors`.
"""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum
from pathlib import Path
from typing import Protocol

import numpy as np
import numpy.typing as npt

from triage_agent.domain.assessment import Assessment
from triage_agent.domain.delivery import Delivery, DeliveryState, DestinationHealth, Result
from triage_agent.domain.instance import ImageScore, Instance, StoredObject
from triage_agent.domain.priority import Placement
from triage_agent.domain.study import StudyImages
from triage_agent.domain.worklist import Event, WorklistEntry

FloatImage = npt.NDArray[np.float32]


class Clock(Protocol):
    """The time."""

    def now(self) -> datetime:
        """Return the present instant, aware and in UTC."""
        ...


class InstanceStore(Protocol):
    """Where encoded objects are kept, named by their digest, never by received text."""

    def free_bytes(self) -> int:
        """Return how many bytes may still be written."""
        ...

    def put(self, part10: Sequence[bytes | memoryview], digest: str) -> StoredObject:
        """Keep the concatenation of `part10` under `digest` (hex SHA-256).

        On return the bytes are written, fsynced, renamed into place and the folder fsynced.
        Putting a digest that is there already changes nothing. Raises StorageFull.
        """
        ...

    def path(self, location: str) -> Path:
        """Return the file that holds a stored object."""
        ...

    def read(self, location: str) -> bytes:
        """Return a stored object's bytes. Raises FileNotFoundError."""
        ...

    def quarantine(self, stored: StoredObject) -> StoredObject:
        """Move an object out of the way of all processing; its bytes are kept."""
        ...


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
        an EXCLUDED one never does. Empty study attributes (patient, order, region) are filled
        in; filled ones stay. `stat` only ever rises. The revision rises unless EXCLUDED came to
        an existing study and did not make it STAT. Appends events. CONFLICT and DUPLICATE write
        nothing.
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

    def begin_scoring(self, limit: int) -> tuple[Instance, ...]:
        """Return instances in state RECEIVED, most urgent study first, attempts raised by one.

        An instance with earlier attempts is returned alone, so that one that takes the process
        down takes no other with it.
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

        The placement of a study that a person has claimed, opened or read is left as it is.
        """
        ...

    def close_due(self, now: datetime) -> tuple[str, ...]:
        """Close every open study whose time has come; return their UIDs."""
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


class Worklist(Protocol):
    """The list that people work from."""

    def page(self, *, limit: int, offset: int = 0) -> tuple[WorklistEntry, ...]:
        """Return entries that are not read, in list order: due time, then arrival, then UID."""
        ...

    def count(self) -> int:
        """Return how many entries are not read."""
        ...

    def entry(self, StudyInstanceUID: str) -> WorklistEntry:
        """Return one entry, read or not. Raises StudyUnknown."""
        ...

    def version(self) -> int:
        """Return a number that differs whenever anything on the list may have changed."""
        ...


class Outbox(Protocol):
    """Results on their way."""

    def due(self, destination: str, *, now: datetime, limit: int) -> tuple[Delivery, ...]:
        """Return pending deliveries that may be tried, most urgent study first.

        Empty while the destination as a whole waits for its next attempt.
        """
        ...

    def record_sent(self, delivery_id: int, status: str, *, now: datetime) -> None:
        """Note that the destination has taken the object; clears the destination's failures."""
        ...

    def record_failure(
        self, delivery_id: int, status: str, *, next_attempt_at: datetime | None, now: datetime
    ) -> None:
        """Note a refused object; tried again at `next_attempt_at`, or parked if that is None."""
        ...

    def health(self, destination: str) -> DestinationHealth:
        """Return how the destination has answered of late."""
        ...

    def record_unreachable(
        self, destination: str, error: str, *, next_attempt_at: datetime, now: datetime
    ) -> None:
        """Note that the destination as a whole does not answer; nothing is due until then."""
        ...

    def deliveries(
        self,
        *,
        destination: str | None = None,
        StudyInstanceUID: str | None = None,
        limit: int = 1000,
    ) -> tuple[Delivery, ...]:
        """Return deliveries that are not sent, then the newest sent ones.

        Only those to `destination` and of the study, where they are given; none if either is
        unknown.
        """
        ...

    def counts(self) -> Mapping[tuple[str, DeliveryState], int]:
        """Return how many deliveries there are, by destination and state, all of one moment.

        Every delivery is counted; a pair that has none is left out.
        """
        ...

    def retry(self, *, destination: str | None, now: datetime) -> int:
        """Make every pending or parked delivery due at once; return how many."""
        ...

    def park(self, *, destination: str | None, now: datetime) -> int:
        """Park every pending delivery; return how many."""
        ...


class Destination(Protocol):
    """A peer that takes objects."""

    def echo(self) -> None:
        """Verify that the peer answers C-ECHO. Raises DestinationUnreachable."""
        ...

    def send(self, paths: Sequence[Path], report: Callable[[int, Exception | None], None]) -> None:
        """C-STORE Part 10 files over one association, in order, as they are on disk.

        After each file `report(index, None)` tells that the peer has taken it, or
        `report(index, error)` that it answered DestinationBusy or DestinationRefused. Raises
        DestinationUnreachable when the association cannot be made or breaks; files not reported
        by then were not sent.
        """
        ...


class PixelReader(Protocol):
    """Decodes stored objects outside this process, within limits of memory and time."""

    def read(self, location: str, size: int) -> FloatImage:
        """Return the image as the model's preprocessing gives it: float32 [3, size, size].

        Raises PixelsUnreadable if the object is at fault for sure, DecoderCrashed if the child
        died or ran out of time.
        """
        ...

    def display(self, location: str, longest_side: int) -> FloatImage:
        """Return the radiograph as displayed: float32 [rows, columns] in 0..1, bone bright.

        Reduced, aspect ratio kept, so that neither side exceeds `longest_side`; never enlarged.
        Raises as `read` does.
        """
        ...


class Classifier(Protocol):
    """A network with its weights on a device."""

    @property
    def model(self) -> str:
        """The name and version of the bundle."""
        ...

    def classify(
        self, images: npt.NDArray[np.float32]
    ) -> tuple[npt.NDArray[np.float32], npt.NDArray[np.float32]]:
        """Return logits [N] and class activation maps [N, h, w] of images [N, 3, S, S]."""
        ...


class Engine(Protocol):
    """Moves work; the rows say what is due, so a lost run costs only time."""

    def every(self, seconds: float, name: str, job: Callable[[], None]) -> None:
        """Run `job` now and then every `seconds`, never two at once; it must not raise."""
        ...

    def start(self) -> None:
        """Begin running jobs in threads of this process."""
        ...

    def stop(self, seconds: float) -> bool:
        """Start no more jobs; return whether the running ones ended within so many seconds."""
        ...
