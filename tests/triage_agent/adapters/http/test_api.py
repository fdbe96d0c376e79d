import pytest

from tests.factories import after, make_result, uid
from triage_agent.domain.instance import InstanceState
from triage_agent.domain.reading import Reading
from triage_agent.domain.worklist import ReadingState
from triage_agent.prioritise.listing import list_studies


def test_the_worklist_is_the_contract_for_scripts(node, client):
    for number, probability in ((1, 0.2), (2, 0.9), (3, 0.6)):
        node.score(node.receive(StudyInstanceUID=uid("study", number)), probability)
    answer = client.get("/api/v1/worklist")
    assert answer.json() == list_studies(node.worklist.page(limit=10))
    assert [one["study_uid"] for one in answer.json()] == [uid("study", n) for n in (2, 3, 1)]
    assert answer.headers["X-Total-Count"] == "3"
    [second] = client.get("/api/v1/worklist?offset=1&limit=1").json()
    assert second == answer.json()[1]


def test_a_study_with_all_that_is_known_of_it_but_the_patient(node, client):
    node.score(node.receive(PatientName="Secret^Name"), 0.9)
    node.receive(state=InstanceState.EXCLUDED, reason="a report", region=None)
    node.close()
    study = node.register.study_images(uid("study", 1)).study
    node.register.record_report(
        uid("study", 1),
        [make_result(SOPInstanceUID="1.2.3"), make_result(SOPInstanceUID="1.2.4")],
        [["pacs"], ["pacs"]],
        generation=study.generation,
        revision=study.revision,
        now=after(20),
    )
    sent, _ = node.outbox.deliveries()
    node.outbox.record_sent(sent.id, "0x0000", now=after(30))
    answer = client.get(f"/api/v1/studies/{uid('study', 1)}")
    said = answer.json()
    assert said["study"] == list_studies([node.worklist.entry(uid("study", 1))])[0] | {
        "place": None
    }
    scored, excluded = said["images"]
    assert scored["probability"] == 0.9
    assert scored["recognised_by"] == "body part WRIST"
    assert (excluded["state"], excluded["reason"]) == ("excluded", "a report")
    assert excluded["recognised_by"] == ""
    assert said["events"][0]["what"] == "received"
    by_uid = {result["sop_instance_uid"]: result for result in said["results"]}
    assert set(by_uid) == {"1.2.3", "1.2.4"}
    deliveries = [one for result in said["results"] for one in result["deliveries"]]
    assert {one["state"] for one in deliveries} == {"sent", "pending"}
    assert "2026-01-01T12:00:30.000Z" in {one["sent_at"] for one in deliveries}
    assert "Secret" not in answer.text


def test_a_study_that_is_read_is_still_told(node, client):
    node.receive()
    node.rows.reading[uid("study", 1)] = Reading(state=ReadingState.READ)
    assert client.get("/api/v1/worklist").json() == []
    assert client.get(f"/api/v1/studies/{uid('study', 1)}").json()["study"]["state"] == "read"


@pytest.mark.parametrize(
    ("address", "status"),
    [
        ("/api/v1/studies/1.2.3", 404),
        ("/api/v1/studies/x", 404),
        ("/api/v1/x", 404),
        ("/api/v2/worklist", 404),
        ("/api/v1/worklist?limit=x", 422),
    ],
)
def test_refusals_are_problems(client, address, status):
    answer = client.get(address)
    assert answer.status_code == status
    assert answer.headers["content-type"] == "application/problem+json"
    told = answer.json()
    assert told["status"] == status
    assert set(told) >= {"type", "title", "status", "detail"}
    assert told["error"] == told["detail"]  # what programs read before there was more


def test_nothing_can_be_written(client):
    for method in ("post", "put", "delete", "patch"):
        assert getattr(client, method)("/api/v1/worklist").status_code == 405
