"""The HealthRecord port: writing here, reading in `health_reading`."""

from collections.abc import Sequence
from datetime import date, datetime

import sqlalchemy as sa

from triage_agent.adapters.sql import health_reading
from triage_agent.adapters.sql.engine import Database
from triage_agent.adapters.sql.health_tables import (
    device_day,
    disk_hour,
    image_measure,
    role_heartbeat,
)
from triage_agent.adapters.sql.inserting import insert_if_absent
from triage_agent.adapters.sql.measuring import hour_number
from triage_agent.domain.node_health import Arrivals, Recorded, RoleBeat, ScoreCount, Waits


class SqlHealthRecord:
    """Keeps `triage_agent.ports.health.HealthRecord` in SQL.

    Every method may raise DatabaseUnavailable, those that write StorageFull also.
    """

    def __init__(self, database: Database) -> None:
        self._database = database

    def beat(
        self,
        beat: RoleBeat,
        *,
        arrivals: Sequence[Arrivals] = (),
        free_bytes: int | None = None,
    ) -> None:
        """Note that a role lives, what came since, and how much of the store is free."""
        with self._database.write() as connection:
            _note_beat(connection, beat)
            # In one order everywhere: of two receivers one waits for the other, never both.
            for each in sorted(arrivals, key=lambda each: (each.day, each.ae_title)):
                _note_arrivals(connection, each)
            if free_bytes is not None:
                hour = hour_number(beat.beat_at)
                insert_if_absent(
                    connection,
                    disk_hour,
                    {"hour": hour, "at": beat.beat_at, "free_bytes": free_bytes},
                )

    def recorded(self, *, now: datetime, today: date) -> Recorded:
        """Return what there is; queues and destinations are counted anew."""
        with self._database.read() as connection:
            return health_reading.recorded(connection, now=now, today=today)

    def waits(self, *, since: datetime, until: datetime) -> Waits:
        """Return what ended in the hours from `since` to before `until`, oldest first."""
        with self._database.read() as connection:
            return health_reading.waits(connection, since=since, until=until)

    def scores(self, *, since: datetime, until: datetime) -> tuple[ScoreCount, ...]:
        """Count studies with images in scope by their newest assessment, made in these hours."""
        with self._database.read() as connection:
            return health_reading.scores(connection, since=since, until=until)

    def prune(self, *, before: datetime) -> None:
        """Forget single images' times and roles' last beats from before an instant."""
        with self._database.write() as connection:
            hour = hour_number(before)
            connection.execute(sa.delete(image_measure).where(image_measure.c.hour < hour))
            connection.execute(sa.delete(role_heartbeat).where(role_heartbeat.c.beat_at < before))


def _note_beat(connection: sa.Connection, beat: RoleBeat) -> None:
    values = {
        "pid": beat.pid,
        "started_at": beat.started_at,
        "beat_at": beat.beat_at,
        "facts": dict(beat.facts),
    }
    key = {"role": beat.role, "host": beat.host}
    if not insert_if_absent(connection, role_heartbeat, key | values):
        connection.execute(
            sa.update(role_heartbeat)
            .where(role_heartbeat.c.role == beat.role, role_heartbeat.c.host == beat.host)
            .values(values)
        )


def _note_arrivals(connection: sa.Connection, came: Arrivals) -> None:
    row = {
        "day": came.day,
        "ae_title": came.ae_title,
        "images": came.images,
        "size_bytes": came.size_bytes,
        "last_at": came.last_at,
    }
    if insert_if_absent(connection, device_day, row):
        return
    last_at = device_day.c.last_at
    connection.execute(
        sa.update(device_day)
        .where(device_day.c.day == came.day, device_day.c.ae_title == came.ae_title)
        .values(
            images=device_day.c.images + came.images,
            size_bytes=device_day.c.size_bytes + came.size_bytes,
            last_at=sa.case((last_at < came.last_at, came.last_at), else_=last_at),
        )
    )
