"""A WebhookOutbox in memory, for tests of the step that tells webhooks."""

from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import datetime

from tests.fakes.register_rows import RegisterRows
from triage_agent.domain.assessment import AssessmentKind
from triage_agent.domain.delivery import RETRY_PAUSES, DeliveryState, DestinationHealth
from triage_agent.domain.study import StudyState
from triage_agent.domain.webhook import Announcement, WebhookDelivery, WebhookEvent, WebhookRule
from triage_agent.domain.worklist import Event

_EVENTS = {"assessed": WebhookEvent.PLACED, "closed": WebhookEvent.CLOSED}


@dataclass
class _Webhook:
    seen: int
    is_enlisted: bool = True
    failures: int = 0
    next_attempt_at: datetime | None = None
    last_error: str = ""


@dataclass
class FakeWebhookOutbox:
    """Keeps `triage_agent.ports.webhooks.WebhookOutbox` over the rows of a FakeStudyRegister."""

    rows: RegisterRows = field(default_factory=RegisterRows)
    webhooks: dict[str, _Webhook] = field(default_factory=dict)
    kept: dict[int, WebhookDelivery] = field(default_factory=dict)

    def enlist(self, names: Sequence[str]) -> None:
        for name, hook in self.webhooks.items():
            hook.is_enlisted = hook.is_enlisted and name in names
        for name in names:
            hook = self.webhooks.get(name)
            if hook is None:
                self.webhooks[name] = _Webhook(len(self.rows.story))
            elif not hook.is_enlisted:
                hook.is_enlisted, hook.seen = True, len(self.rows.story)

    def announce(self, rule: WebhookRule, *, now: datetime, limit: int) -> int:
        hook = self.webhooks.get(rule.name)
        if hook is None or not hook.is_enlisted:
            return 0
        lines = self.rows.story[hook.seen :][:limit]
        latest = {(each.StudyInstanceUID, each.what): each for each in lines}
        told_abnormal = {
            each.announcement.StudyInstanceUID
            for each in self._of(rule.name)
            if each.announcement.assessment is AssessmentKind.ABNORMAL
        }
        for line in latest.values():
            announcement = self._announcement(line)
            if announcement is not None and rule.wants(
                announcement, told_abnormal=line.StudyInstanceUID in told_abnormal
            ):
                self._add(rule.name, announcement, now)
        hook.seen += len(lines)
        return len(lines)

    def _announcement(self, line: Event) -> Announcement | None:
        event = _EVENTS.get(line.what)
        study = self.rows.studies[line.StudyInstanceUID]
        is_open = study.state is StudyState.OPEN
        if event is None or (event is WebhookEvent.CLOSED and is_open):
            return None
        return Announcement(
            event=event,
            at=line.at,
            StudyInstanceUID=study.StudyInstanceUID,
            AccessionNumber=study.AccessionNumber,
            assessment=study.assessment.kind,
            probability=study.assessment.probability,
            priority_class=study.placement.priority_class,
            due_at=study.placement.due_at,
            generation=study.generation,
            revision=study.assessed_revision,
            provisional=is_open
            or self.rows.is_waiting(study.StudyInstanceUID)
            or study.revision != study.assessed_revision,
        )

    def _add(self, name: str, announcement: Announcement, now: datetime) -> None:
        key = _key(announcement)
        if any(_key(each.announcement) == key for each in self._of(name)):
            return
        number = len(self.kept) + 1
        self.kept[number] = WebhookDelivery(
            id=number,
            webhook=name,
            announcement=announcement,
            state=DeliveryState.PENDING,
            attempts=0,
            next_attempt_at=now,
            last_status="",
            sent_at=None,
        )

    def due(self, name: str, *, now: datetime, limit: int) -> tuple[WebhookDelivery, ...]:
        if not self.health(name).may_be_tried(now):
            return ()
        due = [
            each
            for each in self._of(name)
            if each.state is DeliveryState.PENDING
            and RETRY_PAUSES.is_over(each.next_attempt_at, now)
        ]
        return tuple(due[:limit])

    def record_sent(self, delivery_id: int, status: str, *, now: datetime) -> None:
        before = self._delivery(delivery_id)
        if before.state is DeliveryState.SENT:
            return
        self.kept[delivery_id] = replace(
            before,
            state=DeliveryState.SENT,
            attempts=before.attempts + 1,
            last_status=status,
            sent_at=now,
        )
        hook = self.webhooks[before.webhook]
        hook.failures, hook.next_attempt_at, hook.last_error = 0, None, ""

    def record_failure(
        self, delivery_id: int, status: str, *, next_attempt_at: datetime | None
    ) -> None:
        before = self._delivery(delivery_id)
        if before.state is not DeliveryState.PENDING:
            return
        self.kept[delivery_id] = replace(
            before,
            state=DeliveryState.PENDING if next_attempt_at else DeliveryState.PARKED,
            attempts=before.attempts + 1,
            last_status=status,
            next_attempt_at=next_attempt_at or before.next_attempt_at,
        )

    def record_unreachable(self, name: str, error: str, *, next_attempt_at: datetime) -> None:
        hook = self.webhooks[name]
        hook.failures += 1
        hook.next_attempt_at, hook.last_error = next_attempt_at, error

    def health(self, name: str) -> DestinationHealth:
        hook = self.webhooks.get(name, _Webhook(0))
        return DestinationHealth(
            destination=name,
            failures=hook.failures,
            next_attempt_at=hook.next_attempt_at,
            last_error=hook.last_error,
        )

    def deliveries(
        self, *, webhook: str | None = None, limit: int = 1000
    ) -> tuple[WebhookDelivery, ...]:
        chosen = [each for each in self.kept.values() if webhook in (None, each.webhook)]
        sent = [each for each in chosen if each.state is DeliveryState.SENT]
        sent.sort(key=lambda each: (each.sent_at, each.id), reverse=True)
        return (*(each for each in chosen if each.state is not DeliveryState.SENT), *sent)[:limit]

    def counts(self) -> Mapping[tuple[str, DeliveryState], int]:
        return Counter((each.webhook, each.state) for each in self.kept.values())

    def retry(self, *, webhook: str | None, now: datetime) -> int:
        chosen = [
            each
            for each in self.kept.values()
            if webhook in (None, each.webhook) and each.state is not DeliveryState.SENT
        ]
        for each in chosen:
            self.kept[each.id] = replace(each, state=DeliveryState.PENDING, next_attempt_at=now)
        for name, hook in self.webhooks.items():
            if webhook in (None, name):
                hook.next_attempt_at = None
        return len(chosen)

    def _of(self, name: str) -> list[WebhookDelivery]:
        return [each for each in self.kept.values() if each.webhook == name]

    def _delivery(self, delivery_id: int) -> WebhookDelivery:
        if delivery_id not in self.kept:
            raise LookupError(f"no webhook delivery {delivery_id}")
        return self.kept[delivery_id]


def _key(announcement: Announcement) -> tuple[object, ...]:
    return (
        announcement.event,
        announcement.StudyInstanceUID,
        announcement.generation,
        announcement.revision,
    )
