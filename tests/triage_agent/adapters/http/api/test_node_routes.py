"""What programs learn of the node itself and of its interface, over the real server."""

import re
from html import escape

from tests.contracts.webhook_ports import make_rule
from tests.factories import T0, after, uid
from triage_agent.domain.visitor import Role


def test_the_model_and_figures_for_anybody_who_is_let_in(client_as):
    auditor = client_as(Role.AUDITOR)
    assert auditor.get("/model").json() == {
        "model": "test-model 1",
        "ae_title": "TRIAGE",
        "card": "# A card",
    }
    metrics = auditor.get("/metrics")
    assert metrics.headers["content-type"].startswith("text/plain")
    assert "triage_worklist_studies 0.0" in metrics.text


def test_the_webhooks_and_how_far_they_have_come(node, client_as):
    node.webhooks.enlist(["board", "ris"])
    node.score(node.receive(StudyInstanceUID=uid("study", 4)), 0.9)
    node.webhooks.announce(make_rule("board"), now=T0, limit=100)
    node.webhooks.record_unreachable("board", "no answer", next_attempt_at=after(5))
    ris, board = client_as(Role.ADMINISTRATOR).get("/webhooks").json()
    assert (ris["name"], ris["when"], ris["failures"]) == ("ris", "abnormal", 0)
    assert ris["events"] == ["study.closed", "study.placed"]
    assert board == {
        "name": "board",
        "events": ["study.placed"],
        "when": "all",
        "pending": 1,
        "parked": 0,
        "sent": 0,
        "failures": 1,
        "next_attempt_at": "2026-01-01T12:00:05.000Z",
        "last_error": "no answer",
    }


def test_the_health_is_told_to_administrators(client_as):
    assert client_as(Role.ADMINISTRATOR).get("/health").json()["findings"]


def test_a_failure_says_nothing_of_what_was_sent(node, reader, capfd):
    node.worklist.page = None  # a fault of the node
    answer = reader.get("/worklist?claimed_by=Secret")
    assert answer.status_code == 500
    assert answer.headers["content-type"] == "application/problem+json"
    assert "Secret" not in answer.text
    said = capfd.readouterr()
    assert "Secret" not in said.out + said.err


def test_the_page_lists_every_operation_and_loads_nothing_from_elsewhere(client_as):
    client = client_as(Role.AUDITOR)
    document = client.get("/openapi.json").json()
    assert document["openapi"].startswith("3.1")
    page = client.get("/")
    assert page.headers["content-type"].startswith("text/html")
    for path, methods in document["paths"].items():
        for method, operation in methods.items():
            assert f"{method.upper()} /api/v1{path}" in page.text
            assert escape(operation["summary"]).replace("&#x27;", "&#39;") in page.text
            assert {"401", "403", "422", "429", "503"} <= set(operation["responses"])
    loaded = re.findall(r'(?:src|href|action)="([^"]*)"', page.text)
    assert len(loaded) > 5
    assert [each for each in loaded if not re.match(r"/(?!/)", each)] == []


def test_the_document_is_for_clients_of_any_kind(reader):
    document = reader.get("/openapi.json").json()
    assert document["servers"] == [{"url": "/api/v1"}]
    assert document["components"]["securitySchemes"]["token"]["scheme"] == "bearer"
    names = [op["operationId"] for path in document["paths"].values() for op in path.values()]
    assert len(set(names)) == len(names)
    assert "HTTPValidationError" not in str(document)
