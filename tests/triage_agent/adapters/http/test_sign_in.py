"""Signing in and out over the real server: what a person meets, and what an attacker does."""

import re

import httpx
import pytest

from tests.triage_agent.adapters.http.signing_in import PASSWORD, Browser, let_in
from triage_agent.adapters.http.access import Access
from triage_agent.adapters.http.server import serve_http
from triage_agent.adapters.http.sign_in_pages import local_address
from triage_agent.domain.audit import Deed
from triage_agent.domain.sign_in import ADDRESS_THROTTLE, NAME_THROTTLE

WRONG = "wrong words in a row"


def said(answer: httpx.Response) -> str:
    """Return what an answer says is wrong."""
    found = re.search(r'role="alert">([^<]+)</p>\s*<input', answer.text)
    return found[1] if found else ""


def test_a_page_sends_a_stranger_to_the_form_and_back(browser):
    answer = browser.get("/audit?who=joe&deed=claimed")
    assert (answer.status_code, answer.headers["location"]) == (
        303,
        "/sign-in?next=%2Faudit%3Fwho%3Djoe%26deed%3Dclaimed",
    )
    assert browser.get("/").headers["location"] == "/sign-in"
    done = browser.sign_in(wanted="/password?changed")
    assert (done.status_code, done.headers["location"]) == (303, "/password?changed")
    page = browser.get("/password")
    assert page.status_code == 200
    assert "jane" in page.text


def test_the_form_says_nothing_of_the_visitor_and_has_the_focus(browser):
    page = browser.get("/sign-in").text
    assert re.search(r'<input id="name"[^>]* autofocus>', page)
    assert "csrf-token" not in page
    assert "Sign out" not in page


def test_the_cookie_of_a_session_is_for_this_site_and_no_script(browser):
    cookie = browser.sign_in().headers.get_list("set-cookie")[0]
    assert re.fullmatch(r"triage-session=[\w-]{43}; HttpOnly; Path=/; SameSite=strict", cookie), (
        cookie
    )


def test_over_tls_the_cookie_is_for_this_host_and_tls_alone(node):
    let_in(node)
    node.access = Access(is_secure=True, names=frozenset({"triage.example"}))
    server = serve_http(node.app(), "127.0.0.1", 0)
    with httpx.Client(base_url=server.url) as client:
        answer = client.get("/sign-in", headers={"Host": "triage.example"})
        local = client.get("/sign-in")
    assert server.stop()
    (cookie,) = answer.headers.get_list("set-cookie")
    assert cookie.startswith("__Host-triage-before-sign-in=")
    assert "; Secure" in cookie
    assert "Domain" not in cookie
    assert answer.headers["strict-transport-security"].startswith("max-age=")
    assert "strict-transport-security" not in local.headers


def test_only_a_hash_of_the_session_is_kept(browser, node):
    browser.sign_in()
    (session,) = node.accounts.sessions()
    assert browser.session not in repr(session)
    assert re.fullmatch("[0-9a-f]{64}", session.digest)
    assert session.address == "127.0.0.1"


def test_unknown_disabled_and_mistaken_people_are_told_the_same(browser, node):
    let_in(node, "joe")
    node.accounts.set_disabled("joe", disabled=True, now=node.clock.now())
    answers = {
        name: browser.sign_in(name, password)
        for name, password in [("jane", WRONG), ("nobody", WRONG), ("joe", PASSWORD)]
    }
    assert {each.status_code for each in answers.values()} == {403}
    assert {said(each) for each in answers.values()} == {"Name or password is wrong."}
    shown = {re.sub(rf'"{name}"', '"NAME"', each.text) for name, each in answers.items()}
    assert len(shown) == 1
    # And as much work was done for each.
    assert [known is None for _, known in node.passwords.asked] == [False, True, True]
    assert node.accounts.sessions() == ()


@pytest.mark.parametrize("name", ["jane\0", "' OR 1=1 --", "\ud800", "x" * 5000, ""])
def test_what_is_no_name_lets_nobody_in(browser, name):
    fields = browser.hidden("/sign-in")
    typed = {**fields, "name": name.encode("utf-8", "surrogatepass"), "password": PASSWORD}
    assert said(browser.post("/sign-in", typed)) == "Name or password is wrong."


def test_a_name_is_known_however_it_is_written(browser):
    assert browser.sign_in("  JANE ").status_code == 303


def test_wrong_passwords_make_one_wait_even_for_the_right_one(browser, node):
    for _ in range(NAME_THROTTLE.free + 1):
        assert browser.sign_in(password=WRONG).status_code == 403
    looked_at = len(node.passwords.asked)
    answer = browser.sign_in()
    assert answer.status_code == 429
    assert answer.headers["retry-after"] == "1"
    assert said(answer) == "Too many wrong passwords. Try again in one second."
    assert len(node.passwords.asked) == looked_at
    node.clock.advance(1)
    assert browser.sign_in(password=WRONG).status_code == 403
    assert said(browser.sign_in()).endswith("in 2 seconds.")
    node.clock.advance(2)
    assert browser.sign_in().status_code == 303
    assert browser.sign_in(password=WRONG).status_code != 429  # counted from the start again


def test_an_unknown_name_makes_one_wait_as_a_known_one_does(browser):
    for name in ("jane", "nobody"):
        statuses = [browser.sign_in(name, WRONG).status_code for _ in range(5)]
        assert statuses == [403, 403, 403, 403, 429]


