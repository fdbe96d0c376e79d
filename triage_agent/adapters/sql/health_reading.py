"""What the HealthRecord port reads: each statement by an index, over what is recent or waits."""

from collections import defaultdict
from datetime import UTC, date, datetime, timedelta

import sqlalchemy as sa

from triage_agent.adapters.sql.health_tables import (
    IS_TROUBLE,
    device_day,
    disk_hour,
    image_measure,
    role_heartbeat,
    study_measure,
)
from triage_agent.adapters.sql.measuring import hour_number
from triage_agent.adapters.sql.rows import Row
from triage_agent.adapters.sql.schema import (
    IS_CLOSED,
    IS_NOT_SENT,
    IS_OPEN,
    IS_SENT,
    IS_UNASSESSED,
    IS_WAITING_FOR_SCORE,
    delivery,
    event,
    instance,
    quarantine,
    study,
)
from triage_agent.adapters.sql.schema import destination as destinations
from triage_agent.domain.assessment import AssessmentKind
from triage_agent.domain.delivery import DeliveryState
from triage_agent.domain.node_health import (
    DestinationQueue,
    DiskSample,
    QuarantineCount,
    Queues,
    Recorded,
    RoleBeat,
    ScoreCount,
    SendingDevice,
    Trouble,
    Wait,
    Waits,
)

DEVICE_DAYS = 60
MAXIMUM_DEVICES = 200
MAXIMUM_TROUBLES = 20
_DISK_DAYS = 8
_OF_LATE = timedelta(hours=24)


def recorded(connection: sa.Connection, *, now: datetime, today: date) -> Recorded:
    """Read everything that is not a figure over a period."""
    since = now - _OF_LATE
    trouble_counts = connection.execute(
        sa.select(event.c.what, sa.func.count())
        .where(IS_TROUBLE, event.c.at >= since)
        .group_by(event.c.what)
    )
    return Recorded(
        beats=_beats(connection),
        devices=_devices(connection, today),
        queues=_queues(connection),
        destinations=_destinations(connection, since),
        quarantine=_quarantine(connection),
        troubles=_troubles(connection, since),
        trouble_counts={row[0]: row[1] for row in trouble_counts},
        disk=_disk(connection, now),
    )


def waits(connection: sa.Connection, *, since: datetime, until: datetime) -> Waits:
    """Read how long studies and images took that were done in these hours."""
    hours = hour_number(since), hour_number(until)

    def read(table: sa.Table, *conditions: sa.ColumnElement[bool]) -> tuple[Wait, ...]:
        statement = (
            sa.select(table.c.hour, table.c.seconds)
            .where(table.c.hour >= hours[0], table.c.hour < hours[1], *conditions)
            .order_by(table.c.hour)
        )
        return tuple(
            Wait(hour=_hour_from(hour), seconds=seconds)
            for hour, seconds in connection.execute(statement)
        )

    return Waits(
        studies=read(study_measure, study_measure.c.step.is_not(None)), images=read(image_measure)
    )


def scores(
    connection: sa.Connection, *, since: datetime, until: datetime
) -> tuple[ScoreCount, ...]:
    """Count the studies of these hours."""
    group = (
        study_measure.c.ae_title,
        study_measure.c.region,
        study_measure.c.kind,
        study_measure.c.step,
    )
    statement = (
        sa.select(*group, sa.func.count().label("studies"))
        .where(
            study_measure.c.hour >= hour_number(since), study_measure.c.hour < hour_number(until)
        )
        .group_by(*group)
    )
    return tuple(
        ScoreCount(
            ae_title=row["ae_title"],
            region=row["region"],
            kind=AssessmentKind(row["kind"]),
            step=row["step"],
            studies=row["studies"],
        )
        for row in connection.execute(statement).mappings()
    )


def _hour_from(number: int) -> datetime:
    return datetime.fromtimestamp(number * 3600, UTC)


def _beats(connection: sa.Connection) -> tuple[RoleBeat, ...]:
    statement = sa.select(role_heartbeat).order_by(
        role_heartbeat.c.role, role_heartbeat.c.beat_at.desc()
    )
    return tuple(
        RoleBeat(
            role=row["role"],
            host=row["host"],
            pid=row["pid"],
            started_at=row["started_at"],
            beat_at=row["beat_at"],
            facts=row["facts"],
        )
        for row in connection.execute(statement).mappings()
    )


def _devices(connection: sa.Connection, today: date) -> tuple[SendingDevice, ...]:
    statement = sa.select(device_day).where(device_day.c.day >= today - timedelta(days=DEVICE_DAYS))
    days: defaultdict[str, list[Row]] = defaultdict(list)
    for row in connection.execute(statement).mappings():
        days[row["ae_title"]].append(row)
    devices = [_device(ae_title, rows, today) for ae_title, rows in days.items()]
    devices.sort(key=lambda each: (each.last_at, each.ae_title), reverse=True)
    return tuple(devices[:MAXIMUM_DEVICES])


