"""The administrator's page: what it says, who may see it, and what its buttons do."""

import re
from dataclasses import replace
from datetime import timedelta

import pytest

from tests.contracts.health_ports import TODAY, make_arrivals, make_beat
from tests.factories import T0, after, make_instance, make_result, uid
from tests.fakes.web_node import CSRF_TOKEN
from triage_agent.domain.audit import Deed
from triage_agent.domain.delivery import DeliveryState
from triage_agent.domain.visitor import Role
from triage_agent.shown_settings import ShownSetting, Source

TOKEN = {"X-CSRF-Token": CSRF_TOKEN}
PAGES = ("/health", "/health/state", "/health/figures", "/api/v1/health")
HOSTILE = '"><img src=x one'


def text_of(response):
    """What a person reads: tags gone, white space single."""
    return re.sub(r"\s+", " ", re.sub(r"<[^>]*>", " ", response.text))


def live(node, **facts):
    """Have every role tell of itself."""
    said = {
        "receive": {"port": 11112, "listener_seconds": 0.01},
        "infer": {"model": "test-model 1", "runtime": "onnxruntime, cpu"},
        "deliver": {"destinations": ["pacs"]},
        "web": {"url": "http://127.0.0.1:8080/"},
    }
    for role, own in said.items():
        node.health.beat(make_beat(role, facts=own | facts.get(role, {})))


def report(node, number=1):
    """Bring a study so far that a result waits for `pacs`."""
    image = node.receive(StudyInstanceUID=uid("study", number))
    node.score(image, 0.9)
    node.close()
    study = node.register.study_images(uid("study", number)).study
    assert node.register.record_report(
        uid("study", number),
        [make_result(StudyInstanceUID=uid("study", number))],
        [["pacs"]],
        generation=1,
        revision=study.revision,
        now=node.clock.now(),
    )


def test_a_node_that_is_well_says_so(node, client):
    live(node)
    node.health.beat(make_beat("receive", facts={"port": 1, "listener_seconds": 1}))
    node.health.beat(make_beat("web"), arrivals=[make_arrivals()])
    said = text_of(client.get("/health"))
    assert said.count("failed") == said.count("Nothing failed") == 2
    for part in (
        "Port 1 takes associations and answers C-ECHO.",
        "test-model 1 scores: onnxruntime, cpu",
        "CR1 sent its last image 0 s ago.",
        "pacs takes what it gets (waiting: 0).",
        "No object is in quarantine.",
        "Nothing failed in the last 24 hours.",
        "RESEARCH USE ONLY",
    ):
        assert part in said


def test_what_is_wrong_says_what_to_do(node, client):
    live(node, receive={"listener_error": "no association: connection refused"})
    before = after(-4 * 3600)
    node.health.beat(make_beat("web"), arrivals=[make_arrivals("DX_ER", last_at=before)])
    node.receive(received_at=after(-180))
    conflict = make_instance(source_ae_title="CR7", received_at=after(-60))
    node.register.record_conflict(conflict, conflict.stored, now=T0)
    said = text_of(client.get("/health"))
    for part in (
        "Port 11112 does not take associations: no association: connection refused",
        "Images wait at their senders. Look at the log of the role receive.",
        "No images from DX_ER for 4 h.",
        "Images that wait for their score: 1, the oldest for 3 min.",
        "Objects in quarantine: 1, the newest since 1 min, from CR7.",
    ):
        assert part in said


@pytest.mark.parametrize("address", PAGES)
def test_only_administrators_see_it(node, client_of, address):
    node.visited_by("reader", Role.READER, Role.AUDITOR)
    client = client_of(node)
    assert client.get(address).status_code == 403
    for act in ("retry", "park"):
        answer = client.post(f"/health/destinations/pacs/{act}", headers=TOKEN)
        assert answer.status_code == 403
    # Refusals are taken down too; nothing was done.
    deeds = {each.deed for each in node.audit.lines}
    assert deeds <= {Deed.REFUSED}


@pytest.mark.parametrize("address", PAGES)
def test_administrators_need_no_other_role(node, client_of, address):
    node.visited_by("admin", Role.ADMINISTRATOR)
    assert client_of(node).get(address).status_code == 200


