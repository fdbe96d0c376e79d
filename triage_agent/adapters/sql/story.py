"""The lines of a study's story, and how they are appended.

No line holds patient data: UIDs, states, numbers, reasons and names of destinations only.
"""

from collections.abc import Sequence
from datetime import datetime

import sqlalchemy as sa

from triage_agent.adapters.sql.schema import event, list_version
from triage_agent.domain.assessment import Assessment
from triage_agent.domain.delivery import Result
from triage_agent.domain.instance import ImageScore, Instance
from triage_agent.domain.priority import Placement
from triage_agent.domain.worklist import Event

# What is told of deliveries changes nothing that the list shows.
OF_DELIVERY = frozenset({"delivered", "delivery failed", "parked", "retry asked for"})

# Built once, as every instance needs them.
_APPENDED = sa.insert(event)
_COUNTED_UP = sa.update(list_version).values(number=list_version.c.number + 1)


def received(instance: Instance) -> Event:
    """Tell of a registered instance and what is to become of it."""
    reason = f": {instance.reason}" if instance.reason else ""
    return Event(
        at=instance.received_at,
        StudyInstanceUID=instance.header.StudyInstanceUID,
        what="received",
        detail=f"{instance.header.SOPInstanceUID} {instance.state}{reason}",
    )


def opened(StudyInstanceUID: str, generation: int, *, at: datetime) -> Event:
    """Tell that a study is open, for the first time or again."""
    return Event(
        at=at,
        StudyInstanceUID=StudyInstanceUID,
        what="opened" if generation == 1 else "opened again",
        detail=f"generation {generation}",
    )


def closed(StudyInstanceUID: str, generation: int, why: str, *, at: datetime) -> Event:
    """Tell that a study is complete as far as known, and why that is thought."""
    return Event(
        at=at,
        StudyInstanceUID=StudyInstanceUID,
        what="closed",
        detail=f"generation {generation}, {why}",
    )


def conflict(StudyInstanceUID: str, SOPInstanceUID: str, *, at: datetime) -> Event:
    """Tell that other bytes came under a known SOP Instance UID."""
    return Event(
        at=at,
        StudyInstanceUID=StudyInstanceUID,
        what="conflict quarantined",
        detail=f"{SOPInstanceUID} came again with other content",
    )


def scored(
    StudyInstanceUID: str, SOPInstanceUID: str, score: ImageScore, model: str, *, at: datetime
) -> Event:
    """Tell an image's probability."""
    return Event(
        at=at,
        StudyInstanceUID=StudyInstanceUID,
        what="scored",
        detail=f"{SOPInstanceUID} p={score.probability:.3f} by {model}",
    )


def unreadable(StudyInstanceUID: str, SOPInstanceUID: str, reason: str, *, at: datetime) -> Event:
    """Tell that an image could not be scored for good."""
    return Event(
        at=at,
        StudyInstanceUID=StudyInstanceUID,
        what="unreadable",
        detail=f"{SOPInstanceUID}: {reason}",
    )


def assessed(
    StudyInstanceUID: str,
    assessment: Assessment,
    placement: Placement,
    *,
    moved: bool,
    at: datetime,
) -> Event:
    """Tell what is said of a study, and its place unless a person has the study."""
    p = f" p={assessment.probability:.3f}" if assessment.probability is not None else ""
    place = (
        f"{placement.priority_class}, due {placement.due_at.isoformat(timespec='seconds')}"
        if moved
        else "place kept, a person has it"
    )
    return Event(
        at=at,
        StudyInstanceUID=StudyInstanceUID,
        what="assessed",
        detail=f"{assessment.kind}{p} ({assessment.reason}); {place}",
    )


def reported(
    StudyInstanceUID: str, generation: int, objects: int, note: str, *, at: datetime
) -> Event:
    """Tell that results are composed and on their way, or why there are none."""
    rest = f": {note}" if note else ""
    return Event(
        at=at,
        StudyInstanceUID=StudyInstanceUID,
        what="reported",
        detail=f"generation {generation} ({objects} objects){rest}",
    )


def delivered(result: Result, destination: str, *, at: datetime) -> Event:
    """Tell that a destination has taken a result."""
    return _of_delivery("delivered", result, destination, "", at)


def delivery_failed(result: Result, destination: str, status: str, *, at: datetime) -> Event:
    """Tell that a destination answered, but did not take a result."""
    return _of_delivery("delivery failed", result, destination, f": {status}", at)


def parked(result: Result, destination: str, *, at: datetime) -> Event:
    """Tell that a result will not be sent unless a person asks for it."""
    return _of_delivery("parked", result, destination, "", at)


def retried(result: Result, destination: str, *, at: datetime) -> Event:
    """Tell that a person asked for a result to be sent now."""
    return _of_delivery("retry asked for", result, destination, "", at)


def append(connection: sa.Connection, events: Sequence[Event]) -> None:
    """Append lines and count up the list's version.

    The last statements of a transaction: on PostgreSQL the version's row stays locked until the
    commit, which puts versions, and the lines' ids, in the order in which they become visible.
    """
    connection.execute(_COUNTED_UP)
    connection.execute(
        _APPENDED,
        [
            {
                "StudyInstanceUID": line.StudyInstanceUID,
                "at": line.at,
                "what": line.what,
                "detail": line.detail,
            }
            for line in events
        ],
    )


def of_study(connection: sa.Connection, StudyInstanceUID: str) -> tuple[Event, ...]:
    """Return the lines of a study, oldest first."""
    statement = (
        sa.select(event).where(event.c.StudyInstanceUID == StudyInstanceUID).order_by(event.c.id)
    )
    return tuple(event_from(row) for row in connection.execute(statement).mappings())


def event_from(row: sa.RowMapping) -> Event:
    """Return the line of a whole row."""
    return Event(
        at=row["at"],
        StudyInstanceUID=row["StudyInstanceUID"],
        what=row["what"],
        detail=row["detail"],
    )


def _of_delivery(what: str, result: Result, destination: str, rest: str, at: datetime) -> Event:
    return Event(
        at=at,
        StudyInstanceUID=result.StudyInstanceUID,
        what=what,
        detail=f"{result.kind} {result.SOPInstanceUID} to {destination}{rest}",
    )
