from datetime import timedelta

from tests.factories import T0, after
from triage_agent.domain.assessment import AssessmentKind
from triage_agent.domain.finding import Level, Part
from triage_agent.domain.node_health import ScoreCount, Wait, Waits
from triage_agent.domain.proportion import Proportion
from triage_agent.domain.score_figures import by_hour, drifts, first_hour, group_of, grouped


def count(studies, kind=AssessmentKind.ABNORMAL, step=19, ae_title="CR1", region="WRIST"):
    if kind is AssessmentKind.NOT_ASSESSED:
        step = None
    return ScoreCount(ae_title=ae_title, region=region, kind=kind, step=step, studies=studies)


def below(studies, **overrides):
    return count(studies, AssessmentKind.BELOW_THRESHOLD, 2, **overrides)


def missed(studies, **overrides):
    return count(studies, AssessmentKind.NOT_ASSESSED, **overrides)


def test_a_group_counts_flagged_ones_among_those_assessed():
    group = group_of("WRIST", [count(3), count(1, step=18), below(6), missed(2)])
    assert group.flagged == Proportion(count=4, total=10)
    assert group.not_assessed == Proportion(count=2, total=12)
    assert group.steps[2] == 6
    assert group.steps[18:] == (1, 3)
    assert sum(group.steps) == 10


def test_groups_stand_in_the_order_of_their_size():
    counts = [count(1, region="HAND"), count(5, region="ELBOW"), missed(4, region="HAND"), below(9)]
    groups = grouped(counts, lambda each: each.region)
    assert [(each.name, each.not_assessed.total) for each in groups] == [
        ("WRIST", 9),
        ("ELBOW", 5),
        ("HAND", 5),
    ]


def sentences(today, before):
    return [(each.subject, each.level, str(each.found)) for each in drifts(today, before)]


def test_a_share_as_usual_is_no_drift():
    (finding,) = drifts([count(8), below(22)], [count(300), below(700)])
    assert (finding.part, finding.level) == (Part.SCORES, Level.OK)


def test_a_share_outside_the_usual_is_told_for_all_and_for_whom_it_concerns():
    today = [count(40, ae_title="CR2"), count(6), below(14)]
    before = [count(300), below(700), count(30, ae_title="CR2"), below(70, ae_title="CR2")]
    found = sentences(today, before)
    assert [each[0] for each in found] == ["", "CR2", "WRIST"]
    assert {each[1] for each in found} == {Level.WARNING}
    assert found[0][2] == (
        "77 % of the studies of the last 24 hours are flagged (46 of 60), usually 27 to 33 %."
    )
    assert found[1][2].startswith("CR2: 100 % of the studies")


def test_small_numbers_say_nothing():
    assert drifts([count(19)], [below(1000)])[0].level is Level.OK
    assert drifts([count(20)], [below(99)])[0].level is Level.OK
    assert drifts([count(20)], [below(100)])[0].level is Level.WARNING


def test_what_is_new_or_has_no_name_is_compared_with_care():
    today = [count(50, ae_title="", region="")]
    before = [below(200, ae_title="", region="")]
    assert [each[0] for each in sentences(today, before)] == ["", "(none)", "(none)"]
    new = [count(50, ae_title="NEW", region="HAND")]
    assert [each[0] for each in sentences(new, before)] == [""]


def test_hours_without_a_study_are_there_too():
    hour = T0.replace(minute=0)
    waits = Waits(
        studies=[Wait(hour=hour, seconds=each) for each in (1.0, 9.0, 2.0)],
        images=[Wait(hour=hour - timedelta(hours=23), seconds=4.0)],
    )
    hours = by_hour(waits, after(1500))
    assert len(hours) == 24
    assert hours[0].hour == first_hour(after(1500)) == hour - timedelta(hours=23)
    assert (hours[0].images, hours[0].scored_p50, hours[0].scored_p95) == (1, 4.0, 4.0)
    assert (hours[0].studies, hours[0].placed_p50) == (0, None)
    assert hours[-1].hour == hour
    assert (hours[-1].studies, hours[-1].placed_p50, hours[-1].placed_p95) == (3, 2.0, 9.0)
