import re
from dataclasses import replace

import pytest

from tests.factories import after, make_result, uid
from triage_agent.domain.instance import InstanceState
from triage_agent.domain.priority import PriorityClass
from triage_agent.domain.worklist import ReadingState

WARNING = "RESEARCH USE ONLY"


def text_of(response):
    """What a person reads: tags gone, white space single."""
    return re.sub(r"\s+", " ", re.sub(r"<[^>]*>", " ", response.text))


def two_studies(node):
    below = node.receive(StudyInstanceUID=uid("study", 1), AccessionNumber="BELOW")
    node.score(below, 0.1)
    above = node.receive(StudyInstanceUID=uid("study", 2), AccessionNumber="ABOVE")
    node.score(above, 0.95)


def test_the_list_stands_in_order_with_scores_reasons_and_deadlines(node, client):
    two_studies(node)
    node.close()
    said = text_of(client.get("/"))
    assert said.index("ABOVE") < said.index("BELOW")
    for part in (
        "2 to read",
        "abnormal, high",
        "0.95",
        "below threshold",
        "abnormal 0.95, wrist : due in 15 min",
        "limit 15 min, 1 of 1 images scored",
        "due in 15 min",
        "unread closed",
        "wrist",
        "Test, Patient",
    ):
        assert part in said
    assert "provisional" not in said


def test_a_study_that_is_not_assessed_is_on_the_list_with_its_reason(node, client):
    node.receive(state=InstanceState.EXCLUDED, reason="body part KNEE is out of scope", region=None)
    said = text_of(client.get("/"))
    for part in (
        "not assessed, provisional : no image has been scored yet; due in 1 h 30 min",
        "not recognised",
        "no image in scope",
        "no score",
    ):
        assert part in said
    assert "below threshold" not in said


def test_what_is_late_claimed_or_stat_is_marked(node, client):
    two_studies(node)
    node.rows.reading[uid("study", 2)] = (ReadingState.CLAIMED, "someone")
    study = node.rows.studies[uid("study", 2)]
    placement = replace(study.placement, priority_class=PriorityClass.STAT)
    node.rows.studies[uid("study", 2)] = replace(study, placement=placement, generation=2)
    node.clock.advance(3600)
    page = client.get("/")
    said = text_of(page)
    for part in (
        "STAT order , abnormal 0.95, wrist",
        "overdue by 45 min",
        "claimed open",
        "generation 2",
    ):
        assert part in said
    assert re.search(r'class="band-high overdue held"', page.text)


def test_an_empty_list_says_so(client):
    assert "No study waits to be read" in text_of(client.get("/"))


def test_a_long_list_has_pages(node, client):
    for number in range(1, 203):
        node.receive(StudyInstanceUID=uid("study", number), AccessionNumber=f"ACC{number}")
    first, middle, last = (client.get(f"/?offset={offset}") for offset in (0, 100, 200))
    assert "Later places" in first.text
    assert "Earlier places" not in first.text
    assert "Later places" in middle.text
    assert "Earlier places" in middle.text
    assert "201 to 202 of 202" in text_of(last)
    assert "Later places" not in last.text
    assert 'hx-get="/list?offset=100"' in middle.text


def test_the_live_part_is_the_list_of_the_page(node, client):
    two_studies(node)
    part, page = client.get("/list"), client.get("/")
    assert "<html" not in part.text
    assert part.text.strip() in page.text


def test_the_study_page_says_how_the_score_came_about(node, client):
    first = node.receive(ViewPosition="PA", ImageLaterality="L", BodyPartExamined="HAND")
    node.score(first, 0.9)
    second = node.receive(ViewPosition="LATERAL")
    node.score(second, 0.7)
    node.receive(state=InstanceState.EXCLUDED, reason="a report", Rows=None, Modality="SR")
    said = text_of(client.get(f"/studies/{uid('study', 1)}"))
    for part in (
        "(0.900 + 0.700) / 2 = 0.800",
        "Operating point 0.50",
        "L PA",
        "left wrist",
        "region from body part HAND",
        "scored by test-model 1",
        "a report",
        "Test, Patient",
        "P1",
        "due in 40 min",
        "received",
        uid("study", 1),
    ):
        assert part in said, part
    assert "about to be assessed again" not in said


def test_an_image_that_came_since_the_assessment_is_told(node, client):
    node.score(node.receive(), 0.9)
    node.receive()
    said = text_of(client.get(f"/studies/{uid('study', 1)}"))
    assert "about to be assessed again" in said
    assert "waiting to be scored" in said


