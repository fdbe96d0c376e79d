"""Who is let in to what, and which changes are taken for a person's own."""

import dataclasses
import threading

import anyio
import httpx
import pytest

from tests.triage_agent.adapters.http.signing_in import Browser, let_in
from triage_agent.adapters.http.access import Access
from triage_agent.adapters.http.gate import SignInGate
from triage_agent.adapters.http.languages.choosing import ENGLISH
from triage_agent.adapters.http.server import serve_http
from triage_agent.domain.audit import Deed
from triage_agent.domain.visitor import Role, Visitor
from triage_agent.errors import DatabaseUnavailable
from triage_agent.settings import HttpSettings

STRANGE = {"Origin": "http://evil.example"}


@pytest.fixture
def stranger(browsers) -> Browser:
    return browsers()


@pytest.fixture
def jane(browsers) -> Browser:
    browser = browsers()
    assert browser.sign_in().status_code == 303
    return browser


@pytest.mark.parametrize(
    "address",
    ["/", "/?text=x", "/studies/1.2.3", "/password", "/nothing/here", "/audit", "/sign-out"],
)
def test_a_stranger_who_wants_a_page_is_asked_to_sign_in(stranger, node, address):
    node.receive(StudyInstanceUID="1.2.3")
    answer = stranger.get(address)
    assert answer.status_code == 303
    assert answer.headers["location"].startswith("/sign-in")
    assert answer.content == b""


@pytest.mark.parametrize(
    ("address", "headers"),
    [
        ("/api/v1/worklist", {}),
        ("/api/v1/studies/1.2.3", {}),
        ("/changes", {"Accept": "text/event-stream"}),
        ("/studies/1.2.3/images/1.png", {"Accept": "image/*", "Sec-Fetch-Dest": "image"}),
        ("/studies/1.2.3/view.jpg", {"Sec-Fetch-Dest": "image"}),
        ("/", {"HX-Request": "true"}),
        ("/", {"Accept": "*/*"}),
    ],
)
def test_what_is_no_page_is_refused_and_shows_nothing(stranger, node, address, headers):
    node.receive(StudyInstanceUID="1.2.3", PatientName="SECRET^NAME")
    answer = stranger.get(address, **headers)
    assert answer.status_code == 401
    assert answer.headers["www-authenticate"] == "Bearer"
    assert "SECRET" not in answer.text


@pytest.mark.parametrize("address", ["/static/page.css", "/static/session.js", "/healthz"])
def test_what_says_nothing_of_patients_is_for_anybody(stranger, address):
    assert stranger.get(address).status_code == 200


def test_no_path_is_taken_for_an_open_one(stranger):
    for address in ("/static/../", "/static/..%2fpassword", "/healthz/../password", "//static/"):
        answer = stranger.get(address)
        assert answer.status_code in {303, 401, 404}, address


def test_posting_as_a_stranger_changes_nothing(stranger, node):
    node.receive(StudyInstanceUID="1.2.3")
    answer = stranger.post("/studies/1.2.3/claim", {})
    assert (answer.status_code, answer.headers["location"]) == (303, "/sign-in")
    answer = stranger.post("/studies/1.2.3/claim", {}, Accept="application/json")
    assert answer.status_code == 401


def test_a_change_needs_the_token_of_the_session(jane, browsers, node):
    other = browsers()
    other.sign_in()
    for fields, headers in [
        ({}, {}),
        ({"csrf_token": ""}, {}),
        ({"csrf_token": "0" * 64}, {}),
        ({"csrf_token": other.token()}, {}),
        ({}, {"X-CSRF-Token": other.token()}),
        ({"csrf_token": jane.token()}, {"X-CSRF-Token": "wrong"}),
    ]:
        assert jane.post("/sign-out", fields, **headers).status_code == 403
    assert len(node.accounts.sessions()) == 2
    assert jane.post("/sign-out", {}, **{"X-CSRF-Token": jane.token()}).status_code == 303
    assert other.post("/sign-out", {"csrf_token": other.token()}).status_code == 303


@pytest.mark.parametrize("kind", ["text/plain", "multipart/form-data; boundary=x"])
def test_a_token_is_looked_for_in_forms_alone(jane, kind):
    body = f"csrf_token={jane.token()}"
    answer = jane.client.post("/sign-out", content=body, headers={"Content-Type": kind})
    assert answer.status_code == 403


def test_a_form_that_is_too_long_is_refused(jane):
    fields = {"csrf_token": jane.token(), "old": "x" * 100_000}
    assert jane.post("/password", fields, **{"X-CSRF-Token": jane.token()}).status_code == 413
    assert jane.post("/sign-out", {"old": "x" * 200_000} | fields).status_code == 403
    assert jane.get("/password").status_code == 200


def test_a_form_that_comes_in_pieces_is_read(jane):
    pieces = [b"csrf_", b"token=", jane.token().encode()]
    kind = {"Content-Type": "application/x-www-form-urlencoded; charset=utf-8"}
    answer = jane.client.post("/sign-out", content=iter(pieces), headers=kind)
    assert answer.status_code == 303


@pytest.mark.parametrize(
    "headers",
    [
        STRANGE,
        {"Origin": "null"},
        {"Origin": "https://127.0.0.1"},
        {"Sec-Fetch-Site": "cross-site"},
        {"Sec-Fetch-Site": "same-site"},
        {"Sec-Fetch-Site": "cross-site", "Origin": "http://127.0.0.1"},
    ],
)
def test_a_change_that_another_site_asks_for_is_refused_even_with_the_token(jane, headers):
    token = jane.token()
    assert jane.post("/sign-out", {"csrf_token": token}, **headers).status_code == 403
    assert jane.get("/password").status_code == 200


