"""A study's deadline, and the sentence that explains it.

Priority is a deadline: arrival plus the target time of the study's class. Waiting studies so rise
by themselves, every study has an upper bound on its wait, and the order is that of one column.
"""

from datetime import datetime, timedelta

from triage_agent.domain.assessment import Assessment, AssessmentKind
from triage_agent.domain.instant import require_utc
from triage_agent.domain.priority import Placement, PriorityClass
from triage_agent.domain.worklist import ReadingState, WorklistEntry
from triage_agent.settings import PrioritiseSettings

_SECONDS_PER_MINUTE = 60
_MINUTES_PER_HOUR = 60


def place(
    assessment: Assessment, *, stat: bool, arrived_at: datetime, policy: PrioritiseSettings
) -> Placement:
    """Return the class and the instant at which a study is due.

    An order's STAT sets the class, and never makes a study due later than its own assessment
    would. Raises ValueError if `arrived_at` is not an aware instant in UTC.
    """
    require_utc(arrived_at, "arrived_at")
    priority_class, minutes = _by_assessment(assessment, policy)
    if stat:
        priority_class, minutes = PriorityClass.STAT, min(minutes, policy.stat_minutes)
    return Placement(priority_class=priority_class, due_at=arrived_at + timedelta(minutes=minutes))


def _by_assessment(
    assessment: Assessment, policy: PrioritiseSettings
) -> tuple[PriorityClass, float]:
    if assessment.kind is AssessmentKind.BELOW_THRESHOLD:
        return PriorityClass.NORMAL, policy.normal_minutes
    if assessment.probability is None:
        return PriorityClass.NOT_ASSESSED, policy.not_assessed_minutes
    probability = assessment.probability
    reached = [target for target in policy.abnormal if target.minimum_probability <= probability]
    target = max(reached, key=lambda target: target.minimum_probability)
    return PriorityClass.ABNORMAL, target.minutes


def explain(entry: WorklistEntry, now: datetime) -> str:
    """Say in one sentence why an entry stands where it does.

    For example "abnormal 0.94, wrist: due in 12 min" or "STAT, not assessed: overdue by 3 min".
    """
    study = entry.study
    said = [study.assessment.kind.value.replace("_", " ")]
    if study.assessment.probability is not None:
        said[0] += f" {study.assessment.probability:.2f}"
    if study.placement.priority_class is PriorityClass.STAT:
        said.insert(0, "STAT")
    if study.region is not None:
        said.append(study.region.value.lower())
    if entry.provisional:
        said.append("provisional")
    if entry.reading_state is ReadingState.READ:
        return f"{', '.join(said)}: read"
    return f"{', '.join(said)}: {due_in_words(study.placement.due_at, now)}"


def due_in_words(due_at: datetime, now: datetime) -> str:
    """Return "due in 12 min", "due in 1 h 05 min", "due now" or "overdue by 3 min".

    Minutes are cut, not rounded: a study is never said to have more time than it has, and is
    overdue by whole minutes that have passed.
    """
    seconds = (due_at - now).total_seconds()
    minutes = int(abs(seconds) // _SECONDS_PER_MINUTE)
    if minutes == 0:
        return "due now"
    return f"{'due in' if seconds > 0 else 'overdue by'} {_duration(minutes)}"


def _duration(minutes: int) -> str:
    if minutes < _MINUTES_PER_HOUR:
        return f"{minutes} min"
    return f"{minutes // _MINUTES_PER_HOUR} h {minutes % _MINUTES_PER_HOUR:02d} min"