def test_titles_and_errors_from_outside_are_only_text(node, client):
    live(node, infer={"runtime": HOSTILE})
    node.health.beat(
        make_beat("web", host=HOSTILE),
        arrivals=[make_arrivals(HOSTILE), make_arrivals("%(x)s %%")],
    )
    report(node)
    node.outbox.record_unreachable("pacs", HOSTILE, next_attempt_at=after(60), now=T0)
    for measure in node.rows.measures:
        node.rows.measures[measure] = replace(node.rows.measures[measure], ae_title=HOSTILE)
    for address in ("/health", "/health/state", "/health/figures"):
        page = client.get(address).text
        assert "<img" not in page
    assert "&#34;&gt;&lt;img src=x" in client.get("/health").text
    assert "%(x)s %%" in text_of(client.get("/health"))
    said = client.get("/metrics").text
    assert 'triage_device_images_today{ae_title="\\"><img src=x one"} 2.0' in said


def test_a_page_has_no_inline_script_or_style(node, client):
    live(node)
    report(node)
    page = client.get("/health").text
    assert not re.search(r"<style|style=|<script>|\son\w+=|javascript:", page)


def test_retry_makes_results_due_and_is_taken_down(node, client):
    report(node)
    (delivery,) = node.outbox.deliveries(destination="pacs")
    node.outbox.record_failure(delivery.id, "0xA900 no", next_attempt_at=None, now=T0)
    assert "Parked results for pacs: 1. 0xA900 no" in text_of(client.get("/health"))
    answer = client.post("/health/destinations/pacs/retry", headers=TOKEN)
    assert answer.status_code == 200
    assert "pacs: results that are due now: 1." in text_of(answer)
    (delivery,) = node.outbox.deliveries(destination="pacs")
    assert delivery.state is DeliveryState.PENDING
    (line,) = (each for each in node.audit.lines if each.deed is Deed.DELIVERY_RETRIED)
    assert (line.who, line.detail, line.StudyInstanceUID) == ("local", "pacs", "")


def test_park_stops_what_waits_and_is_taken_down(node, client):
    report(node)
    answer = client.post("/health/destinations/pacs/park", headers=TOKEN)
    assert "pacs: results that are parked until you retry: 1." in text_of(answer)
    (delivery,) = node.outbox.deliveries(destination="pacs")
    assert delivery.state is DeliveryState.PARKED
    assert [each.deed for each in node.audit.lines] == [Deed.DELIVERY_PARKED]


@pytest.mark.parametrize("headers", [{}, {"X-CSRF-Token": "another"}])
@pytest.mark.parametrize("act", ["retry", "park"])
def test_without_the_token_nothing_is_done(node, client, act, headers):
    report(node)
    before = node.outbox.deliveries()
    del client.headers["X-CSRF-Token"]
    answer = client.post(f"/health/destinations/pacs/{act}", headers=headers)
    assert answer.status_code == 403
    assert client.get(f"/health/destinations/pacs/{act}").status_code in {404, 405}
    assert node.outbox.deliveries() == before
    assert node.audit.lines == []


@pytest.mark.parametrize("name", ["other", "PACS", "..%2fpacs", "pa cs", "x" * 64])
def test_a_destination_that_is_none_is_not_found(node, client, name):
    report(node)
    answer = client.post(f"/health/destinations/{name}/park", headers=TOKEN)
    assert answer.status_code == 404
    assert node.outbox.deliveries()[0].state is DeliveryState.PENDING


def test_nothing_is_done_that_cannot_be_taken_down(node, client_of):
    report(node)

    class FullTrail:
        def record(self, line):
            raise OSError(line)

    node.audit = FullTrail()
    answer = client_of(node).post("/health/destinations/pacs/park", headers=TOKEN)
    assert answer.status_code == 500
    assert node.outbox.deliveries()[0].state is DeliveryState.PENDING


@pytest.mark.parametrize("days", ["0", "2", "seven", "1e9", ""])
def test_other_periods_are_none(client, days):
    assert client.get(f"/health?days={days}").status_code == 404


