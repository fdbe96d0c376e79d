"""What programs get and do with studies, over the real server."""

from urllib.parse import quote

import pytest

from tests.factories import T0, after, make_result, uid
from triage_agent.adapters.http.api.models import WorklistStudy
from triage_agent.domain.audit import Deed
from triage_agent.domain.region import Region
from triage_agent.domain.visitor import Role
from triage_agent.errors import DatabaseUnavailable
from triage_agent.prioritise.listing import ListedStudy, list_studies


@pytest.fixture
def studies(node):
    """Three studies: the most urgent is number 2, the least number 1."""
    for number, probability in ((1, 0.2), (2, 0.9), (3, 0.6)):
        region = Region.HAND if number == 3 else Region.WRIST
        instance = node.receive(
            StudyInstanceUID=uid("study", number), region=region, PatientName=f"Secret{number}^Name"
        )
        node.score(instance, probability)
    return [uid("study", number) for number in (2, 3, 1)]


def uids(answer):
    assert answer.status_code == 200, answer.text
    return [each["study_uid"] for each in answer.json()]


def test_the_document_tells_every_key_of_the_list():
    assert set(WorklistStudy.model_fields) == set(ListedStudy.__annotations__)


@pytest.mark.usefixtures("studies")
def test_the_worklist_is_that_of_the_command_line(node, reader):
    answer = reader.get("/worklist")
    assert answer.json() == list_studies(node.worklist.page(limit=10))
    assert answer.headers["x-total-count"] == "3"
    assert "Secret" not in answer.text
    assert node.audit.lines[-1].deed is Deed.LIST_VIEWED
    assert node.audit.lines[-1].who == "api:reader"


@pytest.mark.parametrize(
    ("query", "places"),
    [
        ("limit=1&offset=1", [1]),
        ("region=HAND", [1]),
        ("region=HAND&region=WRIST", [0, 1, 2]),
        ("sort=-priority", [2, 1, 0]),
        ("band=below", [2]),
        ("state=read", []),
        ("hours=1&sort=score", [2, 1, 0]),
        ("unknown=parameter", [0, 1, 2]),
    ],
)
def test_the_worklist_is_filtered_ordered_and_paged(studies, reader, query, places):
    assert uids(reader.get(f"/worklist?{query}")) == [studies[place] for place in places]


def test_what_is_searched_for_comes_in_a_header(node, studies, reader):
    assert uids(reader.get("/worklist", headers={"X-Worklist-Text": quote("secret3")})) == [
        studies[1]
    ]
    assert "secret3" not in node.audit.lines[-1].detail
    answer = reader.get("/worklist?text=secret3")
    assert answer.status_code == 422
    assert answer.json()["parameter"] == "text"
    assert "X-Worklist-Text" in answer.json()["allowed"]
    assert "secret3" not in answer.text


@pytest.mark.parametrize(
    ("query", "parameter"),
    [
        ("region=KNEE", "region"),
        ("sort=beauty", "sort"),
        ("overdue=perhaps", "overdue"),
        ("from=yesterday", "from"),
        ("hours=0", "hours"),
        ("limit=0", "limit"),
        ("offset=-1", "offset"),
    ],
)
def test_a_parameter_that_means_nothing_is_refused(reader, query, parameter):
    answer = reader.get(f"/worklist?{query}")
    assert answer.status_code == 422
    assert answer.headers["content-type"] == "application/problem+json"
    assert answer.json()["kind"] == "invalid"
    assert answer.json()["parameter"] == parameter
    assert query.split("=")[1] not in answer.json()["detail"]


def test_a_study_and_its_images(node, studies, reader):
    node.close()
    study = node.register.study_images(studies[0]).study
    node.register.record_report(
        studies[0],
        [make_result(StudyInstanceUID=studies[0], SOPInstanceUID="1.2.3")],
        [["pacs"]],
        generation=study.generation,
        revision=study.revision,
        now=after(20),
    )
    said = reader.get(f"/studies/{studies[0]}")
    assert node.audit.lines[-1].StudyInstanceUID == studies[0]
    facts = said.json()
    assert facts["study"]["study_uid"] == studies[0]
    assert facts["study"]["place"] is None
    assert facts["results"][0]["deliveries"][0]["state"] == "pending"
    assert [each["what"] for each in facts["events"]][:2] == ["received", "opened"]
    images = reader.get(f"/studies/{studies[0]}/images").json()
    assert images == facts["images"]
    assert (images[0]["number"], images[0]["probability"]) == (1, 0.9)
    assert (images[0]["rows"], images[0]["columns"], images[0]["modality"]) == (64, 48, "DX")
    assert "Secret" not in said.text
    for path in ("/studies/1.2.3", "/studies/1.2.3/images", "/studies/not-a-uid"):
        assert reader.get(path).status_code == 404


