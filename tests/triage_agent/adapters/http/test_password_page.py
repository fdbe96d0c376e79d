"""Changing one's own password."""

from collections.abc import Callable

import pytest

from tests.triage_agent.adapters.http.signing_in import PASSWORD, Browser
from triage_agent.domain.audit import Deed
from triage_agent.domain.sign_in import NAME_THROTTLE

NEW = "other words in a row"


@pytest.fixture
def open_browser(browsers) -> Callable[[], Browser]:
    """Open browsers in which jane is signed in."""

    def browser() -> Browser:
        opened = browsers()
        assert opened.sign_in().status_code == 303
        return opened

    return browser


@pytest.fixture
def jane(open_browser) -> Browser:
    return open_browser()


def change(browser: Browser, old: str = PASSWORD, new: str = NEW, again: str | None = None):
    fields = {"csrf_token": browser.token(), "old": old, "new": new}
    return browser.post("/password", fields | {"again": new if again is None else again})


def test_a_new_password_counts_and_everybody_else_is_signed_out(jane, open_browser, node):
    elsewhere = open_browser()
    before = jane.session
    answer = change(jane)
    assert (answer.status_code, answer.headers["location"]) == (303, "/password?changed")
    assert jane.session != before
    page = jane.get("/password?changed")
    assert "The password is changed." in page.text
    assert elsewhere.get("/password").status_code == 303
    assert elsewhere.sign_in(password=PASSWORD).status_code == 403
    assert elsewhere.sign_in(password=NEW).status_code == 303
    assert (Deed.USER_CHANGED, "jane: own password") in [
        (line.deed, line.detail) for line in node.audit.lines
    ]


@pytest.mark.parametrize(
    ("new", "again", "said"),
    [
        (NEW, NEW + "!", "in two different ways"),
        ("short", "short", "at least 12 characters"),
        ("x1" * 600, "x1" * 600, "too long"),
        ("password2026", "password2026", "everybody tries first"),
    ],
)
def test_a_password_that_will_not_do_is_refused_with_the_reason(jane, node, new, again, said):
    asked = len(node.passwords.asked)
    answer = change(jane, new=new, again=again)
    assert answer.status_code == 422
    assert said in answer.text
    assert len(node.passwords.asked) == asked
    assert jane.get("/password").status_code == 200


def test_who_has_taken_a_session_cannot_guess_the_password(jane, node):
    for _ in range(NAME_THROTTLE.free + 1):
        answer = change(jane, old="wrong words in a row")
        assert answer.status_code == 403
        assert "The present password is wrong." in answer.text
    answer = change(jane)
    assert answer.status_code == 429
    assert "Try again in one second." in answer.text
    assert node.accounts.user("jane").password_hash == node.passwords.hash(PASSWORD)


def test_a_change_needs_the_token(jane, node):
    fields = {"old": PASSWORD, "new": NEW, "again": NEW}
    assert jane.post("/password", fields).status_code == 403
    assert node.accounts.user("jane").password_hash == node.passwords.hash(PASSWORD)


def test_who_signs_in_elsewhere_has_no_password_here(node, client_of):
    client = client_of(node)
    assert "not kept here" in client.get("/password").text
    answer = client.post("/password", data={"old": "x", "new": NEW, "again": NEW})
    assert answer.status_code == 403