def _device(ae_title: str, rows: list[Row], today: date) -> SendingDevice:
    of_today = [row for row in rows if row["day"] == today]
    before = [row["images"] for row in rows if row["day"] < today]
    return SendingDevice(
        ae_title=ae_title,
        last_at=max(row["last_at"] for row in rows),
        images_today=sum(row["images"] for row in of_today),
        bytes_today=sum(row["size_bytes"] for row in of_today),
        usual_images=sum(before) / len(before) if before else None,
    )


def _queues(connection: sa.Connection) -> Queues:
    # The columns are those of the partial indexes, so that SQLite counts over these alone.
    scoring = connection.execute(
        sa.select(sa.func.count(instance.c.received_at), sa.func.min(instance.c.received_at)).where(
            IS_WAITING_FOR_SCORE
        )
    ).one()
    reporting = connection.execute(
        sa.select(sa.func.count(study.c.StudyInstanceUID), sa.func.min(study.c.closed_at)).where(
            IS_CLOSED
        )
    ).one()
    return Queues(
        waiting_for_score=scoring[0],
        oldest_for_score_at=scoring[1],
        open=_count(connection, study.c.closes_at, IS_OPEN),
        unassessed=_count(connection, study.c.StudyInstanceUID, IS_UNASSESSED),
        to_report=reporting[0],
        oldest_to_report_at=reporting[1],
    )


def _count(
    connection: sa.Connection, column: sa.Column[object], condition: sa.ColumnElement[bool]
) -> int:
    return connection.execute(sa.select(sa.func.count(column)).where(condition)).scalar_one()


def _destinations(connection: sa.Connection, since: datetime) -> tuple[DestinationQueue, ...]:
    waiting = {
        (name, state): count
        for name, state, count in connection.execute(
            sa.select(delivery.c.destination, delivery.c.state, sa.func.count())
            .where(IS_NOT_SENT)
            .group_by(delivery.c.destination, delivery.c.state)
        )
    }
    known = connection.execute(sa.select(destinations).order_by(destinations.c.name)).mappings()
    return tuple(
        DestinationQueue(
            name=row["name"],
            pending=waiting.get((row["name"], DeliveryState.PENDING.value), 0),
            parked=waiting.get((row["name"], DeliveryState.PARKED.value), 0),
            sent_of_late=_sent(connection, row["name"], since),
            last_sent_at=connection.execute(
                sa.select(delivery.c.sent_at)
                .where(IS_SENT, delivery.c.destination == row["name"])
                .order_by(delivery.c.sent_at.desc())
                .limit(1)
            ).scalar(),
            failures=row["failures"],
            next_attempt_at=row["next_attempt_at"],
            last_error=row["last_error"],
            last_status=connection.execute(
                sa.select(delivery.c.last_status)
                .where(
                    IS_NOT_SENT,
                    delivery.c.destination == row["name"],
                    delivery.c.last_status != "",
                )
                .order_by(delivery.c.id.desc())
                .limit(1)
            ).scalar()
            or "",
        )
        for row in known.all()
    )


def _sent(connection: sa.Connection, name: str, since: datetime) -> int:
    return connection.execute(
        sa.select(sa.func.count()).where(
            IS_SENT, delivery.c.destination == name, delivery.c.sent_at >= since
        )
    ).scalar_one()


def _quarantine(connection: sa.Connection) -> QuarantineCount:
    newest = (
        connection.execute(sa.select(quarantine).order_by(quarantine.c.id.desc()).limit(1))
        .mappings()
        .first()
    )
    if newest is None:
        return QuarantineCount()
    objects = connection.execute(sa.select(sa.func.count(quarantine.c.id))).scalar_one()
    return QuarantineCount(
        objects=objects, newest_at=newest["received_at"], newest_from=newest["source_ae_title"]
    )


def _troubles(connection: sa.Connection, since: datetime) -> tuple[Trouble, ...]:
    statement = (
        sa.select(event)
        .where(IS_TROUBLE, event.c.at >= since)
        .order_by(event.c.at.desc(), event.c.id.desc())
        .limit(MAXIMUM_TROUBLES)
    )
    return tuple(
        Trouble(
            at=row["at"],
            what=row["what"],
            StudyInstanceUID=row["StudyInstanceUID"],
            detail=row["detail"],
        )
        for row in connection.execute(statement).mappings()
    )


def _disk(connection: sa.Connection, now: datetime) -> tuple[DiskSample, ...]:
    first = hour_number(now - timedelta(days=_DISK_DAYS))
    statement = sa.select(disk_hour).where(disk_hour.c.hour >= first).order_by(disk_hour.c.hour)
    return tuple(
        DiskSample(at=row["at"], free_bytes=row["free_bytes"])
        for row in connection.execute(statement).mappings()
    )
