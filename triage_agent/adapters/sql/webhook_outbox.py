"""The WebhookOutbox port: announcements on their way to other programs."""

from collections.abc import Mapping, Sequence
from datetime import datetime

import sqlalchemy as sa

from triage_agent.adapters.sql import announcing, feed
from triage_agent.adapters.sql.engine import Database
from triage_agent.adapters.sql.inserting import insert_if_absent
from triage_agent.adapters.sql.pauses import is_over
from triage_agent.adapters.sql.rows import Row
from triage_agent.adapters.sql.webhook_tables import (
    IS_NOT_SENT,
    IS_PENDING,
    IS_SENT,
    webhook_delivery,
)
from triage_agent.adapters.sql.webhook_tables import webhook as webhooks
from triage_agent.domain.assessment import AssessmentKind
from triage_agent.domain.delivery import RETRY_PAUSES, DeliveryState, DestinationHealth
from triage_agent.domain.priority import PriorityClass
from triage_agent.domain.webhook import Announcement, WebhookDelivery, WebhookEvent, WebhookRule


class SqlWebhookOutbox:
    """Announcements in SQL; the methods keep what `triage_agent.ports.webhooks` promises.

    Every method may raise DatabaseUnavailable, those that write StorageFull also; nothing is
    written then. Methods that name a delivery raise LookupError if there is no such delivery.
    """

    def __init__(self, database: Database) -> None:
        self._database = database

    def enlist(self, names: Sequence[str]) -> None:
        """Say which webhooks there are; the others rest."""
        with self._database.write() as connection:
            now = feed.last(connection)
            for name in names:
                new = {
                    "name": name,
                    "is_enlisted": False,
                    "seen_event": 0,
                    "failures": 0,
                    "last_error": "",
                }
                insert_if_absent(connection, webhooks, new)
                connection.execute(
                    sa.update(webhooks)
                    .where(webhooks.c.name == name, ~webhooks.c.is_enlisted)
                    .values(is_enlisted=True, seen_event=now)
                )
            connection.execute(
                sa.update(webhooks).where(webhooks.c.name.not_in(names)).values(is_enlisted=False)
            )

    def announce(self, rule: WebhookRule, *, now: datetime, limit: int) -> int:
        """Put on their way what happened to studies since the last look."""
        # Most looks find nothing, and need not wait for their turn to write.
        with self._database.read() as connection:
            if not announcing.is_anything_new(connection, rule.name):
                return 0
        with self._database.write() as connection:
            return announcing.announce(connection, rule, now=now, limit=limit)

    def due(self, name: str, *, now: datetime, limit: int) -> tuple[WebhookDelivery, ...]:
        """Return pending announcements that may be tried, oldest first."""
        statement = (
            sa.select(webhook_delivery)
            .where(
                IS_NOT_SENT,  # repeats the condition of the index
                IS_PENDING,
                webhook_delivery.c.webhook == name,
                is_over(webhook_delivery.c.next_attempt_at, now, RETRY_PAUSES.longest),
            )
            .order_by(webhook_delivery.c.id)
            .limit(limit)
        )
        with self._database.read() as connection:
            if not _health(connection, name).may_be_tried(now):
                return ()
            return tuple(map(_delivery_from, connection.execute(statement).mappings()))

    def record_sent(self, delivery_id: int, status: str, *, now: datetime) -> None:
        """Note that an announcement was taken; clears the webhook's failures."""
        with self._database.write() as connection:
            before = _lock(connection, delivery_id)
            if before.state is DeliveryState.SENT:
                return
            _change(
                connection,
                before,
                state=DeliveryState.SENT.value,
                attempts=before.attempts + 1,
                last_status=status,
                sent_at=now,
            )
            connection.execute(
                sa.update(webhooks)
                .where(webhooks.c.name == before.webhook)
                .values(failures=0, next_attempt_at=None, last_error="")
            )

    def record_failure(
        self, delivery_id: int, status: str, *, next_attempt_at: datetime | None
    ) -> None:
        """Note one that was not taken; tried again at `next_attempt_at`, or parked if None."""
        with self._database.write() as connection:
            before = _lock(connection, delivery_id)
            if before.state is not DeliveryState.PENDING:
                return
            is_parked = next_attempt_at is None
            _change(
                connection,
                before,
                state=(DeliveryState.PARKED if is_parked else DeliveryState.PENDING).value,
                attempts=before.attempts + 1,
                last_status=status,
                next_attempt_at=next_attempt_at or before.next_attempt_at,
            )

    def record_unreachable(self, name: str, error: str, *, next_attempt_at: datetime) -> None:
        """Note that a webhook does not answer at all; nothing is due until then."""
        with self._database.write() as connection:
            connection.execute(
                sa.update(webhooks)
                .where(webhooks.c.name == name)
                .values(
                    failures=webhooks.c.failures + 1,
                    next_attempt_at=next_attempt_at,
                    last_error=error,
                )
            )

    def health(self, name: str) -> DestinationHealth:
        """Return how a webhook has answered of late."""
        with self._database.read() as connection:
            return _health(connection, name)

    def deliveries(
        self, *, webhook: str | None = None, limit: int = 1000
    ) -> tuple[WebhookDelivery, ...]:
        """Return announcements that are not sent, oldest first, then the newest sent ones."""
        wanted = sa.select(webhook_delivery)
        if webhook is not None:
            wanted = wanted.where(webhook_delivery.c.webhook == webhook)
        not_sent = wanted.where(IS_NOT_SENT).order_by(webhook_delivery.c.id)
        sent = wanted.where(IS_SENT).order_by(
            webhook_delivery.c.sent_at.desc(), webhook_delivery.c.id.desc()
        )
        with self._database.read() as connection:
            rows = list(connection.execute(not_sent.limit(limit)).mappings())
            rows += connection.execute(sent.limit(limit - len(rows))).mappings()
        return tuple(map(_delivery_from, rows))

    def counts(self) -> Mapping[tuple[str, DeliveryState], int]:
        """Return how many announcements there are, by webhook and state."""
        columns = webhook_delivery.c.webhook, webhook_delivery.c.state
        counted = sa.select(*columns, sa.func.count()).group_by(*columns)
        # Asked for apart, for each condition has an index of its own.
        with self._database.read() as connection:
            rows = list(connection.execute(counted.where(IS_NOT_SENT)))
            rows += connection.execute(counted.where(IS_SENT))
        return {(name, DeliveryState(state)): number for name, state, number in rows}

    def retry(self, *, webhook: str | None, now: datetime) -> int:
        """Make every pending or parked announcement due at once; return how many."""
        again = sa.update(webhook_delivery).where(IS_NOT_SENT)
        waits = sa.update(webhooks).values(next_attempt_at=None)
        if webhook is not None:
            again = again.where(webhook_delivery.c.webhook == webhook)
            waits = waits.where(webhooks.c.name == webhook)
        with self._database.write() as connection:
            connection.execute(waits)
            pending = again.values(state=DeliveryState.PENDING.value, next_attempt_at=now)
            return connection.execute(pending).rowcount