def test_work_from_claim_to_verdict_and_undo(node, studies, reader):
    claimed = reader.post("/worklist/next?region=HAND").json()
    assert (claimed["study_uid"], claimed["mine"]) == (studies[1], True)
    assert claimed["claimed_by"] == "api:reader"
    path = f"/studies/{studies[1]}"
    assert reader.post(f"{path}/release").json()["state"] == "unread"
    assert reader.post(f"{path}/claim").json()["state"] == "claimed"
    assert reader.post(f"{path}/hold").json()["open_by"] == "api:reader"
    said = {"generation": 1, "judgement": "disagree", "reason": "false alarm", "text": "casts"}
    judged = reader.post(f"{path}/verdict", json=said).json()
    assert judged["verdict"]["reason"] == "false alarm"
    read = reader.post(f"{path}/read", json={"generation": 1, "images": 1}).json()
    assert read["state"] == "read"
    undone = reader.post(f"{path}/undo", json={"undo": read["undo"]}).json()
    assert undone["state"] == "claimed"
    deeds = [line.deed for line in node.audit.lines if line.StudyInstanceUID == studies[1]]
    assert deeds == [
        Deed.CLAIMED,
        Deed.RELEASED,
        Deed.CLAIMED,
        Deed.VERDICT,
        Deed.READ,
        Deed.UNDONE,
    ]


def test_there_may_be_nothing_to_claim(reader):
    answer = reader.post("/worklist/next")
    assert (answer.status_code, answer.content) == (204, b"")


def test_who_was_first_is_told(node, studies, reader):
    node.desk.claim(studies[0], "anna", now=T0, until=after(600))
    path = f"/studies/{studies[0]}"
    for answer in (
        reader.post(f"{path}/claim"),
        reader.post(f"{path}/release"),
        reader.post(f"{path}/read", json={"generation": 1}),
    ):
        assert answer.status_code == 409
        told = answer.json()
        assert (told["kind"], told["claimed_by"]) == ("claimed", "anna")
        assert told["type"] == "urn:triage-agent:problem:claimed"
        assert told["until"] == "2026-01-01T12:10:00.000Z"
    stale = reader.post(f"/studies/{studies[1]}/read", json={"generation": 7})
    assert (stale.status_code, stale.json()["generation"]) == (409, 1)
    late = reader.post(f"/studies/{studies[1]}/undo", json={"undo": 99})
    assert (late.status_code, late.json()["kind"]) == (409, "nothing to undo")


@pytest.mark.parametrize(
    ("deed", "body"),
    [
        ("read", {}),
        ("read", {"generation": "x"}),
        ("read", {"generation": 1, "more": 1}),
        ("verdict", {"generation": 1, "judgement": "disagree"}),
        ("verdict", {"generation": 1, "judgement": "agree", "reason": "other"}),
        ("verdict", {"generation": 1, "judgement": "maybe"}),
        ("undo", {"undo": -1}),
    ],
)
def test_a_body_that_means_nothing_is_refused(studies, reader, deed, body):
    answer = reader.post(f"/studies/{studies[0]}/{deed}", json=body)
    assert (answer.status_code, answer.json()["kind"]) == (422, "invalid")


def test_a_body_that_is_no_text_is_refused(studies, reader):
    headers = {"Content-Type": "application/json"}
    for body in (b"\xff\xfe", b"{", b""):
        path = f"/studies/{studies[0]}/read"
        assert reader.post(path, content=body, headers=headers).status_code == 422


ONLY_READERS = [
    ("get", "/worklist"),
    ("get", "/studies/1.2"),
    ("get", "/studies/1.2/images"),
    ("get", "/events"),
    ("get", "/events/stream"),
    ("post", "/worklist/next"),
    *(("post", f"/studies/1.2/{deed}") for deed in ("claim", "release", "hold")),
]
ONLY_ADMINISTRATORS = [("get", "/health"), ("get", "/webhooks")]


@pytest.mark.parametrize(
    ("role", "requests"),
    [
        (Role.ADMINISTRATOR, ONLY_READERS),
        (Role.AUDITOR, ONLY_READERS + ONLY_ADMINISTRATORS),
        (Role.READER, ONLY_ADMINISTRATORS),
    ],
)
def test_a_role_does_what_it_may(node, client_as, role, requests):
    client = client_as(role)
    for method, path in requests:
        answer = client.request(method, path)
        assert (path, answer.status_code) == (path, 403)
        assert answer.json()["kind"] == "forbidden"
        assert node.audit.lines[-1].deed is Deed.REFUSED
        assert "/api/v1/" in node.audit.lines[-1].detail


def test_nobody_gets_nothing(client_as):
    nobody = client_as(None)
    for method, path in (*ONLY_READERS, *ONLY_ADMINISTRATORS, ("get", "/openapi.json")):
        answer = nobody.request(method, path)
        assert (path, answer.status_code) == (path, 401)
        assert answer.headers["content-type"] == "application/problem+json"
        assert answer.headers["www-authenticate"].startswith("Bearer")


def test_a_database_that_does_not_answer_is_told(node, reader):
    node.tokens.error = DatabaseUnavailable("locked")
    answer = reader.get("/worklist")
    assert answer.status_code == 503
    assert answer.headers["content-type"] == "application/problem+json"


def test_what_the_trail_cannot_take_nobody_gets(node, studies, reader):
    node.audit.error = DatabaseUnavailable("locked")
    for path in ("/worklist", f"/studies/{studies[0]}", f"/studies/{studies[0]}/images"):
        answer = reader.get(path)
        assert answer.status_code == 503
        assert studies[0] not in answer.text
