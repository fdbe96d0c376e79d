"""The Outbox port: results on their way to each destination."""

from collections.abc import Mapping
from datetime import datetime

import sqlalchemy as sa

from triage_agent.adapters.sql import story
from triage_agent.adapters.sql.engine import Database
from triage_agent.adapters.sql.inserting import insert_if_absent
from triage_agent.adapters.sql.pauses import is_over
from triage_agent.adapters.sql.rows import PLACED_STUDY, URGENCY, Row, result_from
from triage_agent.adapters.sql.schema import (
    IS_NOT_SENT,
    IS_PENDING,
    IS_SENT,
    delivery,
    result,
    study,
)
from triage_agent.adapters.sql.schema import destination as destinations
from triage_agent.domain.delivery import (
    RETRY_PAUSES,
    Delivery,
    DeliveryState,
    DestinationHealth,
    ResultKind,
)

_DELIVERIES = sa.select(
    delivery.c.id.label("delivery_id"),
    delivery.c.destination,
    delivery.c.state,
    delivery.c.attempts,
    delivery.c.next_attempt_at,
    delivery.c.last_status,
    delivery.c.sent_at,
    *(column for column in result.c if column is not result.c.id),
)
_IN_ORDER_OF_KIND = sa.case({ResultKind.STRUCTURED_REPORT.value: 0}, value=result.c.kind, else_=1)
# For the few of one study. Elsewhere the sent ones are asked for apart, in the order of an index.
_UNSENT_FIRST = (
    sa.case((IS_SENT, 1), else_=0),
    delivery.c.sent_at.desc(),
    sa.case((IS_SENT, -delivery.c.id), else_=delivery.c.id),
)


def due_at(destination: str, now: datetime, limit: int) -> sa.Select[*tuple[object, ...]]:
    """Return the query for deliveries that may be tried, most urgent study first."""
    return (
        _DELIVERIES.select_from(
            delivery.join(result).join(
                PLACED_STUDY, result.c.StudyInstanceUID == study.c.StudyInstanceUID
            )
        )
        .where(
            IS_PENDING,
            delivery.c.destination == destination,
            is_over(delivery.c.next_attempt_at, now, RETRY_PAUSES.longest),
        )
        .order_by(*URGENCY, result.c.generation, _IN_ORDER_OF_KIND, delivery.c.id)
        .limit(limit)
    )


