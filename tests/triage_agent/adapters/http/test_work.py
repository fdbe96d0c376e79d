"""What readers do with studies, through the routes that the pages call."""

import pytest

from tests.factories import after, make_instance, make_opening, uid
from triage_agent.domain.audit import Deed
from triage_agent.domain.reading import Reading
from triage_agent.domain.region import Region
from triage_agent.domain.visitor import Role
from triage_agent.domain.worklist import ReadingState
from triage_agent.errors import DatabaseUnavailable

STUDY = uid("study", 1)
AGREE = {"generation": 1, "judgement": "agree"}


@pytest.fixture
def post(client):
    """Ask the server; the address is that of a deed of the first study unless it is whole."""

    def ask(address, json=None, **options):
        whole = address if address.startswith("/") else f"/studies/{STUDY}/{address}"
        return client.post(whole, json=json, **options)

    return ask


@pytest.fixture
def others(node, client_of):
    """Make the pages of somebody else over the same node."""

    def visitor(name, *roles):
        node.visited_by(name, *roles)
        return client_of(node)

    return visitor


def noted(node):
    return [(line.deed, line.StudyInstanceUID, line.detail) for line in node.audit.lines]


def test_a_study_is_claimed_and_released(node, post):
    node.receive()
    version = node.worklist.version()
    claimed = post("claim")
    assert claimed.status_code == 200
    said = claimed.json()
    assert said | {"undo": 0} == {
        "study_uid": STUDY,
        "address": f"/studies/{STUDY}",
        "state": "claimed",
        "mine": True,
        "claimed_by": "local",
        "claimed_until": "2026-01-01T12:30:00.000Z",
        "open_by": "",
        "open_until": None,
        "read_by": "",
        "read_at": None,
        "generation": 1,
        "images": 1,
        "new_images": 0,
        "verdict": None,
        "undo": 0,
        "undo_seconds": 8,
        "hold_every": 20,
        "when": "12:30",
    }
    assert isinstance(said["undo"], int)
    assert node.worklist.version() != version  # other pages are told
    again = post("claim").json()
    assert (again["state"], again["undo"]) == ("claimed", None)
    released = post("release").json()
    assert (released["state"], released["mine"], released["claimed_by"]) == ("unread", False, "")
    assert post("release").json()["undo"] is None
    assert noted(node) == [(Deed.CLAIMED, STUDY, ""), (Deed.RELEASED, STUDY, "")]
    assert {line.who for line in node.audit.lines} == {"local"}


def test_what_somebody_else_has_is_refused(node, post, others):
    node.receive()
    ann = others("ann", Role.READER)
    assert ann.post(f"/studies/{STUDY}/claim").json()["mine"]
    for deed, body in (("claim", None), ("read", {"generation": 1})):
        refused = post(deed, body)
        assert refused.status_code == 409
        said = refused.json()
        assert (said["kind"], said["claimed_by"]) == ("claimed", "ann")
        assert said["until"] == "2026-01-01T12:30:00.000Z"
        assert said["error"] == "ann has claimed this study."
    assert len(node.audit.lines) == 1
    bob = others("bob", Role.READER)
    assert bob.post(f"/studies/{STUDY}/release").status_code == 409
    assert post("release").json()["state"] == "unread"  # an administrator
    assert noted(node)[-1] == (Deed.RELEASED, STUDY, "ann had it")


def test_a_claim_without_an_end_is_told(node, post):
    node.receive()
    node.rows.reading[STUDY] = Reading(state=ReadingState.CLAIMED, claimed_by="ann")
    assert post("claim").json()["until"] is None


def test_a_study_is_read_with_what_was_shown(node, post):
    node.receive()
    stale = post("read", {"generation": 1, "images": 0})
    assert stale.status_code == 409
    assert (stale.json()["kind"], stale.json()["images"]) == ("stale", 1)
    assert post("read", {"generation": 2}).json()["generation"] == 1
    node.clock.advance(5)
    said = post("read", {"generation": 1, "images": 1}).json()
    assert (said["state"], said["read_by"]) == ("read", "local")
    assert said["read_at"] == "2026-01-01T12:00:05.000Z"
    again = post("read", {"generation": 1})
    assert again.status_code == 409
    assert (again.json()["kind"], again.json()["read_by"]) == ("read", "local")
    assert again.json()["read_at"] == "2026-01-01T12:00:05.000Z"
    assert noted(node) == [(Deed.READ, STUDY, "generation 1")]
    node.receive(received_at=after(60))
    node.clock.advance(60)
    said = post("claim").json()
    assert (said["state"], said["read_by"], said["new_images"]) == ("claimed", "local", 1)


def test_when_a_study_was_read_may_not_be_known(node, post):
    node.receive()
    node.rows.reading[STUDY] = Reading(state=ReadingState.READ)
    assert post("claim").json()["read_at"] is None


def test_a_verdict_is_kept_and_told_without_its_text(node, post, others):
    node.receive()
    disagree = {
        "generation": 1,
        "images": 1,
        "judgement": "disagree",
        "reason": "finding missed",
        "text": "Mr Smith's scaphoid",
    }
    said = post("verdict", disagree).json()
    assert said["verdict"] == {
        "judgement": "disagree",
        "reason": "finding missed",
        "text": "Mr Smith's scaphoid",
        "generation": 1,
        "at": "2026-01-01T12:00:00.000Z",
    }
    for none in (AGREE, AGREE | {"reason": ""}, AGREE | {"reason": None}):
        assert post("verdict", none).json()["verdict"]["reason"] == ""
    assert others("ann", Role.READER).post(f"/studies/{STUDY}/hold").json()["verdict"] is None
    assert noted(node)[0] == (Deed.VERDICT, STUDY, "disagree: finding missed")
    assert "Smith" not in str(node.audit.lines) + str(node.register.events(STUDY))
    assert post("verdict", AGREE | {"generation": 2}).json()["kind"] == "stale"


