"""Why a study stands where it stands, in a radiologist's words."""

from datetime import datetime, timedelta

from triage_agent.domain.assessment import AssessmentKind
from triage_agent.domain.priority import PriorityClass
from triage_agent.domain.region import Region
from triage_agent.domain.worklist import ReadingState, WorklistEntry

_SECONDS_PER_MINUTE = 60
_MINUTES_PER_HOUR = 60
_SIDES = {"L": "left ", "R": "right ", "B": "bilateral "}


def explain(entry: WorklistEntry, now: datetime) -> str:
    """Say in one sentence what sets an entry's place, and how much of its time is left.

    For example "abnormal 0.94, left wrist: due in 12 min", "STAT order, below threshold 0.20:
    overdue by 3 min" or "not assessed: body part KNEE is out of scope; due in 1 h 29 min".
    """
    study = entry.study
    assessment = study.assessment
    said = [assessment.kind.value.replace("_", " ")]
    if assessment.probability is not None:
        said[0] += f" {assessment.probability:.2f}"
    if study.placement.priority_class is PriorityClass.STAT:
        said.insert(0, "STAT order")
    if study.region is not None:
        said.append(part_in_words(study.region, study.laterality))
    if entry.provisional:
        said.append("provisional")
    is_read = entry.reading_state is ReadingState.READ
    limit = "read" if is_read else due_in_words(study.placement.due_at, now)
    if assessment.kind is AssessmentKind.NOT_ASSESSED:
        return f"{', '.join(said)}: {assessment.reason}; {limit}"
    return f"{', '.join(said)}: {limit}"


def basis(entry: WorklistEntry) -> str:
    """Say what the place rests on: the time that the study has, and how many images were scored.

    For example "limit 20 min, 3 of 3 images scored"; the limit counts from arrival.
    """
    study = entry.study
    minutes = _whole_minutes(study.placement.due_at - study.arrived_at)
    limit = f"limit {_duration(minutes).removesuffix(' 00 min')}"
    if entry.images == 0:
        return f"{limit}, no image in scope"
    return f"{limit}, {entry.images_scored} of {entry.images} images scored"


def part_in_words(region: Region | None, laterality: str) -> str:
    """Return "left wrist", "wrist" or "not recognised"."""
    if region is None:
        return "not recognised"
    return f"{_SIDES.get(laterality, '')}{region.value.lower()}"


def due_in_words(due_at: datetime, now: datetime) -> str:
    """Return "due in 12 min", "due in 1 h 05 min", "due now" or "overdue by 3 min".

    Minutes are cut, not rounded: a study is never said to have more time than it has, and is
    overdue by whole minutes that have passed.
    """
    left = due_at - now
    minutes = _whole_minutes(left)
    if minutes == 0:
        return "due now"
    return f"{'due in' if left > timedelta() else 'overdue by'} {_duration(minutes)}"


def _whole_minutes(span: timedelta) -> int:
    return int(abs(span.total_seconds()) // _SECONDS_PER_MINUTE)


def _duration(minutes: int) -> str:
    if minutes < _MINUTES_PER_HOUR:
        return f"{minutes} min"
    return f"{minutes // _MINUTES_PER_HOUR} h {minutes % _MINUTES_PER_HOUR:02d} min"