def test_a_change_that_a_page_of_ours_asks_for_is_made(jane):
    origin = str(jane.client.base_url).rstrip("/")
    headers = {"Origin": origin, "Sec-Fetch-Site": "same-origin", "X-CSRF-Token": jane.token()}
    assert jane.post("/sign-out", {}, **headers).status_code == 303


def test_another_site_cannot_send_the_form_to_sign_in(stranger, node):
    fields = stranger.hidden("/sign-in") | {"name": "jane", "password": "some words in a row"}
    assert stranger.post("/sign-in", fields, **STRANGE).status_code == 403
    assert node.accounts.sessions() == ()


def test_where_nobody_signs_in_other_sites_still_change_nothing(node, client_of):
    client = client_of(node)
    token = node.access.everybody.csrf_token
    assert client.post("/sign-out", headers={"X-CSRF-Token": "wrong"}).status_code == 403
    assert client.post("/sign-out", headers=STRANGE).status_code == 403
    assert client.post("/sign-out", headers={"X-CSRF-Token": token}).status_code == 303


def test_a_cookie_does_not_help_a_token_that_is_wrong(jane):
    answer = jane.get("/api/v1/worklist", Authorization="Bearer triage_wrong")
    assert answer.status_code == 401


def test_who_lacks_the_role_is_told_which_and_it_is_taken_down(jane, node):
    answer = jane.get("/audit")
    assert answer.status_code == 403
    assert "<b>auditor</b>" in answer.text
    assert "You have: reader." in answer.text
    line = node.audit.lines[-1]
    assert (line.who, line.deed, line.detail) == ("jane", Deed.REFUSED, "GET /audit")


def test_roles_that_are_taken_away_are_gone_at_once(jane, node):
    assert jane.get("/").status_code == 200
    node.accounts.set_roles("jane", frozenset(), now=node.clock.now())
    answer = jane.get("/list")
    assert answer.status_code == 403
    assert "You have no role." in answer.text


def test_metrics_are_for_this_machine(stranger, jane):
    assert stranger.get("/metrics").status_code == 200
    assert jane.get("/metrics").status_code == 200


def test_behind_a_proxy_metrics_are_for_administrators(node):
    let_in(node, "jane", Role.READER)
    let_in(node, "ada", Role.ADMINISTRATOR)
    settings = HttpSettings(behind_proxy=("192.0.2.1",), names=("triage.example",))
    node.access = dataclasses.replace(Access.from_settings(settings), is_secure=False)
    server = serve_http(node.app(), "127.0.0.1", 0)
    statuses = {}
    for name in ("", "jane", "ada"):
        with Browser(server.url).client as client:
            browser = Browser(server.url)
            if name:
                browser.sign_in(name)
            client.cookies = browser.client.cookies
            browser.client.close()
            statuses[name] = client.get("/metrics").status_code
    assert server.stop()
    assert statuses == {"": 401, "jane": 403, "ada": 200}


def test_an_open_stream_ends_when_its_visitor_is_signed_out(jane, node):
    ended = threading.Event()

    def stream() -> None:
        with jane.client.stream("GET", "/changes", timeout=60) as answer:
            assert answer.status_code == 200
            for _ in answer.iter_raw():
                pass
        ended.set()

    thread = threading.Thread(target=stream)
    thread.start()
    node.receive()
    assert not ended.wait(1)
    node.accounts.end_sessions("jane")
    for _ in range(100):  # a stream is looked after when it says something
        node.receive()
        if ended.wait(0.3):
            break
    assert ended.is_set()
    thread.join()
    assert jane.get("/changes", Accept="text/event-stream").status_code == 401


class Unreachable:
    """Accounts whose database is away."""

    def session(self, digest: str) -> None:
        raise DatabaseUnavailable(digest)


def test_without_a_database_nobody_is_let_in(node):
    let_in(node)
    node.accounts = Unreachable()  # type: ignore[assignment]
    server = serve_http(node.app(), "127.0.0.1", 0)
    with httpx.Client(base_url=server.url, cookies={"triage-session": "x"}) as client:
        assert client.get("/").status_code == 503
        assert client.get("/healthz").status_code == 200
    assert server.stop()


def test_other_ways_in_come_before_the_cookie(node):
    let_in(node)
    proxied = Visitor(name="joe", roles=frozenset({Role.READER}), csrf_token="of joe")  # noqa: S106
    told = []

    async def app(scope, _, send):
        told.append(scope["state"]["visitor"])
        await send({"type": "http.response.start", "status": 204, "headers": []})
        await send({"type": "http.response.body", "body": b""})

    gate = SignInGate(
        app,
        access=node.access,
        sign_ins=None,  # type: ignore[arg-type]
        answer=lambda _, status: httpx.Response(status),  # type: ignore[arg-type, return-value]
        choose=lambda *_: ENGLISH,
        identify=[lambda _: None, lambda _: proxied],
    )
    transport = httpx.ASGITransport(gate)

    async def ask() -> None:
        async with httpx.AsyncClient(transport=transport, base_url="http://localhost") as client:
            cookies = {"Cookie": "triage-session=x"}
            assert (await client.get("/", headers=cookies)).status_code == 204

    anyio.run(ask)
    assert told == [proxied]
