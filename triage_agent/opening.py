"""What is said of a study before any of its images is scored."""

from datetime import datetime

from triage_agent.domain.assessment import Assessment, AssessmentKind
from triage_agent.domain.instance import InstanceState
from triage_agent.domain.scope import ScopeDecision
from triage_agent.ports.register import StudyOpening
from triage_agent.prioritise.placement import place
from triage_agent.settings import PrioritiseSettings


def open_study(
    decision: ScopeDecision, *, stat: bool, arrived_at: datetime, policy: PrioritiseSettings
) -> StudyOpening:
    """Say what the first row of a study says, before any image is scored."""
    reason = "waiting to be scored" if decision.state is InstanceState.RECEIVED else decision.reason
    assessment = Assessment(kind=AssessmentKind.NOT_ASSESSED, reason=reason)
    placement = place(assessment, stat=stat, arrived_at=arrived_at, policy=policy)
    return StudyOpening(assessment=assessment, placement=placement)
