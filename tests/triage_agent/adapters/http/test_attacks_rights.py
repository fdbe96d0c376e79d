"""Who tries what their roles do not allow, at every route there is, gets nothing.

The table says what each route needs. A route that is not in it fails the tests: whoever adds one
has to say who may use it.
"""

from contextlib import ExitStack

import pytest

from tests.triage_agent.adapters.http.all_routes import STUDY, address_of, routes_of
from tests.triage_agent.adapters.http.signing_in import Browser, let_in
from triage_agent.adapters.http.auditing import LIST_SECONDS
from triage_agent.domain.audit import Deed
from triage_agent.domain.visitor import Role

R, A, U = Role.READER, Role.ADMINISTRATOR, Role.AUDITOR
ANYBODY, SIGNED_IN = "anybody", "signed in"
NEEDS = {
    ("GET", "/"): {R},
    ("GET", "/list"): {R},
    ("GET", "/list/chunk"): {R},
    ("GET", "/list/changes"): {R},
    ("GET", "/changes"): SIGNED_IN,  # says that something changed, not what
    ("POST", "/preferences"): SIGNED_IN,
    ("POST", "/preferences/views"): SIGNED_IN,
    ("POST", "/preferences/views/forget"): SIGNED_IN,
    ("POST", "/worklist/next"): {R},
    ("POST", "/studies/{uid}/claim"): {R},
    ("POST", "/studies/{uid}/release"): {R},
    ("POST", "/studies/{uid}/read"): {R},
    ("POST", "/studies/{uid}/verdict"): {R},
    ("POST", "/studies/{uid}/undo"): {R},
    ("POST", "/studies/{uid}/hold"): {R},
    ("GET", "/studies/{uid}"): {R},
    ("GET", "/studies/{uid}/facts"): {R},
    ("GET", "/studies/{uid}/images/{number}.png"): {R},
    ("GET", "/studies/{uid}/images/{number}/values"): {R},
    ("GET", "/studies/{uid}/images/{number}/heat"): {R},
    ("GET", "/studies/{uid}/view.jpg"): {R},
    ("GET", "/model"): SIGNED_IN,
    ("GET", "/api/v1/"): SIGNED_IN,
    ("GET", "/api/v1/openapi.json"): SIGNED_IN,
    ("GET", "/api/v1/worklist"): {R},
    ("GET", "/api/v1/studies/{uid}"): {R},
    ("GET", "/api/v1/studies/{uid}/images"): {R},
    ("POST", "/api/v1/worklist/next"): {R},
    ("POST", "/api/v1/studies/{uid}/claim"): {R},
    ("POST", "/api/v1/studies/{uid}/release"): {R},
    ("POST", "/api/v1/studies/{uid}/read"): {R},
    ("POST", "/api/v1/studies/{uid}/verdict"): {R},
    ("POST", "/api/v1/studies/{uid}/undo"): {R},
    ("POST", "/api/v1/studies/{uid}/hold"): {R},
    ("GET", "/api/v1/events"): {R},
    ("GET", "/api/v1/events/stream"): {R},
    ("GET", "/api/v1/model"): SIGNED_IN,
    ("GET", "/api/v1/metrics"): SIGNED_IN,
    ("GET", "/api/v1/webhooks"): {A},
    ("GET", "/api/v1/health"): {A},
    ("GET", "/healthz"): ANYBODY,
    ("GET", "/metrics"): ANYBODY,  # on this machine; test_gate.py
    ("GET", "/health"): {A},
    ("GET", "/health/state"): {A},
    ("GET", "/health/figures"): {A},
    ("POST", "/health/destinations/{name}/retry"): {A},
    ("POST", "/health/destinations/{name}/park"): {A},
    ("GET", "/audit"): {U},
    ("GET", "/audit/export.{form}"): {U},
    ("GET", "/sign-in"): ANYBODY,
    ("POST", "/sign-in"): ANYBODY,
    ("POST", "/sign-out"): SIGNED_IN,
    ("GET", "/session"): ANYBODY,  # says whether somebody is signed in, and no more
    ("GET", "/password"): SIGNED_IN,
    ("POST", "/password"): SIGNED_IN,
}
ROLES = {"nobody": (), "reader": (R,), "administrator": (A,), "auditor": (U,)}
# They end the session of whoever asks, or never end themselves: asked last, and once.
_LAST = ("POST", "/sign-out")
NAME = "Guarded^Name"


