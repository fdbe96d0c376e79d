import re

import pytest

from tests.factories import after, make_result, uid
from tests.fakes.web_node import WebNode
from triage_agent.adapters.http.facts import NodeFacts
from triage_agent.domain.audit import Deed
from triage_agent.domain.instance import InstanceState
from triage_agent.domain.region import Region
from triage_agent.domain.visitor import Role
from triage_agent.viewer_settings import ViewerSettings

WARNING = "RESEARCH USE ONLY"


def text_of(response):
    """What a person reads: tags gone, white space single."""
    return re.sub(r"\s+", " ", re.sub(r"<[^>]*>", " ", response.text))


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
        "Model test-model 1",
        "a report",
        "Test, Patient",
        "P1",
        "due in 40 min",
        "received",
        uid("study", 1),
    ):
        assert part in said, part
    assert "about to be assessed again" not in said


def test_the_operating_point_is_said_with_the_regions_it_is_for(node, client):
    node.receive(state=InstanceState.EXCLUDED, reason="a report", region=Region.ELBOW)
    node.score(node.receive(region=Region.WRIST), 0.3)
    node.score(node.receive(region=Region.HAND), 0.4)
    said = text_of(client.get(f"/studies/{uid('study', 1)}"))
    assert "Operating point 0.40 for hand, wrist; abnormal above it" in said


@pytest.mark.parametrize("sides", ["LR", "RL"])
def test_a_study_of_both_sides_is_shown_and_drafted_as_both(node, client, sides):
    for side in sides:
        node.score(node.receive(ImageLaterality=side), 0.1)
    assert "bilateral wrist" in text_of(client.get("/"))
    english = text_of(client.get(f"/studies/{uid('study', 1)}"))
    assert "below threshold 0.10, bilateral wrist" in english
    assert "radiographs of the left and right wrist" in english
    german = text_of(client.get(f"/studies/{uid('study', 1)}", headers={"Accept-Language": "de"}))
    assert "Handgelenk bds." in german
    assert "Handgelenk re. und li." in german


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
    assert "Operating point" not in said
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
    [shown] = re.findall(r"shown=([0-9a-f]+)", client.get(f"/studies/{uid('study', 1)}").text)
    assert "Load them" not in client.get(f"{address}?shown={shown}").text
    late = node.receive()
    told = client.get(f"{address}?shown={shown}").text
    assert "Load them" in told
    [shown] = re.findall(r"shown=([0-9a-f]+)", client.get(f"/studies/{uid('study', 1)}").text)
    assert "Load them" not in client.get(f"{address}?shown={shown}").text
    node.score(late, 0.5)
    assert "Load them" in client.get(f"{address}?shown={shown}").text


def test_looking_at_a_study_is_taken_down_once_a_minute(node, client):
    node.receive()
    study = f"/studies/{uid('study', 1)}"
    for address in (study, f"{study}/facts", study):
        client.get(address)
    lines = [line for line in node.audit.lines if line.deed is Deed.STUDY_VIEWED]
    assert [(line.who, line.StudyInstanceUID) for line in lines] == [("local", uid("study", 1))]


@pytest.mark.parametrize(
    "rest", ["", "/facts", "/images/1.png", "/images/1/values", "/images/1/heat", "/view.jpg"]
)
def test_who_is_no_reader_sees_no_study(node, client_of, rest):
    node.score(node.receive(), 0.9)
    node.visited_by("somebody", Role.ADMINISTRATOR, Role.AUDITOR)
    answer = client_of(node).get(f"/studies/{uid('study', 1)}{rest}")
    assert answer.status_code == 403
    assert "Test, Patient" not in text_of(answer)


def test_other_studies_of_the_patient_are_at_hand(node, client):
    node.score(node.receive(), 0.9)
    node.receive(StudyInstanceUID=uid("study", 2), BodyPartExamined="HAND", region=Region.HAND)
    node.receive(StudyInstanceUID=uid("study", 3), PatientID="P2")
    page = client.get(f"/studies/{uid('study', 1)}").text
    assert f'href="/studies/{uid("study", 2)}"' in page
    assert f'href="/studies/{uid("study", 3)}"' not in page


def test_a_study_opens_in_other_viewers(client_of):
    viewers = (
        ViewerSettings(name="OHIF", url="https://viewer.example/v?s={StudyInstanceUID}"),
        ViewerSettings(name="PACS", url="https://pacs.example/{AccessionNumber}"),
    )
    node = WebNode(NodeFacts(model="test-model 1", ae_title="TRIAGE", viewers=viewers))
    node.receive(AccessionNumber="")
    page = client_of(node).get(f"/studies/{uid('study', 1)}").text
    assert (
        f'<a href="https://viewer.example/v?s={uid("study", 1)}" target="_blank" '
        'rel="noopener noreferrer">Open in OHIF</a>'
    ) in page
    assert "pacs.example" not in page


def test_only_a_study_that_is_not_above_gets_a_draft(node, client):
    node.score(node.receive(), 0.9)
    node.score(node.receive(StudyInstanceUID=uid("study", 2)), 0.1)
    assert 'id="draft"' not in client.get(f"/studies/{uid('study', 1)}").text
    below = client.get(f"/studies/{uid('study', 2)}").text
    assert "NOT READ BY A PERSON" in below
    # The bare word is nowhere a result.
    denied = r"abnormal\w*|not a statement that the study is normal"
    said = text_of(client.get(f"/studies/{uid('study', 2)}"))
    assert "normal" not in re.sub(denied, "", said)


def test_what_is_said_of_a_draft_is_true_of_a_study_that_was_read(node, client):
    instance = node.receive()
    node.score(instance, 0.1)
    study = instance.header.StudyInstanceUID
    node.desk.mark_read(study, "jane", generation=1, images=None, now=after(60))
    page = client.get(f"/studies/{study}").text
    assert "Software wrote this draft, and nobody has checked it." in page
    assert 'data-copied="Copied. It is a draft: nobody has checked it."' in page
    assert "nobody has read" not in page.lower()


def test_the_model_card_is_text_whatever_it_holds(client_of):
    card = f"# Model\n\n- **bold** {HOSTILE}\n\n| a |\n|---|\n| `b` |\n"
    node = WebNode(NodeFacts(model="test-model 1", ae_title="TRIAGE", model_card=card))
    node.receive()
    client = client_of(node)
    assert 'href="/model"' in client.get(f"/studies/{uid('study', 1)}").text
    page = client.get("/model").text
    assert "<h1>Model</h1>" in page
    assert "<li><strong>bold</strong> &lt;script&gt;" in page
    assert '<th scope="col">a</th>' in page
    assert "<td><code>b</code></td>" in page
    assert HOSTILE not in page


def test_without_a_card_there_is_no_page_of_it(node, client):
    node.receive()
    assert 'href="/model"' not in client.get(f"/studies/{uid('study', 1)}").text
    assert client.get("/model").status_code == 404


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