def test_a_study_without_images_or_score(node, client):
    node.receive(state=InstanceState.EXCLUDED, reason="a report", Rows=None, region=None)
    said = text_of(client.get(f"/studies/{uid('study', 1)}"))
    assert "no image to look at" in said
    assert "Operating point 0.50 for no region" in said
    assert "None yet." in said


def test_the_study_page_tells_of_results_and_deliveries(node, client):
    node.score(node.receive(), 0.9)
    node.close()
    study = node.register.study_images(uid("study", 1)).study
    result = make_result()
    assert node.register.record_report(
        uid("study", 1),
        [result],
        [["pacs"]],
        generation=study.generation,
        revision=study.revision,
        now=after(20),
    )
    [delivery] = node.outbox.deliveries()
    node.outbox.record_failure(delivery.id, "0xA700", next_attempt_at=after(60), now=after(30))
    said = text_of(client.get(f"/studies/{uid('study', 1)}"))
    assert "Structured report" in said
    assert "pacs: pending 1 attempt, 0xA700" in said


def test_a_study_tells_of_its_deliveries_behind_any_number_of_others(node, client):
    for number, results in ((1, 1001), (2, 1)):
        study = uid("study", number)
        node.score(node.receive(StudyInstanceUID=study), 0.9)
        node.close()
        assert node.register.record_report(
            study,
            [make_result(StudyInstanceUID=study) for _ in range(results)],
            [["pacs"] for _ in range(results)],
            generation=1,
            revision=node.register.study_images(study).study.revision,
            now=after(20),
        )
    assert "pacs: pending" in text_of(client.get(f"/studies/{uid('study', 2)}"))
    [result] = client.get(f"/api/v1/studies/{uid('study', 2)}").json()["results"]
    assert [one["state"] for one in result["deliveries"]] == ["pending"]


def test_the_facts_say_when_the_page_shows_too_few_images(node, client):
    node.score(node.receive(), 0.9)
    address = f"/studies/{uid('study', 1)}/facts"
    assert "Load them" not in client.get(f"{address}?shown=1").text
    node.receive()
    assert "Load them" in client.get(f"{address}?shown=1").text


HOSTILE = "<script>alert(1)</script>"


def test_received_text_is_escaped_everywhere(node, client):
    instance = node.receive(
        PatientName=HOSTILE,
        PatientID=HOSTILE,
        AccessionNumber=HOSTILE,
        StudyDescription=HOSTILE,
        PatientSex=HOSTILE,
        PatientBirthDate=HOSTILE,
        ViewPosition=HOSTILE,
        ImageLaterality='" onload="x',
    )
    node.score(instance, 0.9)
    node.receive(reason=HOSTILE, state=InstanceState.UNREADABLE)
    for address in ("/", "/list", f"/studies/{uid('study', 1)}"):
        page = client.get(address)
        assert page.status_code == 200
        assert HOSTILE not in page.text
        assert "&lt;script&gt;" in page.text
        assert '" onload=' not in page.text


def addresses():
    study = f"/studies/{uid('study', 1)}"
    return ["/", "/?offset=5", study, "/nothing-here", "/studies/9.9"]


@pytest.mark.parametrize("address", addresses())
def test_every_page_warns_and_holds_nothing_inline(node, client, address):
    node.score(node.receive(), 0.9)
    page = client.get(address)
    assert WARNING in page.text
    assert "NOT FOR DIAGNOSTIC USE" in page.text
    assert not re.search(r"<script(?![^>]*\ssrc=)", page.text)
    assert not re.search(r"<style|\sstyle=|\son\w+=|javascript:", page.text)
    assert not re.search(r"""(?:src|href)=["'](?!/)""", page.text)  # its own files only


@pytest.mark.parametrize(
    "bad",
    ["9.9", "abc", "1.2.3%0a", "1" * 65, "1.2;drop", "%2e%2e%2fetc", "<b>", "1.2.٣"],
)
def test_a_study_that_is_not_there(client, bad):
    for address in (f"/studies/{bad}", f"/studies/{bad}/facts", f"/studies/{bad}/images/1.png"):
        answer = client.get(address)
        assert answer.status_code == 404
        assert bad not in answer.text
    assert client.get(f"/api/v1/studies/{bad}").status_code == 404


def test_assets_are_served_from_the_package(client):
    page = client.get("/").text
    for address in re.findall(r'(?:src|href)="(/static/[^"]+)"', page):
        assert client.get(address).status_code == 200
    assert client.get("/static/../app.py").status_code == 404
    assert client.get("/static/%2e%2e/app.py").status_code == 404
