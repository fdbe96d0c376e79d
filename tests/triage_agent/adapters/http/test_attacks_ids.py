"""Guessed numbers and names: of studies, of what can be undone, of others' views."""

import pytest

from tests.factories import uid
from tests.triage_agent.adapters.http.signing_in import Browser, let_in
from triage_agent.domain.audit import Deed
from triage_agent.domain.visitor import Role

STUDY, OTHER = uid("study", 1), uid("study", 2)
GUESSES = [
    "1.2.3",
    STUDY + ".1",
    STUDY[:-1],
    "0",
    "1" * 64,
    "1" * 65,
    "1..2",
    "*",
    "%",
    "_",
    "' OR 1=1 --",
    "1.2.3;DROP TABLE study",
    "..%2F..%2Fetc%2Fpasswd",
    "%00",
    f"{STUDY}%00",
    f"{STUDY}%0d%0aSet-Cookie:x=1",
    "\N{FULLWIDTH DIGIT ONE}",
]


@pytest.fixture
def node(node):
    for each in (STUDY, OTHER):
        node.score(node.receive(StudyInstanceUID=each, PatientName="Guarded^Name"), 0.9)
    let_in(node, "jane", Role.READER)
    let_in(node, "john", Role.READER)
    return node


@pytest.fixture
def browsers(node, client_of):
    base_url = str(client_of(node).base_url)
    opened = []

    def signed_in(name):
        browser = Browser(base_url)
        opened.append(browser)
        browser.sign_in(name)
        browser.client.headers["X-CSRF-Token"] = browser.token()
        return browser

    yield signed_in
    for each in opened:
        each.client.close()


@pytest.mark.parametrize("guess", GUESSES)
def test_a_guessed_study_is_nothing_and_shows_nothing(node, browsers, guess):
    jane = browsers("jane")
    lines = len(node.audit.lines)
    for path in ("", "/facts", "/images/1.png", "/images/1/values", "/images/1/heat", "/view.jpg"):
        for base in ("/studies/", "/api/v1/studies/"):
            answer = jane.get(f"{base}{guess}{path}")
            assert answer.status_code in (404, 422), f"{base}{guess}{path}"
            assert "Guarded" not in answer.text
            assert "set-cookie" not in answer.headers
    for deed in ("claim", "release", "read", "verdict", "undo", "hold"):
        answer = jane.client.post(f"/studies/{guess}/{deed}", json={"undo": 1, "generation": 1})
        assert answer.status_code in (404, 405, 409, 422), deed
    done = {Deed.CLAIMED, Deed.RELEASED, Deed.READ, Deed.VERDICT, Deed.UNDONE}
    assert not done & set(node.audit.deeds[lines:])


@pytest.mark.parametrize(
    "number", ["0", "2", "-1", "99999", "1e0", "\N{ARABIC-INDIC DIGIT ONE}", "1.png", "%31%00"]
)
def test_a_guessed_image_is_nothing(browsers, number):
    jane = browsers("jane")
    for path in (f"{number}.png", f"{number}/values", f"{number}/heat"):
        assert jane.get(f"/studies/{STUDY}/images/{path}").status_code == 404


def test_nobody_undoes_what_another_did(node, browsers):
    jane, john = browsers("jane"), browsers("john")
    claimed = jane.client.post(f"/studies/{STUDY}/claim").json()
    number = claimed["undo"]
    assert john.client.post(f"/studies/{STUDY}/undo", json={"undo": number}).status_code == 409
    for guess in (number + 1, number - 1, 0, -1, 2**31, 2**63, 2**70, "1", None, [number]):
        answer = john.client.post(f"/studies/{STUDY}/undo", json={"undo": guess})
        assert answer.status_code in (409, 422), guess
    assert john.client.post(f"/studies/{OTHER}/undo", json={"undo": number}).status_code == 409
    assert jane.client.post(f"/studies/{OTHER}/undo", json={"undo": number}).status_code == 409
    assert node.worklist.entry(STUDY).claimed_by == "jane"
    assert jane.client.post(f"/studies/{STUDY}/undo", json={"undo": number}).status_code == 200


def test_nobody_gives_back_or_reads_what_another_holds(node, browsers):
    jane, john = browsers("jane"), browsers("john")
    jane.client.post(f"/studies/{STUDY}/claim")
    body = {"generation": 1}
    assert john.client.post(f"/studies/{STUDY}/claim").status_code == 409
    assert john.client.post(f"/studies/{STUDY}/read", json=body).status_code == 409
    john.client.post(f"/studies/{STUDY}/release")
    assert node.worklist.entry(STUDY).claimed_by == "jane"


def test_nobody_sees_or_forgets_anothers_views(browsers):
    jane, john = browsers("jane"), browsers("john")
    view = {"name": "Secret hands", "query": "region=HAND"}
    assert jane.client.post("/preferences/views", json=view).status_code == 204
    assert "Secret hands" in jane.get("/").text
    assert "Secret hands" not in john.get("/").text
    john.client.post("/preferences/views/forget", json={"name": "Secret hands"})
    john.client.post("/preferences/views", json={"name": "Secret hands", "query": "region=WRIST"})
    page = jane.get("/").text
    assert "region=HAND" in page
    assert "Secret hands" in page


@pytest.mark.parametrize("member", ["reader", "visitor", "name", "claimed_by", "who", "roles"])
def test_nobody_acts_in_anothers_name(node, browsers, member):
    john = browsers("john")
    john.client.post(f"/studies/{STUDY}/claim?{member}=jane", json={member: "jane"})
    assert node.worklist.entry(STUDY).claimed_by in ("", "john")
    assert {each.who for each in node.audit.lines if each.deed is Deed.CLAIMED} <= {"john"}
