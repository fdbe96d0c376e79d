"""What readers say of a study, and what they must have been shown to say it."""

from typing import NamedTuple

import sqlalchemy as sa

from triage_agent.adapters.sql import reading_story, story
from triage_agent.adapters.sql.locked_entry import lock_entry
from triage_agent.adapters.sql.reading_rows import verdict_from, verdict_values
from triage_agent.adapters.sql.schema import IS_IN_SCOPE, instance, reader_verdict, study
from triage_agent.domain.reading import refuse_stale
from triage_agent.domain.verdict import ReaderVerdict
from triage_agent.errors import StudyUnknown
from triage_agent.ports.reading import ReadingChange, ReadingDeed


class KnownImages(NamedTuple):
    """A study's generation and how many images in scope it has."""

    generation: int
    images: int


def lock_images(connection: sa.Connection, StudyInstanceUID: str) -> KnownImages:
    """Return what images a study has; none come until the transaction ends. Raises StudyUnknown."""
    generation = connection.execute(
        sa.select(study.c.generation)
        .where(study.c.StudyInstanceUID == StudyInstanceUID)
        .with_for_update(key_share=True)
    ).scalar()
    if generation is None:
        raise StudyUnknown(f"no study {StudyInstanceUID} in the register")
    images = connection.execute(
        sa.select(sa.func.count()).where(
            instance.c.StudyInstanceUID == StudyInstanceUID, IS_IN_SCOPE
        )
    ).scalar_one()
    return KnownImages(generation, images)


def give_verdict(
    connection: sa.Connection,
    StudyInstanceUID: str,
    verdict: ReaderVerdict,
    images: int | None,
) -> ReadingChange:
    """Keep a verdict; claims and readings stay as they are, and so does what can be undone."""
    known = lock_images(connection, StudyInstanceUID)
    refuse_stale(known.generation, known.images, verdict.generation, images)
    entry = lock_entry(connection, StudyInstanceUID, verdict.at)
    verdict_id = connection.execute(
        sa.insert(reader_verdict)
        .values(verdict_values(StudyInstanceUID, verdict))
        .returning(reader_verdict.c.id)
    ).scalar_one()
    act = entry.note(ReadingDeed.VERDICT, verdict.reader, verdict_id)
    story.append(connection, [reading_story.judged(StudyInstanceUID, verdict)])
    return ReadingChange(
        StudyInstanceUID=StudyInstanceUID,
        reading=entry.reading,
        deed=ReadingDeed.VERDICT,
        act=act,
    )


def verdicts_of(connection: sa.Connection, StudyInstanceUID: str) -> tuple[ReaderVerdict, ...]:
    """Return the verdicts that were not withdrawn, oldest first. Raises StudyUnknown."""
    known = sa.select(study.c.generation).where(study.c.StudyInstanceUID == StudyInstanceUID)
    if connection.execute(known).first() is None:
        raise StudyUnknown(f"no study {StudyInstanceUID} in the register")
    rows = connection.execute(
        sa.select(reader_verdict)
        .where(
            reader_verdict.c.StudyInstanceUID == StudyInstanceUID,
            reader_verdict.c.withdrawn_at.is_(None),
        )
        .order_by(reader_verdict.c.id)
    ).mappings()
    return tuple(verdict_from(row) for row in rows)
