"""Closing of studies, and the results of closed ones."""

from collections.abc import Sequence
from datetime import datetime

import sqlalchemy as sa

from triage_agent.adapters.sql import story
from triage_agent.adapters.sql.inserting import insert_if_absent
from triage_agent.adapters.sql.rows import PLACED_STUDY, URGENCY, result_from, result_values
from triage_agent.adapters.sql.schema import (
    IS_CLOSED,
    IS_OPEN,
    IS_UNASSESSED,
    IS_WAITING_FOR_SCORE,
    delivery,
    destination,
    instance,
    result,
    study,
)
from triage_agent.domain.delivery import DeliveryState, Result
from triage_agent.domain.instant import CLOCK_TOLERANCE
from triage_agent.domain.study import StudyState


def due_to_close(now: datetime) -> sa.Select[str, int]:
    """Return the query for open studies (UID, generation) whose quiet period is over.

    It is also over if it began ahead of now: the wall clock was ahead and was set right.
    """
    is_over = sa.or_(study.c.closes_at <= now, study.c.last_instance_at > now + CLOCK_TOLERANCE)
    return (
        sa.select(study.c.StudyInstanceUID, study.c.generation)
        .where(IS_OPEN, is_over)
        .order_by(study.c.closes_at, study.c.StudyInstanceUID)
    )


def close_due(connection: sa.Connection, now: datetime) -> tuple[str, ...]:
    """Close the studies that are due; return their UIDs."""
    due = connection.execute(due_to_close(now).with_for_update(key_share=True)).all()
    if not due:
        return ()
    uids = tuple(row.StudyInstanceUID for row in due)
    connection.execute(
        sa.update(study)
        .where(study.c.StudyInstanceUID == sa.bindparam("uid"))
        .values(state=StudyState.CLOSED.value, closed_at=now),
        [{"uid": uid} for uid in uids],
    )
    lines = [story.closed(row[0], row[1], "quiet period over", at=now) for row in due]
    story.append(connection, lines)
    return uids


def reportable(limit: int) -> sa.Select[str]:
    """Return the query for closed, wholly dealt with, assessed studies, most urgent first."""
    is_any_waiting = (
        sa.select(instance.c.StudyInstanceUID)
        .where(instance.c.StudyInstanceUID == study.c.StudyInstanceUID, IS_WAITING_FOR_SCORE)
        .correlate(study)
        .exists()
    )
    return (
        sa.select(study.c.StudyInstanceUID)
        .select_from(PLACED_STUDY)
        .where(IS_CLOSED, ~IS_UNASSESSED, ~is_any_waiting)
        .order_by(*URGENCY)
        .limit(limit)
    )


def record_report(
    connection: sa.Connection,
    StudyInstanceUID: str,
    results: Sequence[Result],
    destinations: Sequence[Sequence[str]],
    *,
    generation: int,
    revision: int,
    now: datetime,
    note: str,
) -> bool:
    """Write results and their deliveries; False if the study is no longer as it was composed."""
    moved = connection.execute(
        sa.update(study)
        .where(
            study.c.StudyInstanceUID == StudyInstanceUID,
            IS_CLOSED,
            study.c.generation == generation,
            study.c.revision == revision,
            study.c.assessed_revision == revision,
        )
        .values(state=StudyState.REPORTED.value)
    ).rowcount
    if not moved:
        return False
    for value, names in zip(results, destinations, strict=True):
        # An object that an earlier generation made has the same UID and is on its way already.
        if insert_if_absent(connection, result, result_values(value)):
            _add_deliveries(connection, value.SOPInstanceUID, names, now)
    line = story.reported(StudyInstanceUID, generation, len(results), note, at=now)
    story.append(connection, [line])
    return True


def results_of(connection: sa.Connection, StudyInstanceUID: str) -> tuple[Result, ...]:
    """Return all results of a study, oldest generation first."""
    statement = (
        sa.select(result)
        .where(result.c.StudyInstanceUID == StudyInstanceUID)
        .order_by(result.c.generation, result.c.id)
    )
    return tuple(result_from(row) for row in connection.execute(statement).mappings())


def _add_deliveries(
    connection: sa.Connection, SOPInstanceUID: str, names: Sequence[str], now: datetime
) -> None:
    result_id = connection.execute(
        sa.select(result.c.id).where(result.c.SOPInstanceUID == SOPInstanceUID)
    ).scalar_one()
    for name in names:
        insert_if_absent(connection, destination, {"name": name, "failures": 0, "last_error": ""})
        connection.execute(
            sa.insert(delivery).values(
                result_id=result_id,
                destination=name,
                state=DeliveryState.PENDING.value,
                attempts=0,
                next_attempt_at=now,
                last_status="",
            )
        )