@pytest.mark.parametrize(
    ("deed", "body"),
    [
        ("read", None),
        ("read", {}),
        ("read", {"generation": 0}),
        ("read", {"generation": 2**31}),
        ("read", {"generation": 1, "images": -1}),
        ("read", {"generation": 1, "other": 1}),
        ("verdict", {"generation": 1}),
        ("verdict", AGREE | {"judgement": "maybe"}),
        ("verdict", AGREE | {"reason": "other"}),
        ("verdict", AGREE | {"judgement": "disagree"}),
        ("verdict", AGREE | {"judgement": "disagree", "reason": ""}),
        ("verdict", AGREE | {"judgement": "disagree", "reason": "boredom"}),
        ("verdict", AGREE | {"text": "x" * 1001}),
        ("undo", {"undo": 0}),
        ("undo", {"undo": 2**63}),
        ("undo", {"undo": "<script>"}),
    ],
)
def test_what_is_not_understood_is_not_done(node, post, deed, body):
    node.receive()
    before = node.worklist.version()
    refused = post(deed, body)
    assert refused.status_code == 422
    assert refused.json()["kind"] == "invalid"
    assert "script" not in refused.text
    assert node.worklist.version() == before
    assert noted(node) == []


def test_a_body_that_is_no_json_is_not_understood(node, post):
    node.receive()
    headers = {"Content-Type": "application/json"}
    assert post("read", content=b"{", headers=headers).status_code == 422


def test_what_was_done_can_be_undone_for_some_seconds(node, post, others):
    node.receive()
    claimed = post("claim").json()["undo"]
    ann = others("ann", Role.READER)
    assert ann.post(f"/studies/{STUDY}/undo", json={"undo": claimed}).status_code == 409
    node.clock.advance(8)
    said = post("undo", {"undo": claimed}).json()
    assert (said["state"], said["undo"]) == ("unread", None)
    read = post("read", {"generation": 1}).json()["undo"]
    node.clock.advance(8.001)
    refused = post("undo", {"undo": read})
    assert (refused.status_code, refused.json()["kind"]) == (409, "nothing to undo")
    assert noted(node) == [
        (Deed.CLAIMED, STUDY, ""),
        (Deed.UNDONE, STUDY, "claimed"),
        (Deed.READ, STUDY, "generation 1"),
    ]


def test_an_open_study_is_held_and_ones_claim_renewed(node, post):
    node.receive()
    post("claim")
    node.clock.advance(600)
    said = post("hold").json()
    assert (said["open_by"], said["open_until"]) == ("local", "2026-01-01T12:11:00.000Z")
    assert said["claimed_until"] == "2026-01-01T12:40:00.000Z"
    assert noted(node) == [(Deed.CLAIMED, STUDY, "")]


def test_the_next_study_is_claimed_and_its_address_told(node, post):
    for number, region in ((1, Region.WRIST), (2, Region.HAND), (3, Region.HAND)):
        instance = make_instance(
            StudyInstanceUID=uid("study", number), region=region, PatientName=f"Smith^N{number}"
        )
        node.register.register(instance, make_opening(number), stat=False, quiet_seconds=10)
    hand = post("/worklist/next?region=HAND").json()
    assert (hand["address"], hand["mine"]) == (f"/studies/{uid('study', 2)}", True)
    found = post("/worklist/next", headers={"X-Worklist-Text": "n3"}).json()
    assert found["study_uid"] == uid("study", 3)
    assert post("/worklist/next").json()["study_uid"] == STUDY
    nothing = post("/worklist/next")
    assert (nothing.status_code, nothing.content) == (204, b"")
    deeds = [(Deed.CLAIMED, uid("study", number), "") for number in (2, 3, 1)]
    assert noted(node) == deeds


def test_what_is_not_there_is_said_to_be_unknown(post):
    bodies = {"read": {"generation": 1}, "verdict": AGREE, "undo": {"undo": 1}}
    for deed in ("claim", "release", "read", "verdict", "undo", "hold"):
        refused = post(f"/studies/1.2.3/{deed}", bodies.get(deed))
        assert (refused.status_code, refused.json()["kind"]) == (404, "unknown")
    assert post("/studies/x/claim").status_code == 404
    assert post("/studies/x/read", {"generation": 1}).status_code == 404


@pytest.mark.parametrize("deed", ["claim", "release", "read", "verdict", "undo", "hold"])
def test_only_readers_may(node, others, deed):
    node.receive()
    clerk = others("clerk", Role.ADMINISTRATOR, Role.AUDITOR)
    version = node.worklist.version()
    assert clerk.post(f"/studies/{STUDY}/{deed}", json={}).status_code == 403
    assert clerk.post("/worklist/next").status_code == 403
    assert node.worklist.version() == version


def test_a_request_without_the_token_changes_nothing(node, client):
    node.receive()
    refused = client.post(f"/studies/{STUDY}/claim", headers={"X-CSRF-Token": "another"})
    assert refused.status_code == 403
    assert node.desk.reading(STUDY).claimed_by == ""


def test_a_database_that_is_away_is_said_to_be(node, post):
    def away():
        raise DatabaseUnavailable("away")

    node.receive()
    node.clock.now = away
    refused = post("claim")
    assert (refused.status_code, refused.json()["kind"]) == (503, "unavailable")
