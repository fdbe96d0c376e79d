import pytest

from tests.factories import T0, after, make_assessment, make_placement, make_study
from triage_agent.domain.priority import PriorityClass
from triage_agent.domain.region import Region
from triage_agent.domain.worklist import ReadingState, WorklistEntry
from triage_agent.prioritise.explanation import basis, due_in_words, explain, part_in_words


def entry(probability, *, due_minutes=12.5, **overrides):
    priority_class = overrides.pop("priority_class", PriorityClass.ABNORMAL)
    values = {
        "reading_state": ReadingState.UNREAD,
        "claimed_by": "",
        "provisional": False,
        "images": 2,
        "images_scored": 2,
    }
    of_entry = {name: overrides.pop(name, value) for name, value in values.items()}
    study = {
        "assessment": make_assessment(probability),
        "placement": make_placement(due_minutes * 60, priority_class=priority_class),
    }
    return WorklistEntry(study=make_study(**(study | overrides)), **of_entry)


def knee(**overrides):
    reason = "body part KNEE is out of scope"
    return entry(
        None,
        due_minutes=90,
        priority_class=PriorityClass.NOT_ASSESSED,
        assessment=make_assessment(None, reason=reason),
        region=None,
        **overrides,
    )


def test_one_sentence_says_why_an_entry_stands_where_it_does():
    abnormal = entry(0.94, laterality="L")
    assert str(explain(abnormal, T0)) == "abnormal 0.94, left wrist: due in 12 min"
    assert str(explain(abnormal, after(16 * 60))) == "abnormal 0.94, left wrist: overdue by 3 min"
    assert str(explain(entry(0.2, provisional=True), T0)) == (
        "below threshold 0.20, wrist, provisional: due in 12 min"
    )


def test_an_order_comes_before_what_the_network_says():
    stat = entry(0.2, region=Region.HAND, priority_class=PriorityClass.STAT)
    assert str(explain(stat, T0)) == "STAT order, below threshold 0.20, hand: due in 12 min"


def test_what_is_not_assessed_says_why_not():
    assert str(explain(knee(), T0)) == (
        "not assessed: body part KNEE is out of scope; due in 1 h 30 min"
    )
    waiting = entry(None, provisional=True, priority_class=PriorityClass.STAT)
    assert str(explain(waiting, T0)) == (
        "STAT order, not assessed, wrist, provisional: no image has been scored yet; due in 12 min"
    )


def test_what_is_read_is_not_due():
    assert (
        str(explain(entry(0.94, reading_state=ReadingState.READ), T0))
        == "abnormal 0.94, wrist: read"
    )
    assert str(explain(knee(reading_state=ReadingState.READ), T0)).endswith("out of scope; read")


def test_the_basis_of_a_place_is_its_limit_and_the_images():
    assert basis(entry(0.94, due_minutes=20, images=3)) == ("limit 20 min, 2 of 3 images scored")
    assert basis(knee(images=0)) == "limit 1 h 30 min, no image in scope"
    assert basis(entry(0.2, due_minutes=240)) == "limit 4 h, 2 of 2 images scored"


def test_the_limit_counts_from_arrival():
    assert basis(entry(0.94, due_minutes=20, arrived_at=after(-20 * 60))).startswith("limit 40 min")


@pytest.mark.parametrize(
    ("region", "laterality", "part"),
    [
        (Region.WRIST, "L", "left wrist"),
        (Region.WRIST, "R", "right wrist"),
        (Region.HAND, "B", "bilateral hand"),
        (Region.WRIST, "odd", "wrist"),
        (None, "L", "not recognised"),
    ],
)
def test_parts_are_named_with_their_side(region, laterality, part):
    assert part_in_words(region, laterality) == part


@pytest.mark.parametrize(
    ("seconds", "words"),
    [
        (59, "due now"),
        (0, "due now"),
        (-59, "due now"),
        (60, "due in 1 min"),
        (-60, "overdue by 1 min"),
        (59 * 60 + 59, "due in 59 min"),
        (3600, "due in 1 h 00 min"),
        (-(26 * 3600 + 5 * 60), "overdue by 26 h 05 min"),
    ],
)
def test_time_to_the_deadline_in_words(seconds, words):
    assert due_in_words(after(seconds), T0) == words
