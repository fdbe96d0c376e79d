"""What a webhook is to be told of the lines of the stories that are new to it."""

from collections.abc import Iterable, Sequence
from datetime import datetime

import sqlalchemy as sa

from triage_agent.adapters.sql import feed
from triage_agent.adapters.sql.inserting import insert_if_absent
from triage_agent.adapters.sql.rows import PLACED_STUDY, STUDY_COLUMNS, Row, Values, study_from
from triage_agent.adapters.sql.schema import IS_WAITING_FOR_SCORE, instance, study
from triage_agent.adapters.sql.webhook_tables import webhook, webhook_delivery
from triage_agent.domain.assessment import AssessmentKind
from triage_agent.domain.delivery import DeliveryState
from triage_agent.domain.study import StudyState
from triage_agent.domain.webhook import Announcement, WebhookEvent, WebhookRule
from triage_agent.domain.worklist import Event

# By which line of a study's story an event shows.
_TOLD_BY = {"assessed": WebhookEvent.PLACED, "closed": WebhookEvent.CLOSED}
_IS_ANY_WAITING = (
    sa.select(instance.c.StudyInstanceUID)
    .where(instance.c.StudyInstanceUID == study.c.StudyInstanceUID, IS_WAITING_FOR_SCORE)
    .correlate(study)
    .exists()
)


def is_anything_new(connection: sa.Connection, name: str) -> bool:
    """Say whether there are lines that an enlisted webhook has not looked at."""
    seen = connection.execute(
        sa.select(webhook.c.seen_event).where(webhook.c.name == name, webhook.c.is_enlisted)
    ).scalar()
    return seen is not None and feed.last(connection) > seen


def announce(connection: sa.Connection, rule: WebhookRule, *, now: datetime, limit: int) -> int:
    """Put on their way what is wanted of the next lines; return at how many it has looked."""
    seen = connection.execute(
        sa.select(webhook.c.seen_event)
        .where(webhook.c.name == rule.name, webhook.c.is_enlisted)
        .with_for_update()
    ).scalar()
    lines = [] if seen is None else feed.after(connection, seen, limit)
    if not lines:
        return 0
    told = {
        (line.StudyInstanceUID, _TOLD_BY[line.what]): line
        for _, line in lines
        if line.what in _TOLD_BY
    }
    uids = sorted({uid for uid, _ in told})
    studies = _placed(connection, uids)
    abnormal = _told_abnormal(connection, rule.name, uids)
    for (uid, event), line in told.items():
        announcement = _announcement(event, line, studies[uid])
        if announcement is not None and rule.wants(announcement, told_abnormal=uid in abnormal):
            row = _row(rule.name, announcement, now)
            insert_if_absent(connection, webhook_delivery, row)
    connection.execute(
        sa.update(webhook).where(webhook.c.name == rule.name).values(seen_event=lines[-1][0])
    )
    return len(lines)


def _placed(connection: sa.Connection, uids: Sequence[str]) -> dict[str, Row]:
    statement = (
        sa.select(*STUDY_COLUMNS, _IS_ANY_WAITING.label("is_any_waiting"))
        .select_from(PLACED_STUDY)
        .where(study.c.StudyInstanceUID.in_(uids))
    )
    return {row["StudyInstanceUID"]: row for row in connection.execute(statement).mappings()}


def _told_abnormal(connection: sa.Connection, name: str, uids: Iterable[str]) -> frozenset[str]:
    statement = sa.select(webhook_delivery.c.StudyInstanceUID).where(
        webhook_delivery.c.webhook == name,
        webhook_delivery.c.StudyInstanceUID.in_(uids),
        webhook_delivery.c.assessment_kind == AssessmentKind.ABNORMAL.value,
    )
    return frozenset(connection.execute(statement).scalars())


def _announcement(event: WebhookEvent, line: Event, row: Row) -> Announcement | None:
    """Return what is published of a study now; None if it was opened again after it was closed."""
    value = study_from(row)
    is_open = value.state is StudyState.OPEN
    if event is WebhookEvent.CLOSED and is_open:
        return None
    return Announcement(
        event=event,
        at=line.at,
        StudyInstanceUID=value.StudyInstanceUID,
        AccessionNumber=value.AccessionNumber,
        assessment=value.assessment.kind,
        probability=value.assessment.probability,
        priority_class=value.placement.priority_class,
        due_at=value.placement.due_at,
        generation=value.generation,
        revision=value.assessed_revision,
        provisional=is_open or row["is_any_waiting"] or value.revision != value.assessed_revision,
    )


def _row(name: str, announcement: Announcement, now: datetime) -> Values:
    return {
        "webhook": name,
        "StudyInstanceUID": announcement.StudyInstanceUID,
        "event": announcement.event.value,
        "generation": announcement.generation,
        "revision": announcement.revision,
        "at": announcement.at,
        "AccessionNumber": announcement.AccessionNumber,
        "assessment_kind": announcement.assessment.value,
        "probability": announcement.probability,
        "priority_class": announcement.priority_class.value,
        "due_at": announcement.due_at,
        "provisional": announcement.provisional,
        "state": DeliveryState.PENDING.value,
        "attempts": 0,
        "next_attempt_at": now,
        "last_status": "",
    }
