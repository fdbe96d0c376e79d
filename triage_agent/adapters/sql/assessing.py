"""What is said of a study as a whole, and where it stands."""

from datetime import datetime

import sqlalchemy as sa

from triage_agent.adapters.sql import finding, measuring, story
from triage_agent.adapters.sql.locked_entry import lock_entry
from triage_agent.adapters.sql.rows import (
    PLACED_STUDY,
    STUDY_COLUMNS,
    URGENCY,
    assessment_values,
    instance_from,
    study_from,
)
from triage_agent.adapters.sql.schema import IS_UNASSESSED, instance, study
from triage_agent.domain.assessment import Assessment
from triage_agent.domain.instance import Instance
from triage_agent.domain.priority import Placement
from triage_agent.domain.study import StudyImages
from triage_agent.errors import StudyUnknown


def unassessed(limit: int) -> sa.Select[str]:
    """Return the query for studies that changed after they were assessed, most urgent first."""
    return (
        sa.select(study.c.StudyInstanceUID)
        .select_from(PLACED_STUDY)
        .where(IS_UNASSESSED)
        .order_by(*URGENCY)
        .limit(limit)
    )


def study_images(connection: sa.Connection, StudyInstanceUID: str) -> StudyImages:
    """Return a study with its instances. Raises StudyUnknown."""
    row = (
        connection.execute(
            sa.select(*STUDY_COLUMNS)
            .select_from(PLACED_STUDY)
            .where(study.c.StudyInstanceUID == StudyInstanceUID)
        )
        .mappings()
        .first()
    )
    if row is None:
        raise StudyUnknown(f"no study {StudyInstanceUID} in the register")
    rows = connection.execute(
        sa.select(instance).where(instance.c.StudyInstanceUID == StudyInstanceUID)
    ).mappings()
    instances = sorted((instance_from(each) for each in rows), key=_place_in_study)
    return StudyImages(study=study_from(row), instances=tuple(instances))


def record_assessment(
    connection: sa.Connection,
    StudyInstanceUID: str,
    assessment: Assessment,
    placement: Placement,
    *,
    revision: int,
    now: datetime,
) -> bool:
    """Write an assessment that was computed from `revision`; False if that is not current."""
    written = connection.execute(
        sa.update(study)
        .where(
            study.c.StudyInstanceUID == StudyInstanceUID,
            study.c.revision == revision,
            study.c.assessed_revision != revision,
        )
        .values(assessed_revision=revision, **assessment_values(assessment))
    ).rowcount
    if not written:
        return is_assessed_from(connection, StudyInstanceUID, revision)
    finding.learn_words(connection, StudyInstanceUID)
    measuring.note_assessed(connection, StudyInstanceUID, assessment, now=now)
    moved = lock_entry(connection, StudyInstanceUID, now).place(placement)
    line = story.assessed(StudyInstanceUID, assessment, placement, moved=moved, at=now)
    story.append(connection, [line])
    return True


def is_assessed_from(connection: sa.Connection, StudyInstanceUID: str, revision: int) -> bool:
    """Say whether `revision` is a study's current one and has been assessed."""
    statement = sa.select(study.c.revision).where(
        study.c.StudyInstanceUID == StudyInstanceUID,
        study.c.revision == revision,
        study.c.assessed_revision == revision,
    )
    return connection.execute(statement).first() is not None


def _place_in_study(value: Instance) -> tuple[str, bool, int, str]:
    header = value.header
    number = header.InstanceNumber
    return header.SeriesInstanceUID, number is None, number or 0, header.SOPInstanceUID
