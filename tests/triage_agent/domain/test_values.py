"""The domain's values refuse to be half built."""

from datetime import UTC, datetime, timedelta, timezone

import pytest

from triage_agent.domain.assessment import Assessment, AssessmentKind
from triage_agent.domain.instance import ClassActivation, ImageScore
from triage_agent.domain.instant import require_utc
from triage_agent.domain.priority import Placement, PriorityClass

NOON = datetime(2026, 1, 2, 12, tzinfo=UTC)


def test_an_assessment_without_a_probability_is_not_assessed():
    assessment = Assessment(kind=AssessmentKind.NOT_ASSESSED, reason="body part KNEE")
    assert assessment.probability is None


@pytest.mark.parametrize("kind", [AssessmentKind.ABNORMAL, AssessmentKind.BELOW_THRESHOLD])
def test_an_assessed_study_has_a_probability(kind):
    assert Assessment(kind=kind, reason="mean", probability=0.5).probability == 0.5
    with pytest.raises(ValueError, match="does not go with"):
        Assessment(kind=kind, reason="mean")


def test_a_study_that_is_not_assessed_has_no_probability():
    with pytest.raises(ValueError, match="does not go with"):
        Assessment(kind=AssessmentKind.NOT_ASSESSED, reason="why", probability=0.1)


@pytest.mark.parametrize("probability", [-0.01, 1.01, float("nan")])
def test_probabilities_lie_between_0_and_1(probability):
    activation = ClassActivation(rows=1, columns=1, values=(0.0,))
    with pytest.raises(ValueError, match=r"0\.\.1"):
        Assessment(kind=AssessmentKind.ABNORMAL, reason="mean", probability=probability)
    with pytest.raises(ValueError, match=r"0\.\.1"):
        ImageScore(probability=probability, activation=activation)


def test_an_image_score_keeps_what_it_was_given():
    activation = ClassActivation(rows=2, columns=3, values=(0.0, 1.0, 2.0, 3.0, 4.0, 5.0))
    assert ImageScore(probability=0.25, activation=activation).activation.columns == 3


def test_an_assessment_gives_its_reason():
    with pytest.raises(ValueError, match="gives its reason"):
        Assessment(kind=AssessmentKind.ABNORMAL, reason="", probability=0.9)


@pytest.mark.parametrize(("rows", "columns", "count"), [(0, 1, 0), (1, 0, 0), (2, 2, 3)])
def test_a_map_is_filled_by_its_values(rows, columns, count):
    with pytest.raises(ValueError, match="do not fill"):
        ClassActivation(rows=rows, columns=columns, values=(0.0,) * count)


def test_instants_are_in_utc():
    assert require_utc(NOON, "noon") is NOON
    with pytest.raises(ValueError, match="noon must be an aware datetime in UTC"):
        require_utc(NOON.replace(tzinfo=None), "noon")
    with pytest.raises(ValueError, match="noon"):
        require_utc(NOON.astimezone(timezone(timedelta(hours=1))), "noon")


def test_a_placement_is_due_at_an_instant():
    assert Placement(priority_class=PriorityClass.STAT, due_at=NOON).due_at == NOON
    with pytest.raises(ValueError, match="due_at"):
        Placement(priority_class=PriorityClass.STAT, due_at=NOON.replace(tzinfo=None))