def may(name, needed):
    if needed in (ANYBODY, SIGNED_IN):
        return True
    return bool(needed & set(ROLES[name]))


@pytest.fixture
def node(node):
    node.score(node.receive(StudyInstanceUID=STUDY, PatientName=NAME), 0.9)
    for name, roles in ROLES.items():
        let_in(node, name, *roles)
    return node


@pytest.fixture
def base_url(node, client_of):
    return str(client_of(node).base_url)


@pytest.fixture
def browsers(base_url):
    """Return a function that opens a browser."""
    with ExitStack() as ending:

        def open_browser():
            browser = Browser(base_url)
            ending.callback(browser.client.close)
            return browser

        yield open_browser


def ask(browser, method, path, **headers):
    """Return status and text; of a stream only the status."""
    headers = {"Accept": "*/*", "Sec-Fetch-Dest": "empty", **headers}
    body = {"json": {}} if method != "GET" else {}
    address = address_of(path)
    with browser.client.stream(method, address, headers=headers, **body) as answer:
        if answer.headers.get("content-type", "").startswith("text/event-stream"):
            return answer.status_code, ""
        return answer.status_code, answer.read().decode("latin-1")


def test_every_route_says_who_may_use_it(node):
    assert set(routes_of(node.app())) == set(NEEDS)


@pytest.mark.parametrize("name", ROLES)
def test_each_role_gets_what_is_its_own_and_nothing_else(node, browsers, name):
    browser = browsers()
    assert browser.sign_in(name).status_code == 303
    token = browser.token()
    for method, path in sorted(NEEDS, key=lambda each: each == _LAST):
        needed = NEEDS[method, path]
        before = len(node.audit.lines)
        status, text = ask(browser, method, path, **{"X-CSRF-Token": token})
        told = f"{name} {method} {path}: {status}"
        if may(name, needed):
            assert status not in (401, 403) or path in ("/password", "/sign-in"), told
            continue
        assert "Guarded" not in text, told
        if path == "/":  # leads to what the visitor may see
            assert status == 303, told
        else:
            assert status == 403, told
            assert node.audit.deeds[before:] == [Deed.REFUSED], told
    assert not browser.get("/session").json()["signed_in"]


def test_a_stranger_gets_nothing(node, browsers):
    browser = browsers()
    for (method, path), needed in NEEDS.items():
        status, text = ask(browser, method, path)
        if needed is ANYBODY:
            assert status in (200, 403), path
        else:
            assert status == 401, path
        assert "Guarded" not in text
    assert node.audit.lines == []


def test_every_view_of_a_patient_is_taken_down(node, browsers):
    """Whatever answers a reader with what is known of a patient leaves a line."""
    browser = browsers()
    browser.sign_in("reader")
    for method, path in NEEDS:
        if method != "GET":
            continue
        node.clock.advance(LIST_SECONDS + 1)
        before = len(node.audit.lines)
        status, text = ask(browser, method, path)
        shows = "Guarded" in text or STUDY in text or ("/studies/" in path and status == 200)
        if shows:
            lines = node.audit.lines[before:]
            assert [each.who for each in lines] == ["reader"], path
            assert "Guarded" not in repr(lines)


@pytest.mark.parametrize("verb", ["PUT", "PATCH", "DELETE", "TRACE", "OPTIONS", "QUERY"])
def test_other_methods_reach_nothing(browsers, verb):
    browser = browsers()
    browser.sign_in("reader")
    token = browser.token()
    for path in ("/", f"/studies/{STUDY}", f"/api/v1/studies/{STUDY}", f"/studies/{STUDY}/claim"):
        answer = browser.client.request(verb, path, headers={"X-CSRF-Token": token})
        assert answer.status_code == 405, path
        assert "Guarded" not in answer.text


def test_a_method_cannot_be_passed_off_as_another(browsers):
    browser = browsers()
    browser.sign_in("reader")
    answer = browser.get(
        f"/studies/{STUDY}/claim", **{"X-HTTP-Method-Override": "POST", "X-HTTP-Method": "POST"}
    )
    assert answer.status_code in (404, 405)


def test_roles_cannot_be_claimed_in_a_request(browsers):
    browser = browsers()
    browser.sign_in("nobody")
    for address in ("/list?roles=reader&role=reader", "/list?visitor=reader"):
        claims = {"X-Remote-User": "reader", "X-Remote-Groups": "reader", "X-Role": "reader"}
        assert browser.get(address, **claims).status_code == 403