def _lock(connection: sa.Connection, delivery_id: int) -> WebhookDelivery:
    statement = (
        sa.select(webhook_delivery).where(webhook_delivery.c.id == delivery_id).with_for_update()
    )
    row = connection.execute(statement).mappings().first()
    if row is None:
        raise LookupError(f"no webhook delivery {delivery_id}")
    return _delivery_from(row)


def _change(connection: sa.Connection, delivery: WebhookDelivery, **values: object) -> None:
    connection.execute(
        sa.update(webhook_delivery).where(webhook_delivery.c.id == delivery.id).values(values)
    )


def _health(connection: sa.Connection, name: str) -> DestinationHealth:
    statement = sa.select(webhooks).where(webhooks.c.name == name)
    row = connection.execute(statement).mappings().first()
    return DestinationHealth(
        destination=name,
        failures=row["failures"] if row is not None else 0,
        next_attempt_at=row["next_attempt_at"] if row is not None else None,
        last_error=row["last_error"] if row is not None else "",
    )


def _delivery_from(row: Row) -> WebhookDelivery:
    return WebhookDelivery(
        id=row["id"],
        webhook=row["webhook"],
        announcement=Announcement(
            event=WebhookEvent(row["event"]),
            at=row["at"],
            StudyInstanceUID=row["StudyInstanceUID"],
            AccessionNumber=row["AccessionNumber"],
            assessment=AssessmentKind(row["assessment_kind"]),
            probability=row["probability"],
            priority_class=PriorityClass(row["priority_class"]),
            due_at=row["due_at"],
            generation=row["generation"],
            revision=row["revision"],
            provisional=row["provisional"],
        ),
        state=DeliveryState(row["state"]),
        attempts=row["attempts"],
        next_attempt_at=row["next_attempt_at"],
        last_status=row["last_status"],
        sent_at=row["sent_at"],
    )