def test_many_names_from_one_address_make_it_wait_and_an_own_account_does_not_help(browser, node):
    let_in(node, "mallory")
    statuses = []
    for number in range(ADDRESS_THROTTLE.free + 2):
        statuses.append(browser.sign_in(f"name{number}", WRONG).status_code)
        if number < ADDRESS_THROTTLE.free - 1:
            assert browser.sign_in("mallory").status_code == 303
            browser.client.cookies.clear()
    assert statuses[-2:] == [403, 429]
    assert browser.sign_in("mallory").status_code == 429


def test_no_session_comes_from_before_the_sign_in(browser, node):
    """Session fixation: a number that somebody else planted is worth nothing afterwards."""
    planted = "planted-by-somebody-else-0123456789abcdefg"
    browser.client.cookies.set("triage-session", planted, domain="127.0.0.1")
    assert browser.sign_in().status_code == 303
    assert planted not in browser.session
    thief = httpx.get(
        f"{browser.client.base_url}session", cookies={"triage-session": planted}, timeout=30
    )
    assert thief.json() == {"signed_in": False}
    assert len(node.accounts.sessions()) == 1


def test_signing_in_again_ends_the_session_before(browser, node):
    browser.sign_in()
    before = browser.session
    browser.client.cookies.set("triage-session", before, domain="127.0.0.1")
    fields = {"name": "jane", "password": PASSWORD}
    browser.client.cookies.delete("triage-session")
    hidden = browser.hidden("/sign-in")
    browser.client.cookies.set("triage-session", before, domain="127.0.0.1")
    assert browser.post("/sign-in", {**hidden, **fields}).status_code == 303
    assert len(node.accounts.sessions()) == 1


def test_who_is_signed_in_goes_straight_on(browser):
    browser.sign_in()
    answer = browser.get("/sign-in?next=/audit")
    assert (answer.status_code, answer.headers["location"]) == (303, "/audit")


@pytest.mark.parametrize("how", ["no cookie", "no token", "wrong token", "token of another"])
def test_another_site_cannot_sign_a_person_in(browser, browsers, node, how):
    fields = browser.hidden("/sign-in") | {"name": "jane", "password": PASSWORD}
    if how == "no cookie":
        browser.client.cookies.clear()
    elif how == "no token":
        del fields["csrf_token"]
    elif how == "wrong token":
        fields["csrf_token"] = "0" * 64
    else:
        fields["csrf_token"] = browsers().hidden("/sign-in")["csrf_token"]
    answer = browser.post("/sign-in", fields)
    assert answer.status_code == 403
    assert said(answer).startswith("This page was too old")
    assert node.passwords.asked == []
    assert node.accounts.sessions() == ()


def test_who_signed_in_is_taken_down_and_nothing_that_was_typed(browser, node):
    browser.sign_in(password=WRONG)
    browser.sign_in("my secret words, typed into the wrong field", WRONG)
    browser.sign_in()
    browser.post("/sign-out", {"csrf_token": browser.token()})
    lines = [(each.who, each.deed, each.detail, each.address) for each in node.audit.lines]
    assert lines == [
        ("", Deed.SIGN_IN_REFUSED, "as jane", "127.0.0.1"),
        ("", Deed.SIGN_IN_REFUSED, "as nobody who is known here", "127.0.0.1"),
        ("jane", Deed.SIGNED_IN, "", "127.0.0.1"),
        ("jane", Deed.SIGNED_OUT, "", "127.0.0.1"),
    ]


def test_attempts_that_are_not_looked_at_do_not_fill_the_trail(browser, node):
    for _ in range(12):
        browser.sign_in(password=WRONG)
    assert len(node.audit.lines) == NAME_THROTTLE.free + 1


def test_where_nobody_signs_in_there_is_no_form(node):
    server = serve_http(node.app(), "127.0.0.1", 0)
    with Browser(server.url).client as client:
        assert client.get("/sign-in").headers["location"] == "/"
        token = {"X-CSRF-Token": node.access.everybody.csrf_token}
        answer = client.post("/sign-in", data={"name": "jane"}, headers=token)
        assert answer.headers["location"] == "/"
        assert "demo: nobody is signed in" in client.get("/password").text
    assert server.stop()


@pytest.mark.parametrize(
    ("wanted", "given"),
    [
        ("/", "/"),
        ("/studies/1.2.3?x=1&y=%2F", "/studies/1.2.3?x=1&y=%2F"),
        ("/?text=a:b", "/?text=a:b"),
        ("", "/"),
        ("studies", "/"),
        ("https://evil.example/", "/"),
        ("//evil.example/", "/"),
        ("///evil.example", "/"),
        ("/\\evil.example", "/"),
        ("\\\\evil.example", "/"),
        ("/\t/evil.example", "/"),
        ("/\n/evil.example", "/"),
        (" //evil.example", "/"),
        ("/ /evil.example", "/"),
        ("javascript:alert(1)", "/"),
        ("/sign-in", "/"),
        ("/sign-out", "/sign-out"),
        ("/" + "a" * 2000, "/"),
    ],
)
def test_after_the_sign_in_one_stays_on_this_site(wanted, given):
    assert local_address(wanted) == given
