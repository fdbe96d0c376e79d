"""How images get their scores."""

from collections.abc import Callable
from dataclasses import replace
from datetime import datetime

import sqlalchemy as sa

from triage_agent.adapters.sql import measuring, story
from triage_agent.adapters.sql.pauses import is_over
from triage_agent.adapters.sql.rows import (
    PLACED_STUDY,
    Values,
    instance_from,
    instance_of,
    score_values,
)
from triage_agent.adapters.sql.schema import IS_WAITING_FOR_SCORE, instance, study, worklist_entry
from triage_agent.domain.instance import ImageScore, Instance, InstanceState
from triage_agent.domain.worklist import Event
from triage_agent.ports.register import SCORING_PAUSES


def _is_due(now: datetime) -> sa.ColumnElement[bool]:
    return IS_WAITING_FOR_SCORE & is_over(instance.c.not_before, now, SCORING_PAUSES.longest)


def due(limit: int, now: datetime) -> sa.Select[str]:
    """Return the query for the UIDs of instances to be scored now, most urgent first."""
    return (
        sa.select(instance.c.SOPInstanceUID)
        .select_from(
            instance.join(
                PLACED_STUDY, instance.c.StudyInstanceUID == worklist_entry.c.StudyInstanceUID
            )
        )
        .where(_is_due(now))
        .order_by(
            study.c.stat.desc(),
            worklist_entry.c.due_at,
            instance.c.received_at,
            instance.c.SOPInstanceUID,
        )
        .limit(limit)
    )


def is_any_due(connection: sa.Connection, now: datetime) -> bool:
    """Say whether any instance is to be scored now."""
    # Columns that only the partial index holds, or SQLite prefers another and scans all of it.
    statement = sa.select(instance.c.received_at).where(_is_due(now)).limit(1)
    return connection.execute(statement).first() is not None


def begin(connection: sa.Connection, limit: int, now: datetime) -> tuple[Instance, ...]:
    """Return the most urgent instances that are due and raise their attempts by one.

    The most urgent one alone if it was tried before, else as many as are new to it.
    """
    order = list(connection.execute(due(limit, now)).scalars())
    rows = {
        row["SOPInstanceUID"]: row
        for row in connection.execute(
            sa.select(instance)
            .where(instance.c.SOPInstanceUID.in_(order), _is_due(now))
            .with_for_update(skip_locked=True)
        ).mappings()
    }
    candidates = [instance_from(rows[uid]) for uid in order if uid in rows]
    batch = (
        candidates[:1]
        if candidates and candidates[0].attempts > 0
        else [candidate for candidate in candidates if candidate.attempts == 0]
    )
    if not batch:
        return ()
    connection.execute(
        sa.update(instance)
        .where(instance.c.SOPInstanceUID.in_([taken.header.SOPInstanceUID for taken in batch]))
        .values(attempts=instance.c.attempts + 1)
    )
    return tuple(replace(taken, attempts=taken.attempts + 1) for taken in batch)


def postpone(connection: sa.Connection, SOPInstanceUID: str, now: datetime) -> None:
    """Take back an attempt and begin a pause, unless the instance is settled."""
    postponements = connection.execute(
        sa.update(instance)
        .where(instance_of(SOPInstanceUID), IS_WAITING_FOR_SCORE, instance.c.attempts > 0)
        .values(attempts=instance.c.attempts - 1, postponements=instance.c.postponements + 1)
        .returning(instance.c.postponements)
    ).scalar()
    if postponements is not None:
        connection.execute(
            sa.update(instance)
            .where(instance_of(SOPInstanceUID))
            .values(not_before=now + SCORING_PAUSES.after(postponements))
        )


def record_score(
    connection: sa.Connection, SOPInstanceUID: str, score: ImageScore, *, model: str, now: datetime
) -> bool:
    """Move RECEIVED to SCORED; False if it was not RECEIVED."""

    def line(StudyInstanceUID: str) -> Event:
        return story.scored(StudyInstanceUID, SOPInstanceUID, score, model, at=now)

    values = {"state": InstanceState.SCORED.value, "model": model, **score_values(score)}
    return _settle(connection, SOPInstanceUID, values, line, scored_at=now)


def record_unreadable(
    connection: sa.Connection, SOPInstanceUID: str, reason: str, *, now: datetime
) -> bool:
    """Move RECEIVED to UNREADABLE; False if it was not RECEIVED."""

    def line(StudyInstanceUID: str) -> Event:
        return story.unreadable(StudyInstanceUID, SOPInstanceUID, reason, at=now)

    values = {"state": InstanceState.UNREADABLE.value, "reason": reason}
    return _settle(connection, SOPInstanceUID, values, line)


def _settle(
    connection: sa.Connection,
    SOPInstanceUID: str,
    values: Values,
    line: Callable[[str], Event],
    *,
    scored_at: datetime | None = None,
) -> bool:
    settled = connection.execute(
        sa.update(instance)
        .where(instance_of(SOPInstanceUID), IS_WAITING_FOR_SCORE)
        .values(values)
        .returning(instance.c.StudyInstanceUID, instance.c.received_at)
    ).first()
    if settled is None:
        return False
    if scored_at is not None:
        measuring.note_scored(connection, settled.received_at, now=scored_at)
    connection.execute(
        sa.update(study)
        .where(study.c.StudyInstanceUID == settled.StudyInstanceUID)
        .values(revision=study.c.revision + 1)
    )
    story.append(connection, [line(settled.StudyInstanceUID)])
    return True
