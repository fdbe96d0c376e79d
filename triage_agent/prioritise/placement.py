"""A study's deadline.

Priority is a deadline: arrival plus the target time of the study's class. Waiting studies so rise
by themselves, every study has an upper bound on its wait, and the order is that of one column.
"""

from datetime import datetime, timedelta

from triage_agent.domain.assessment import Assessment, AssessmentKind
from triage_agent.domain.instant import require_utc
from triage_agent.domain.priority import Placement, PriorityClass
from triage_agent.settings import PrioritiseSettings


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
