"""Result objects and their way to the destinations."""

from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum

from triage_agent.domain.instance import StoredObject
from triage_agent.domain.pauses import Pauses

# Between two tries of what is on its way: what comes back after days is noticed within the longest.
RETRY_PAUSES = Pauses(first_seconds=2.0, longest_seconds=600.0)


class ResultKind(StrEnum):
    """The kinds of object the node makes."""

    STRUCTURED_REPORT = "sr"  # Comprehensive 3D SR, TID 1500
    SECONDARY_CAPTURE = "sc"  # heat map overlay


class DeliveryState(StrEnum):
    """How far one object has come on its way to one destination."""

    PENDING = "pending"
    SENT = "sent"
    PARKED = "parked"  # will not be tried again unless a person asks for it


@dataclass(frozen=True, slots=True, kw_only=True)
class Result:
    """An object the node made for one generation of a study, durably stored."""

    StudyInstanceUID: str
    generation: int
    kind: ResultKind
    SOPClassUID: str
    SOPInstanceUID: str
    stored: StoredObject


@dataclass(frozen=True, slots=True, kw_only=True)
class Delivery:
    """One result on its way to one destination."""

    id: int
    result: Result
    destination: str
    state: DeliveryState
    attempts: int
    next_attempt_at: datetime
    last_status: str  # what the peer or the network last said; "" before the first attempt
    sent_at: datetime | None


@dataclass(frozen=True, slots=True, kw_only=True)
class DestinationHealth:
    """Whether a destination answers: failures in a row, and when it is tried next."""

    destination: str
    failures: int
    next_attempt_at: datetime | None
    last_error: str

    def may_be_tried(self, now: datetime) -> bool:
        """Say whether it is not, or not any more, left alone as a whole."""
        return self.next_attempt_at is None or RETRY_PAUSES.is_over(self.next_attempt_at, now)