class SqlOutbox:
    """Deliveries in SQL; the methods keep what `triage_agent.ports.Outbox` promises.

    Every method may raise DatabaseUnavailable, those that write StorageFull also; nothing is
    written then. Methods that name a delivery raise LookupError if there is no such delivery.
    """

    def __init__(self, database: Database) -> None:
        self._database = database

    def due(self, destination: str, *, now: datetime, limit: int) -> tuple[Delivery, ...]:
        """Return pending deliveries that may be tried, most urgent study first."""
        with self._database.read() as connection:
            if not _health(connection, destination).may_be_tried(now):
                return ()
            rows = connection.execute(due_at(destination, now, limit)).mappings()
            return tuple(_delivery_from(row) for row in rows)

    def record_sent(self, delivery_id: int, status: str, *, now: datetime) -> None:
        """Note that the destination has taken the object; clears the destination's failures."""
        with self._database.write() as connection:
            before = _lock(connection, delivery_id)
            if before.state is DeliveryState.SENT:
                return
            connection.execute(
                sa.update(delivery)
                .where(delivery.c.id == delivery_id)
                .values(
                    state=DeliveryState.SENT.value,
                    attempts=before.attempts + 1,
                    last_status=status,
                    sent_at=now,
                )
            )
            connection.execute(
                sa.update(destinations)
                .where(destinations.c.name == before.destination)
                .values(failures=0, next_attempt_at=None, last_error="")
            )
            line = story.delivered(before.result, before.destination, at=now)
            story.append(connection, [line])

    def record_failure(
        self, delivery_id: int, status: str, *, next_attempt_at: datetime | None, now: datetime
    ) -> None:
        """Note a refused object; tried again at `next_attempt_at`, or parked if that is None.

        Nothing changes if the object was sent or parked meanwhile.
        """
        with self._database.write() as connection:
            before = _lock(connection, delivery_id)
            if before.state is not DeliveryState.PENDING:
                return
            lines = [story.delivery_failed(before.result, before.destination, status, at=now)]
            state = DeliveryState.PENDING
            if next_attempt_at is None:
                state = DeliveryState.PARKED
                lines.append(story.parked(before.result, before.destination, at=now))
            connection.execute(
                sa.update(delivery)
                .where(delivery.c.id == delivery_id)
                .values(
                    state=state.value,
                    attempts=before.attempts + 1,
                    last_status=status,
                    next_attempt_at=next_attempt_at or before.next_attempt_at,
                )
            )
            story.append(connection, lines)

    def health(self, destination: str) -> DestinationHealth:
        """Return how the destination has answered of late."""
        with self._database.read() as connection:
            return _health(connection, destination)

    def record_unreachable(
        self, destination: str, error: str, *, next_attempt_at: datetime, now: datetime
    ) -> None:
        """Note that the destination as a whole does not answer; nothing is due until then."""
        del now  # a destination has no story of its own
        with self._database.write() as connection:
            insert_if_absent(
                connection, destinations, {"name": destination, "failures": 0, "last_error": ""}
            )
            connection.execute(
                sa.update(destinations)
                .where(destinations.c.name == destination)
                .values(
                    failures=destinations.c.failures + 1,
                    next_attempt_at=next_attempt_at,
                    last_error=error,
                )
            )

    def deliveries(
        self,
        *,
        destination: str | None = None,
        StudyInstanceUID: str | None = None,
        limit: int = 1000,
    ) -> tuple[Delivery, ...]:
        """Return deliveries that are not sent, oldest first, then the newest sent ones."""
        wanted = _DELIVERIES.select_from(delivery.join(result))
        if destination is not None:
            wanted = wanted.where(delivery.c.destination == destination)
        if StudyInstanceUID is not None:
            of_study = wanted.where(result.c.StudyInstanceUID == StudyInstanceUID)
            with self._database.read() as connection:
                rows = list(
                    connection.execute(of_study.order_by(*_UNSENT_FIRST).limit(limit)).mappings()
                )
            return tuple(_delivery_from(row) for row in rows)
        not_sent = wanted.where(IS_NOT_SENT).order_by(delivery.c.id)
        sent = wanted.where(IS_SENT).order_by(delivery.c.sent_at.desc(), delivery.c.id.desc())
        with self._database.read() as connection:
            rows = list(connection.execute(not_sent.limit(limit)).mappings())
            rows += connection.execute(sent.limit(limit - len(rows))).mappings()
        return tuple(_delivery_from(row) for row in rows)

    def counts(self) -> Mapping[tuple[str, DeliveryState], int]:
        """Return how many deliveries there are, by destination and state, all of one moment."""
        counted = sa.select(delivery.c.destination, delivery.c.state, sa.func.count()).group_by(
            delivery.c.destination, delivery.c.state
        )
        # Asked for apart, for each condition has an index of its own.
        with self._database.read() as connection:
            rows = list(connection.execute(counted.where(IS_NOT_SENT)))
            rows += connection.execute(counted.where(IS_SENT))
        return {(name, DeliveryState(state)): number for name, state, number in rows}

    def retry(self, *, destination: str | None, now: datetime) -> int:
        """Make every pending or parked delivery due at once; return how many."""
        with self._database.write() as connection:
            chosen = _lock_all(connection, IS_NOT_SENT, destination)
            _set_all(connection, chosen, state=DeliveryState.PENDING.value, next_attempt_at=now)
            waits = sa.update(destinations).values(next_attempt_at=None)
            if destination is not None:
                waits = waits.where(destinations.c.name == destination)
            connection.execute(waits)
            if chosen:
                story.append(
                    connection,
                    [story.retried(each.result, each.destination, at=now) for each in chosen],
                )
        return len(chosen)

    def park(self, *, destination: str | None, now: datetime) -> int:
        """Park every pending delivery; return how many."""
        with self._database.write() as connection:
            chosen = _lock_all(connection, IS_PENDING, destination)
            if chosen:
                _set_all(connection, chosen, state=DeliveryState.PARKED.value)
                story.append(
                    connection,
                    [story.parked(each.result, each.destination, at=now) for each in chosen],
                )
        return len(chosen)


def _lock(connection: sa.Connection, delivery_id: int) -> Delivery:
    row = (
        connection.execute(
            _DELIVERIES.select_from(delivery.join(result))
            .where(delivery.c.id == delivery_id)
            .with_for_update(of=delivery)
        )
        .mappings()
        .first()
    )
    if row is None:
        raise LookupError(f"no delivery {delivery_id}")
    return _delivery_from(row)


def _lock_all(
    connection: sa.Connection, condition: sa.ColumnElement[bool], destination: str | None
) -> list[Delivery]:
    statement = _DELIVERIES.select_from(delivery.join(result)).where(condition)
    if destination is not None:
        statement = statement.where(delivery.c.destination == destination)
    statement = statement.order_by(delivery.c.id).with_for_update(of=delivery)
    return [_delivery_from(row) for row in connection.execute(statement).mappings()]


def _set_all(connection: sa.Connection, chosen: list[Delivery], **values: object) -> None:
    if chosen:
        connection.execute(
            sa.update(delivery).where(delivery.c.id == sa.bindparam("chosen_id")).values(values),
            [{"chosen_id": each.id} for each in chosen],
        )


def _health(connection: sa.Connection, destination: str) -> DestinationHealth:
    row = (
        connection.execute(sa.select(destinations).where(destinations.c.name == destination))
        .mappings()
        .first()
    )
    return DestinationHealth(
        destination=destination,
        failures=row["failures"] if row is not None else 0,
        next_attempt_at=row["next_attempt_at"] if row is not None else None,
        last_error=row["last_error"] if row is not None else "",
    )


def _delivery_from(row: Row) -> Delivery:
    return Delivery(
        id=row["delivery_id"],
        result=result_from(row),
        destination=row["destination"],
        state=DeliveryState(row["state"]),
        attempts=row["attempts"],
        next_attempt_at=row["next_attempt_at"],
        last_status=row["last_status"],
        sent_at=row["sent_at"],
    )
