"""An Outbox in memory, for tests of delivery."""

from collections import Counter
from collections.abc import Mapping
from dataclasses import replace
from datetime import datetime

from tests.fakes.register_rows import RegisterRows
from triage_agent.domain.delivery import (
    RETRY_PAUSES,
    Delivery,
    DeliveryState,
    DestinationHealth,
    ResultKind,
)


class FakeOutbox:
    """Keeps `triage_agent.ports.Outbox` over the rows of a FakeStudyRegister."""

    def __init__(self, rows: RegisterRows | None = None) -> None:
        self.rows = rows if rows is not None else RegisterRows()

    def due(self, destination: str, *, now: datetime, limit: int) -> tuple[Delivery, ...]:
        if not self.health(destination).may_be_tried(now):
            return ()
        due = [
            each
            for each in self._chosen(DeliveryState.PENDING, destination=destination)
            if RETRY_PAUSES.is_over(each.next_attempt_at, now)
        ]
        due.sort(
            key=lambda each: (
                self.rows.urgency(each.result.StudyInstanceUID),
                each.result.generation,
                each.result.kind is not ResultKind.STRUCTURED_REPORT,
                each.id,
            )
        )
        return tuple(due[:limit])

    def record_sent(self, delivery_id: int, status: str, *, now: datetime) -> None:
        delivery = self._delivery(delivery_id)
        if delivery.state is DeliveryState.SENT:
            return
        self.rows.deliveries[delivery_id] = replace(
            delivery,
            state=DeliveryState.SENT,
            attempts=delivery.attempts + 1,
            last_status=status,
            sent_at=now,
        )
        self.rows.health.pop(delivery.destination, None)
        self._tell(delivery, "delivered", "", now)

    def record_failure(
        self, delivery_id: int, status: str, *, next_attempt_at: datetime | None, now: datetime
    ) -> None:
        delivery = self._delivery(delivery_id)
        if delivery.state is not DeliveryState.PENDING:
            return
        state = DeliveryState.PENDING if next_attempt_at is not None else DeliveryState.PARKED
        self.rows.deliveries[delivery_id] = replace(
            delivery,
            state=state,
            attempts=delivery.attempts + 1,
            last_status=status,
            next_attempt_at=next_attempt_at or delivery.next_attempt_at,
        )
        self._tell(delivery, "delivery failed", f": {status}", now)
        if state is DeliveryState.PARKED:
            self._tell(delivery, "parked", "", now)

    def health(self, destination: str) -> DestinationHealth:
        unheard_of = DestinationHealth(
            destination=destination, failures=0, next_attempt_at=None, last_error=""
        )
        return self.rows.health.get(destination, unheard_of)

    def record_unreachable(
        self, destination: str, error: str, *, next_attempt_at: datetime, now: datetime
    ) -> None:
        del now
        self.rows.health[destination] = DestinationHealth(
            destination=destination,
            failures=self.health(destination).failures + 1,
            next_attempt_at=next_attempt_at,
            last_error=error,
        )

    def deliveries(
        self,
        *,
        destination: str | None = None,
        StudyInstanceUID: str | None = None,
        limit: int = 1000,
    ) -> tuple[Delivery, ...]:
        not_sent = self._chosen(
            DeliveryState.PENDING, DeliveryState.PARKED, destination=destination
        )
        sent = self._chosen(DeliveryState.SENT, destination=destination)
        sent.sort(key=lambda each: (each.sent_at, each.id), reverse=True)
        listed = [
            each
            for each in (*not_sent, *sent)
            if StudyInstanceUID in (None, each.result.StudyInstanceUID)
        ]
        return tuple(listed[:limit])

    def counts(self) -> Mapping[tuple[str, DeliveryState], int]:
        return Counter((each.destination, each.state) for each in self.rows.deliveries.values())

    def retry(self, *, destination: str | None, now: datetime) -> int:
        chosen = self._chosen(DeliveryState.PENDING, DeliveryState.PARKED, destination=destination)
        for each in chosen:
            self.rows.deliveries[each.id] = replace(
                each, state=DeliveryState.PENDING, next_attempt_at=now
            )
            self._tell(each, "retry asked for", "", now)
        for name, health in self.rows.health.items():
            if destination in (None, name):
                self.rows.health[name] = replace(health, next_attempt_at=None)
        return len(chosen)

    def park(self, *, destination: str | None, now: datetime) -> int:
        chosen = self._chosen(DeliveryState.PENDING, destination=destination)
        for each in chosen:
            self.rows.deliveries[each.id] = replace(each, state=DeliveryState.PARKED)
            self._tell(each, "parked", "", now)
        return len(chosen)

    def _chosen(self, *states: DeliveryState, destination: str | None) -> list[Delivery]:
        return [
            each
            for each in self.rows.deliveries.values()
            if each.state in states and destination in (None, each.destination)
        ]

    def _delivery(self, delivery_id: int) -> Delivery:
        if delivery_id not in self.rows.deliveries:
            raise LookupError(f"no delivery {delivery_id}")
        return self.rows.deliveries[delivery_id]

    def _tell(self, delivery: Delivery, what: str, rest: str, now: datetime) -> None:
        result = delivery.result
        detail = f"{result.kind} {result.SOPInstanceUID} to {delivery.destination}{rest}"
        self.rows.tell(result.StudyInstanceUID, what, detail, now)