def test_figures_are_by_region_and_device(node, client):
    for number, probability in ((1, 0.97), (2, 0.97), (3, 0.1)):
        image = node.receive(StudyInstanceUID=uid("study", number), received_at=after(-7))
        node.score(image, probability)
    said = text_of(client.get("/health/figures?days=30"))
    assert "WRIST 3 2 / 3 67 %" in said
    assert "MODALITY 3 2 / 3 67 %" in said
    assert "half of them (p50): 7.0 s" in said
    assert "12:00 3 7.0 s 7.0 s 3 7.0 s 7.0 s" in said
    page = client.get("/health/figures?days=30").text
    assert re.search(r'aria-current="true">30 days', page)
    assert 'aria-label="0.10–0.15: 1; 0.95–1.00: 2"' in page  # noqa: RUF001


def test_figures_are_counted_once_a_minute(node, client):
    node.score(node.receive(), 0.9)
    assert "WRIST 1 " in text_of(client.get("/health/figures"))
    node.score(node.receive(StudyInstanceUID=uid("study", 2)), 0.9)
    node.clock.advance(59)
    assert "WRIST 1 " in text_of(client.get("/health/figures"))
    node.clock.advance(1)
    assert "WRIST 2 " in text_of(client.get("/health/figures"))


def test_settings_are_shown_with_their_source(node, client_of):
    setting = ShownSetting(path="dicom.port", value="104", source=Source.FILE)
    node.facts = replace(node.facts, settings=(setting,))
    assert "dicom.port 104 file" in text_of(client_of(node).get("/health"))


def test_the_document_tells_the_same(node, client):
    live(node)
    node.health.beat(
        make_beat("web"),
        arrivals=[
            make_arrivals("CR1"),
            make_arrivals("OLD", day=TODAY - timedelta(days=20), last_at=T0 - timedelta(days=20)),
        ],
    )
    report(node)
    answer = client.get("/api/v1/health?days=1")
    document = answer.json()
    assert document["at"] == "2026-01-01T12:00:00Z"
    assert document["level"] == "ok"
    assert {each["role"] for each in document["roles"]} == {"receive", "infer", "deliver", "web"}
    assert [(each["ae_title"], each["gone"]) for each in document["devices"]] == [
        ("CR1", False),
        ("OLD", True),
    ]
    (pacs,) = document["destinations"]
    assert (pacs["name"], pacs["pending"], pacs["level"]) == ("pacs", 1, "ok")
    assert document["queues"]["waiting_for_score"] == 0
    assert document["disk"]["free_bytes"] == node.store.free_bytes()
    assert document["scores"]["days"] == 1
    assert document["scores"]["overall"]["flagged"] == 1
    assert len(document["speed"]["hours"]) == 24
    found = {(each["part"], each["subject"]): each for each in document["findings"]}
    assert found["listener", ""]["found"] == "Port 11112 takes associations and answers C-ECHO."
    assert found["listener", ""]["advice"] is None


@pytest.mark.parametrize("secret", ["Test^Patient", "19700101", "A1", "P1"])
def test_nothing_is_said_of_a_patient(node, client, secret):
    report(node)
    late = node.receive(StudyInstanceUID=uid("study", 2))
    node.register.record_unreadable(late.header.SOPInstanceUID, "torn", now=T0)
    for address in ("/health", "/api/v1/health", "/metrics"):
        assert not re.search(rf"\b{re.escape(secret)}\b", text_of(client.get(address)))


def test_metrics_tell_of_health(node, client):
    live(node)
    node.health.beat(make_beat("web"), arrivals=[make_arrivals("CR1")])
    node.receive(received_at=after(-5))
    node.score(node.receive(StudyInstanceUID=uid("study", 2), received_at=after(-9)), 0.9)
    said = client.get("/metrics").text
    for line in (
        'triage_health_level{part="listener"} 0.0',
        'triage_role_beat_age_seconds{host="node-1",role="infer"} 0.0',
        f'triage_device_last_image_timestamp_seconds{{ae_title="CR1"}} {T0.timestamp()!r}'.replace(
            "1767268800.0", "1.7672688e+09"
        ),
        'triage_device_images_today{ae_title="CR1"} 2.0',
        'triage_queue{step="score"} 1.0',
        "triage_queue_score_oldest_seconds 5.0",
        "triage_quarantine_objects 0.0",
        "triage_storage_watermark_bytes 0.0",
        'triage_placed_seconds_day{quantile="0.95"} 9.0',
    ):
        assert line in said, line
