import asyncio

import pytest
from structlog.testing import capture_logs

from tests.factories import make_result, uid
from tests.fakes.web_node import WebNode
from triage_agent.adapters.http.languages.choosing import ENGLISH
from triage_agent.adapters.http.refusals import AnswerFailures
from triage_agent.adapters.http.templating import Templates


class Broken:
    """A port that always fails, with a message that must not get out."""

    def __getattr__(self, name):
        def fail(*_, **__):
            raise RuntimeError("Secret^Name")

        return fail


def test_healthy(client):
    answer = client.get("/healthz")
    assert (answer.status_code, answer.json()) == (200, {"status": "ok", "failed": []})


@pytest.mark.parametrize(("port", "name"), [("worklist", "database"), ("store", "storage")])
def test_unhealthy_names_what_failed(node, client_of, port, name):
    setattr(node, port, Broken())
    answer = client_of(node).get("/healthz")
    assert (answer.status_code, answer.json()) == (503, {"status": "failed", "failed": [name]})


def test_metrics_tell_of_the_node(node, client):
    node.score(node.receive(PatientName="Secret^Name", AccessionNumber="SECRET-ACC"), 0.9)
    node.close()
    study = node.register.study_images(uid("study", 1)).study
    node.register.record_report(
        uid("study", 1),
        [make_result()],
        [["pacs"]],
        generation=1,
        revision=study.revision,
        now=node.clock.now(),
    )
    node.clock.advance(1260)  # the study was due after 1200 s
    said = client.get("/metrics").text
    for line in (
        'triage_node_info{ae_title="TRIAGE",model="test-model 1"} 1.0',
        "triage_worklist_studies 1.0",
        "triage_worklist_overdue_seconds 60.0",
        "triage_storage_free_bytes 1e+09",
        'triage_deliveries{destination="pacs",state="pending"} 1.0',
        'triage_destination_failures{destination="pacs"} 0.0',
    ):
        assert line in said
    for secret in ("Secret", "SECRET-ACC", "P1", uid("study", 1)):
        assert secret not in said


def test_metrics_count_every_delivery(node, client):
    node.score(node.receive(), 0.9)
    node.close()
    made = [make_result() for _ in range(1002)]
    node.register.record_report(
        uid("study", 1),
        made,
        [["pacs"] for _ in made],
        generation=1,
        revision=node.register.study_images(uid("study", 1)).study.revision,
        now=node.clock.now(),
    )
    first, second = node.outbox.deliveries(limit=2)
    node.outbox.record_sent(first.id, "0x0000", now=node.clock.now())
    node.outbox.record_failure(second.id, "0xC000", next_attempt_at=None, now=node.clock.now())
    said = client.get("/metrics").text
    for state, count in (("pending", 1000), ("parked", 1), ("sent", 1)):
        assert f'triage_deliveries{{destination="pacs",state="{state}"}} {count}.0' in said


def test_nothing_is_overdue_on_an_empty_list(client):
    assert "triage_worklist_overdue_seconds 0.0" in client.get("/metrics").text


def test_an_error_is_told_without_what_was_sent(node, client_of):
    node.worklist = Broken()
    client = client_of(node)
    with capture_logs() as logs:
        answer = client.get("/?offset=7")
    assert answer.status_code == 500
    assert "Secret" not in answer.text
    assert logs == [
        {"event": "page_failed", "error": "RuntimeError", "route": "/", "log_level": "error"}
    ]
    assert "RESEARCH USE ONLY" in answer.text
    assert "content-security-policy" in answer.headers


def test_two_nodes_in_one_process_have_their_own_metrics(node, client_of):
    other = WebNode(node.facts)
    other.receive()
    assert "triage_worklist_studies 0.0" in client_of(node).get("/metrics").text
    assert "triage_worklist_studies 1.0" in client_of(other).get("/metrics").text


def test_a_failure_in_the_middle_of_an_answer_is_not_answered_twice(node):
    async def broken(_scope, _receive, send):
        await send({"type": "http.response.start", "status": 200, "headers": []})
        raise RuntimeError("Secret^Name")

    sent = []

    async def send(message):
        sent.append(message)

    async def receive():
        return {"type": "http.request"}

    app = AnswerFailures(broken, templates=Templates(node.facts), choose=lambda *_: ENGLISH)
    with capture_logs() as logs:
        asyncio.run(app({"type": "http", "path": "/"}, receive, send))
    assert [message["type"] for message in sent] == ["http.response.start"]
    assert [log["error"] for log in logs] == ["RuntimeError"]
