"""Studies are opened, assessed and placed, over fakes of the ports."""

from datetime import timedelta

from tests.factories import (
    make_instance,
    make_opening,
    make_score,
    uid,
)
from tests.triage_agent.pipeline.conftest import POLICY
from triage_agent.domain.assessment import AssessmentKind
from triage_agent.domain.instance import InstanceState
from triage_agent.domain.priority import PriorityClass
from triage_agent.domain.region import Region
from triage_agent.domain.scope import ScopeDecision
from triage_agent.opening import open_study
from triage_agent.pipeline import assess_due


def test_a_study_opens_waiting_to_be_scored(clock):
    decision = ScopeDecision(state=InstanceState.RECEIVED, region=Region.WRIST, reason="")
    opening = open_study(decision, stat=False, arrived_at=clock.now(), policy=POLICY)
    assert opening.assessment.reason == "waiting to be scored"
    assert opening.placement.priority_class is PriorityClass.NOT_ASSESSED


def test_a_study_out_of_scope_opens_with_the_reason(clock):
    decision = ScopeDecision(state=InstanceState.EXCLUDED, region=None, reason="a knee")
    opening = open_study(decision, stat=True, arrived_at=clock.now(), policy=POLICY)
    assert opening.assessment.reason == "a knee"
    assert opening.placement.priority_class is PriorityClass.STAT
    assert opening.placement.due_at == clock.now() + timedelta(minutes=POLICY.stat_minutes)


def test_a_scored_study_is_assessed_and_placed(register, clock):
    instance = make_instance()
    register.register(instance, make_opening(), stat=False, quiet_seconds=10)
    register.begin_scoring(1, now=clock.now())
    register.record_score(
        instance.header.SOPInstanceUID, make_score(0.97), model="m 1", now=clock.now()
    )
    assert assess_due(register, lambda _: 0.5, POLICY, clock) == 1
    study = register.study_images(uid("study", 1)).study
    assert study.assessment.kind is AssessmentKind.ABNORMAL
    assert study.placement.due_at == study.arrived_at + timedelta(minutes=20)
    assert assess_due(register, lambda _: 0.5, POLICY, clock) == 0
