"""The worklist as plain values: the contract for scripts, the same in terminal and web.

Keys are only ever added. Instants are ISO 8601 in UTC with a `Z`; what is not known is null.
"""

from collections.abc import Sequence
from datetime import UTC, datetime, tzinfo
from typing import TypedDict

from triage_agent.domain.region import Region
from triage_agent.domain.worklist import WorklistEntry


class ListedStudy(TypedDict):
    """One entry as a JSON object."""

    place: int | None  # 1 is the first to be read; null where one study is asked for
    study_uid: str
    accession_number: str
    region: Region | None
    assessment: str  # abnormal | below_threshold | not_assessed
    reason: str
    probability: float | None  # 0..1, the mean over the images
    provisional: bool
    priority_class: str  # stat | abnormal | not_assessed | normal
    arrived_at: str
    due_at: str
    state: str  # of reading: unread | claimed | read
    study_state: str  # open | closed | reported
    generation: int
    images: int
    images_scored: int
    laterality: str
    modalities: list[str]
    source_ae_title: str  # that sent its first image
    model: str  # that scored its images, "" while none is scored
    claimed_by: str
    claimed_until: str | None
    read_by: str  # the latest reading, also of an earlier generation
    read_at: str | None
    new_images: int  # in scope, come after the latest reading


def list_studies(entries: Sequence[WorklistEntry], *, first_place: int = 1) -> list[ListedStudy]:
    """Return entries in their order as values that `json.dumps` takes."""
    return [list_study(entry, place) for place, entry in enumerate(entries, first_place)]


def list_study(entry: WorklistEntry, place: int | None) -> ListedStudy:
    """Return one entry that stands at `place`, counted from 1 (None: not known)."""
    study = entry.study
    return ListedStudy(
        place=place,
        study_uid=study.StudyInstanceUID,
        accession_number=study.AccessionNumber,
        region=study.region,
        assessment=study.assessment.kind.value,
        reason=study.assessment.reason,
        probability=study.assessment.probability,
        provisional=entry.provisional,
        priority_class=study.placement.priority_class.value,
        arrived_at=iso(study.arrived_at),
        due_at=iso(study.placement.due_at),
        state=entry.reading_state.value,
        study_state=study.state.value,
        generation=study.generation,
        images=entry.images,
        images_scored=entry.images_scored,
        laterality=study.laterality,
        modalities=list(entry.modalities),
        source_ae_title=entry.source_ae_title,
        model=entry.model,
        claimed_by=entry.claimed_by,
        claimed_until=iso_or_none(entry.claimed_until),
        read_by=entry.read_by,
        read_at=iso_or_none(entry.read_at),
        new_images=entry.new_images,
    )


def located(instant: datetime, zone: tzinfo | None) -> datetime:
    """Return in UTC an instant as somebody wrote it; without a zone it is that of the page.

    Raises OverflowError for one that is beyond the calendar in UTC or in the zone.
    """
    here = instant if instant.tzinfo or zone is None else instant.replace(tzinfo=zone)
    here.astimezone(zone)
    return here.astimezone(UTC)


def iso(instant: datetime) -> str:
    """Return an aware instant as ISO 8601 in UTC, with milliseconds and `Z`."""
    return instant.astimezone(UTC).isoformat(timespec="milliseconds").replace("+00:00", "Z")


def iso_or_none(instant: datetime | None) -> str | None:
    """Return an instant as `iso` does, None where there is none."""
    return None if instant is None else iso(instant)
