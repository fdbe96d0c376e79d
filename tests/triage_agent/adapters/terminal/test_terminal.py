from datetime import UTC, timedelta

import pytest
from rich.console import Console

from tests.factories import (
    T0,
    after,
    make_assessment,
    make_instance,
    make_placement,
    make_result,
    make_scored,
    make_study,
    make_study_images,
    uid,
)
from triage_agent.adapters.terminal.outbox import outbox_table
from triage_agent.adapters.terminal.story import study_story
from triage_agent.adapters.terminal.worklist import worklist_json, worklist_table
from triage_agent.domain.delivery import Delivery, DeliveryState, DestinationHealth
from triage_agent.domain.instance import InstanceState
from triage_agent.domain.priority import PriorityClass
from triage_agent.domain.worklist import Event, ReadingState, WorklistEntry
from triage_agent.prioritise.listing import list_studies


def shown(renderable):
    console = Console(width=200, force_terminal=False, record=True)
    with console.capture() as capture:
        console.print(renderable)
    return capture.get()


def line_with(text, page):
    return next(line for line in page.splitlines() if text in line)


def entry(probability=0.94, *, provisional=False, reading=ReadingState.UNREAD, **study):
    study = {"placement": make_placement(1200)} | study
    return WorklistEntry(
        study=make_study(assessment=make_assessment(probability), **study),
        reading_state=reading,
        claimed_by="",
        provisional=provisional,
        images=3,
        images_scored=2,
    )


def delivery(**overrides):
    values = {
        "id": 1,
        "result": make_result(),
        "destination": "pacs",
        "state": DeliveryState.PENDING,
        "attempts": 2,
        "next_attempt_at": after(90),
        "last_status": "0xA700",
        "sent_at": None,
    }
    return Delivery(**(values | overrides))


def test_the_worklist_says_all_of_an_entry_in_one_line():
    page = shown(worklist_table([entry(provisional=True)], T0, zone=UTC))
    line = line_with("A1", page)
    for part in (
        "1",
        "▲ ▰▰▰▰▰▰▰▰▰▱",
        "abnormal 0.94, wrist, provisional: due in 20 min",
        T0.strftime("%H:%M"),
        after(1200).strftime("%H:%M"),
        "open, 2/3 images",
    ):
        assert part in line
    assert "RESEARCH USE ONLY" in page


def test_entries_keep_their_order_and_the_total_is_told():
    first, second = entry(AccessionNumber="X7"), entry(0.1, AccessionNumber="X8", region=None)
    page = shown(worklist_table([first, second], after(1500), total=40, zone=UTC))
    assert "2 of 40 to read" in page
    assert page.index("X7") < page.index("X8")
    assert "○ ▰▱▱▱▱▱▱▱▱▱" in line_with("X8", page)
    assert "below threshold 0.10: overdue by 5 min" in line_with("X8", page)


def test_a_study_that_is_not_assessed_stands_there_with_its_reason():
    placement = make_placement(600, priority_class=PriorityClass.STAT)
    stat = entry(None, placement=placement, reading=ReadingState.CLAIMED)
    page = shown(worklist_table([stat], T0))
    line = line_with("A1", page)
    assert "◇" in line
    assert "STAT order, not assessed, wrist: no image has been scored yet; due in 10 min" in line
    assert "claimed" in line


def test_uids_are_shown_on_demand():
    assert uid("study", 1) not in shown(worklist_table([entry()], T0))
    assert uid("study", 1) in shown(worklist_table([entry()], T0, uids=True))


@pytest.mark.parametrize("hostile", ["\x1b]0;title\x07", "[bold red]x[/]", "a\nb", "\u202eabc"])
def test_received_text_cannot_steer_the_terminal(hostile):
    page = shown(worklist_table([entry(AccessionNumber=hostile)], T0))
    assert "\x1b" not in page
    assert "\u202e" not in page
    if hostile.startswith("["):
        assert hostile in page


def test_times_of_other_days_carry_their_date():
    page = shown(worklist_table([entry()], T0 + timedelta(days=3), zone=UTC))
    assert T0.strftime("%d %b %H:%M") in page


def test_json_is_the_shared_contract():
    assert worklist_json([entry()]) == list_studies([entry()])


@pytest.mark.parametrize(
    ("overrides", "said"),
    [
        ({}, "pending"),
        ({"next_attempt_at": T0}, "now"),
        ({"state": DeliveryState.PARKED}, "not again by itself"),
        ({"state": DeliveryState.SENT, "sent_at": after(-60)}, "sent"),
    ],
)
def test_the_outbox_says_what_becomes_of_a_delivery(overrides, said):
    line = line_with("pacs", shown(outbox_table([delivery(**overrides)], T0, zone=UTC)))
    assert said in line
    assert "SR" in line
    assert "0xA700" in line


def test_the_outbox_counts_and_tells_of_silent_destinations():
    silent = DestinationHealth(
        destination="pacs", failures=4, next_attempt_at=after(9), last_error="refused"
    )
    fine = DestinationHealth(destination="b", failures=0, next_attempt_at=None, last_error="")
    parked = delivery(state=DeliveryState.PARKED)
    page = shown(outbox_table([delivery(), parked], T0, health=[silent, fine]))
    assert "1 waiting, 1 parked" in page
    assert "pacs does not answer (4 times in a row): refused" in page


def test_the_story_of_a_study():
    images = make_study_images(
        make_scored(0.75, ImageLaterality="L", ViewPosition="PA"),
        make_instance(state=InstanceState.EXCLUDED, reason="the image is a localiser"),
        assessment=make_assessment(0.75),
        region=None,
    )
    events = [
        Event(at=T0, StudyInstanceUID=uid("study", 1), what="instance received", detail="1 image")
    ]
    result = make_result()
    other = delivery(result=make_result(StudyInstanceUID=uid("study", 9)), destination="elsewhere")
    story = study_story(images, events, [result], [delivery(result=result), other], T0, zone=UTC)
    page = shown(story)
    assert uid("study", 1) in page
    assert "0.75" in line_with("L PA", page)
    assert "test-model 1" in line_with("L PA", page)
    assert "the image is a localiser" in line_with("excluded", page)
    assert "instance received" in line_with("1 image", page)
    assert result.SOPInstanceUID in page
    assert "pacs" in page
    assert "elsewhere" not in page
    assert "RESEARCH USE ONLY" in page


def test_a_story_without_deliveries_has_no_outbox():
    assert "Outbox" not in shown(study_story(make_study_images(), [], [], [], T0))
