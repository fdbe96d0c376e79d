"""How long things took, noted in the transaction that ends them."""

from datetime import datetime
from typing import Any

import sqlalchemy as sa

from triage_agent.adapters.sql.health_tables import image_measure, study_measure
from triage_agent.adapters.sql.schema import IS_IN_SCOPE, instance, study
from triage_agent.domain.assessment import Assessment
from triage_agent.domain.instance import InstanceState
from triage_agent.domain.node_health import score_step

_SECONDS_PER_HOUR = 3600

# Built once, as every image and every assessment needs them.
_SCORED = sa.insert(image_measure)
_UID = sa.bindparam("the_study", type_=sa.Text)
_IMAGES_IN_SCOPE = (
    sa.select(
        instance.c.state,
        instance.c.received_at,
        instance.c.source_ae_title,
        study.c.region,
    )
    .select_from(instance.join(study, instance.c.StudyInstanceUID == study.c.StudyInstanceUID))
    .where(instance.c.StudyInstanceUID == _UID, IS_IN_SCOPE)
)
_FORGOTTEN = sa.delete(study_measure).where(study_measure.c.StudyInstanceUID == _UID)
_PLACED = sa.insert(study_measure)


def hour_number(at: datetime) -> int:
    """Return the whole hours from 1970 to an instant."""
    return int(at.timestamp() // _SECONDS_PER_HOUR)


def note_scored(connection: sa.Connection, received_at: datetime, *, now: datetime) -> None:
    """Note how long an image waited for its score."""
    connection.execute(_SCORED, {"hour": hour_number(now), "seconds": _seconds(received_at, now)})


def note_assessed(
    connection: sa.Connection, StudyInstanceUID: str, assessment: Assessment, *, now: datetime
) -> None:
    """Note what is now said of a study, unless an image still waits or none is in scope.

    Replaces what was noted of it before.
    """
    the_study = {"the_study": StudyInstanceUID}
    images = connection.execute(_IMAGES_IN_SCOPE, the_study).all()
    if not images or any(each.state == InstanceState.RECEIVED for each in images):
        return
    last: Any = max(images, key=lambda each: each.received_at)
    probability = assessment.probability
    connection.execute(_FORGOTTEN, the_study)
    connection.execute(
        _PLACED,
        {
            "StudyInstanceUID": StudyInstanceUID,
            "hour": hour_number(now),
            "ae_title": last.source_ae_title,
            "region": last.region or "",
            "kind": assessment.kind.value,
            "step": None if probability is None else score_step(probability),
            "seconds": _seconds(last.received_at, now),
        },
    )


def _seconds(since: datetime, now: datetime) -> float:
    # Machines' clocks differ a little: what took no time at all did not take less.
    return max(0.0, (now - since).total_seconds())
