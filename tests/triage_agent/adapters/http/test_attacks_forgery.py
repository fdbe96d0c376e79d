"""Other sites, and people without the right, ask a signed-in browser for every change there is."""

from contextlib import ExitStack

import pytest

from tests.triage_agent.adapters.http.all_routes import STUDY, address_of, routes_of
from tests.triage_agent.adapters.http.signing_in import PASSWORD, Browser, let_in
from triage_agent.domain.audit import Deed
from triage_agent.domain.visitor import Role

SIGN_IN = ("POST", "/sign-in")  # has a token of its own: test_sign_in.py
FORGERIES = {
    "no token": {},
    "an empty token": {"X-CSRF-Token": ""},
    "a made-up token": {"X-CSRF-Token": "0" * 64},
    "another site with the token": {"X-CSRF-Token": "right", "Sec-Fetch-Site": "cross-site"},
    "a neighbour with the token": {"X-CSRF-Token": "right", "Sec-Fetch-Site": "same-site"},
    "an old browser elsewhere": {"X-CSRF-Token": "right", "Origin": "https://evil.example"},
    "a page of no origin": {"X-CSRF-Token": "right", "Origin": "null"},
}


@pytest.fixture
def node(node):
    node.score(node.receive(StudyInstanceUID=STUDY), 0.9)
    let_in(node, "jane", *Role)
    let_in(node, "mallory", *Role)
    return node


@pytest.fixture
def browsers(node, client_of):
    base_url = str(client_of(node).base_url)
    with ExitStack() as ending:

        def signed_in(name):
            browser = Browser(base_url)
            ending.callback(browser.client.close)
            assert browser.sign_in(name).status_code == 303
            return browser

        yield signed_in


@pytest.fixture
def changes(node):
    found = [each for each in routes_of(node.app()) if each[0] != "GET" and each != SIGN_IN]
    assert len(found) > 10
    return found


def reading(node):
    return [(each.reading_state, each.claimed_by) for each in node.worklist.page(limit=9)]


@pytest.mark.parametrize("forgery", FORGERIES)
def test_no_change_is_made_that_a_page_of_ours_did_not_ask_for(node, browsers, changes, forgery):
    jane = browsers("jane")
    headers = {**FORGERIES[forgery]}
    if headers.get("X-CSRF-Token") == "right":
        headers["X-CSRF-Token"] = jane.token()
    before, lines = reading(node), len(node.audit.lines)
    for method, path in changes:
        for body in ({"json": {}}, {"data": {"csrf_token": "0" * 64}}, {"content": b"x"}):
            answer = jane.client.request(method, address_of(path), headers=headers, **body)
            assert answer.status_code == 403, f"{path}: {answer.status_code}"
    assert reading(node) == before
    assert not {Deed.CLAIMED, Deed.SIGNED_OUT, Deed.USER_CHANGED} & set(node.audit.deeds[lines:])
    assert jane.get("/password").status_code == 200


def test_the_token_of_another_session_is_no_good(browsers, changes):
    jane, token = browsers("jane"), browsers("mallory").token()
    again = browsers("jane").token()
    for method, path in changes:
        for theirs in (token, again):
            headers = {"X-CSRF-Token": theirs}
            answer = jane.client.request(method, address_of(path), headers=headers, json={})
            assert answer.status_code == 403, path


def test_no_token_is_told_to_another_site(browsers):
    """Nothing may be read across origins, not even with the cookie."""
    jane = browsers("jane")
    for address in ("/", "/password", "/api/v1/worklist"):
        headers = jane.get(address, Origin="https://evil.example").headers
        assert not [name for name in headers if name.startswith("access-control-")]
        assert headers["cross-origin-resource-policy"] == "same-origin"
    preflight = jane.client.options(
        f"/studies/{STUDY}/claim",
        headers={"Origin": "https://evil.example", "Access-Control-Request-Method": "POST"},
    )
    assert not [name for name in preflight.headers if name.startswith("access-control-")]


def test_asking_for_a_page_changes_nothing(node, browsers):
    jane = browsers("jane")
    before = reading(node)
    for method, path in routes_of(node.app()):
        if method != "GET":
            status = jane.get(address_of(path)).status_code
            assert status in (200, 404, 405) or path == "/sign-in", f"{path}: {status}"
    assert reading(node) == before
    assert jane.get("/password").status_code == 200


def test_a_session_that_was_planted_is_not_taken_over(browsers):
    """Session fixation: the victim signs in with a cookie that the attacker chose."""
    jane = browsers("jane")
    planted = jane.session
    jane.post("/sign-out", {"csrf_token": jane.token()})
    for secret in (planted, "chosen-by-somebody", ""):
        jane.client.cookies.clear()
        jane.client.cookies.set("triage-session", secret, domain="127.0.0.1")
        jane.client.cookies.set("triage-before-sign-in", "chosen-too", domain="127.0.0.1")
        jane.sign_in("jane")
        held = [each.value for each in jane.client.cookies.jar if each.name == "triage-session"]
        assert secret not in held or len(held) > 1
        jane.client.cookies.clear()
        jane.client.cookies.set("triage-session", secret)
        assert not jane.get("/session").json()["signed_in"]


def test_guessed_sessions_let_nobody_in(browsers, node):
    jane = browsers("jane")
    secret = jane.session
    (session,) = node.accounts.sessions("jane")
    guesses = (
        secret[:-1],
        secret + "A",
        secret.lower(),
        secret.upper(),
        session.digest,
        "jane",
        "1",
        "' OR '1'='1",
        "\N{SNOWMAN}".encode().decode("latin-1"),
        "x" * 8000,
    )
    for guess in guesses:
        cookie = f"triage-session={guess}".encode("latin-1")
        answer = jane.client.get("/session", headers={b"Cookie": cookie, b"Accept": b"*/*"})
        assert answer.status_code == 431 or answer.json() == {"signed_in": False}, guess


@pytest.mark.parametrize("kind", ["Bearer", "bearer", "Basic", "Digest", "Negotiate"])
def test_guessed_tokens_let_nobody_in(node, client_of, kind):
    client = client_of(node)
    guesses = ("", "x", "triage_", "triage_" + "A" * 43, PASSWORD, "amFuZTpqYW5l", "é")
    for guess in guesses:
        for address in ("/api/v1/worklist", "/", f"/api/v1/studies/{STUDY}"):
            header = f"{kind} {guess}".strip().encode("latin-1")
            answer = client.get(address, headers={"Authorization": header})
            assert answer.status_code == 401
