"""How a session ends, over the real server."""

from datetime import timedelta

from tests.factories import uid


def test_signing_out_ends_the_session_for_good(browser, node):
    browser.sign_in()
    secret = browser.session
    answer = browser.post("/sign-out", {"csrf_token": browser.token()})
    assert (answer.status_code, answer.headers["location"]) == (303, "/sign-in")
    assert browser.session == ""
    assert node.accounts.sessions() == ()
    browser.client.cookies.set("triage-session", secret, domain="127.0.0.1")
    assert not browser.is_signed_in()


def test_a_session_expires_by_idleness(browser, node):
    browser.sign_in()
    for _ in range(3):
        node.clock.advance(59 * 60)
        assert browser.get("/password").status_code == 200
    node.clock.advance(60 * 60)
    assert browser.get("/password").status_code == 303


def test_what_a_page_asks_for_by_itself_keeps_no_session_alive(browser, node):
    browser.sign_in()
    for _ in range(6):
        node.clock.advance(9 * 60)
        assert browser.get("/password", **{"X-Background": "1"}).status_code == 200
        assert browser.is_signed_in()
    node.clock.advance(6 * 60)
    assert not browser.is_signed_in()


def test_a_picture_of_the_list_keeps_no_session_alive(browser, node):
    browser.sign_in()
    node.score(node.receive(), 0.9)
    for _ in range(6):
        node.clock.advance(9 * 60)
        assert browser.get(f"/studies/{uid('study', 1)}/view.jpg").status_code == 200
    node.clock.advance(6 * 60)
    assert not browser.is_signed_in()


def test_a_session_expires_whatever_is_done(browser, node):
    browser.sign_in()
    for _ in range(12 * 2 - 1):
        node.clock.advance(30 * 60)
        assert browser.is_signed_in()
        assert browser.get("/password").status_code == 200
    node.clock.advance(30 * 60)
    assert browser.get("/password").status_code == 303


def test_expired_sessions_are_cleared_away(browser, browsers, node):
    browser.sign_in()
    node.clock.advance(timedelta(days=1).total_seconds())
    browsers().sign_in()
    assert len(node.accounts.sessions()) == 1


def test_a_disabled_user_is_out_at_once(browser, node):
    browser.sign_in()
    node.accounts.set_disabled("jane", disabled=True, now=node.clock.now())
    assert browser.get("/password").status_code == 303
