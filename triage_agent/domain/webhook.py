"""What the node tells other programs of its own accord, and how far that has come."""

from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum

from triage_agent.domain.assessment import AssessmentKind
from triage_agent.domain.delivery import DeliveryState
from triage_agent.domain.priority import PriorityClass


class WebhookEvent(StrEnum):
    """What can be announced; the values are the `type` of the messages."""

    PLACED = "study.placed"  # assessed, for the first time or again; it has a place by that
    CLOSED = "study.closed"  # complete as far as known


@dataclass(frozen=True, slots=True, kw_only=True)
class Announcement:
    """A study's priority as it was published; nothing of the patient but the order's number.

    `probability` is None where the study is not assessed. `provisional` is as in a worklist entry.
    """

    event: WebhookEvent
    at: datetime
    StudyInstanceUID: str
    AccessionNumber: str
    assessment: AssessmentKind
    probability: float | None
    priority_class: PriorityClass
    due_at: datetime
    generation: int
    revision: int
    provisional: bool


@dataclass(frozen=True, slots=True, kw_only=True)
class WebhookRule:
    """What one webhook wants to be told."""

    name: str
    events: frozenset[WebhookEvent]
    only_abnormal: bool

    def wants(self, announcement: Announcement, *, told_abnormal: bool) -> bool:
        """Say whether it is told of this.

        One that wants the abnormal only also hears that a study is abnormal no longer, if it was
        told before (`told_abnormal`) that it is: what it believes must not stay wrong.
        """
        if announcement.event not in self.events:
            return False
        if not self.only_abnormal or told_abnormal:
            return True
        return announcement.assessment is AssessmentKind.ABNORMAL


@dataclass(frozen=True, slots=True, kw_only=True)
class WebhookDelivery:
    """One announcement on its way to one webhook."""

    id: int
    webhook: str
    announcement: Announcement
    state: DeliveryState
    attempts: int
    next_attempt_at: datetime
    last_status: str  # what the receiver or the network last said; "" before the first attempt
    sent_at: datetime | None
