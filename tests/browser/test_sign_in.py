"""Signing in, working and being signed out in a real browser, with the keyboard alone."""

from collections.abc import Callable

import pytest
from selenium.common.exceptions import StaleElementReferenceException
from selenium.webdriver.common.by import By
from selenium.webdriver.common.keys import Keys

from tests.browser.list_page import pictures, studies
from tests.browser.looking import complaints, focused, keep_picture, press, text_of, until
from tests.factories import T0, uid
from tests.fakes.web_node import WebNode
from triage_agent.adapters.http.access import Access
from triage_agent.adapters.http.server import RunningServer
from triage_agent.domain.account import User
from triage_agent.domain.audit import Deed
from triage_agent.domain.sign_in import NAME_THROTTLE
from triage_agent.domain.visitor import Role

pytestmark = pytest.mark.integration

PASSWORD = "some words in a row"  # noqa: S105 (of nobody)


@pytest.fixture
def site(browser, node: WebNode, serve: Callable[[WebNode], RunningServer]) -> str:
    """The address of a node where jane may sign in; nobody has."""
    node.access = Access()
    node.accounts.add_user(
        User(
            name="jane",
            roles=frozenset({Role.READER}),
            password_hash=node.passwords.hash(PASSWORD),
            created_at=T0,
            changed_at=T0,
        )
    )
    url = serve(node).url
    browser.get(f"{url}sign-in")
    browser.delete_all_cookies()
    return url.rstrip("/")


def sign_in(browser, password: str = PASSWORD, *, name: str = "jane") -> None:
    """Type into the form as it stands, from the field that has the focus."""
    until(browser, lambda page: page.execute_script("return document.readyState") == "complete")
    if focused(browser) == "name":
        press(browser, name, Keys.TAB)
    page = browser.find_element(By.TAG_NAME, "html")
    press(browser, password, Keys.ENTER)
    until(browser, lambda _: is_gone(page))


def is_gone(element) -> bool:
    try:
        element.is_enabled()
    except StaleElementReferenceException:
        return True
    return False


def test_a_reader_signs_in_with_the_keyboard_and_comes_to_what_they_asked_for(browser, node, site):
    node.score(node.receive(StudyInstanceUID=uid("study", 1)), 0.9)
    browser.get(f"{site}/studies/{uid('study', 1)}")
    assert browser.current_url.startswith(f"{site}/sign-in?next=")
    assert focused(browser) == "name"
    keep_picture(browser, "sign-in")
    sign_in(browser)
    assert browser.current_url == f"{site}/studies/{uid('study', 1)}"
    assert text_of(browser, ".top .visitor").startswith("jane")
    assert complaints(browser) == []


def test_a_wrong_password_says_so_and_keeps_name_and_focus(browser, node, site):
    browser.get(f"{site}/")
    sign_in(browser, "wrong words in a row")
    assert text_of(browser, ".fault") == "Name or password is wrong."
    assert browser.find_element(By.ID, "name").get_property("value") == "jane"
    assert browser.find_element(By.ID, "password").get_property("value") == ""
    assert focused(browser) == "password"
    for _ in range(NAME_THROTTLE.free):
        sign_in(browser, "wrong words in a row")
    sign_in(browser)
    assert text_of(browser, ".fault") == "Too many wrong passwords. Try again in one second."
    node.clock.advance(1)
    sign_in(browser)
    assert browser.current_url == f"{site}/"


def test_signing_out_is_a_key_press_and_the_way_back_shows_nothing(browser, node, site):
    node.score(node.receive(PatientName="DOE^JANE"), 0.9)
    browser.get(f"{site}/")
    sign_in(browser)
    browser.execute_script("document.querySelector('#sign-out').focus()")
    press(browser, Keys.ENTER)
    until(browser, lambda page: page.current_url == f"{site}/sign-in")
    assert node.accounts.sessions() == ()
    assert node.audit.deeds[-1] is Deed.SIGNED_OUT
    browser.back()
    until(browser, lambda page: page.find_elements(By.ID, "sign-in"))
    assert "DOE" not in browser.page_source


def test_a_page_that_is_open_when_the_session_ends_says_so(browser, node, site):
    node.score(node.receive(StudyInstanceUID=uid("study", 1)), 0.9)
    browser.get(f"{site}/")
    sign_in(browser)
    notice = browser.find_element(By.ID, "signed-out")
    assert not notice.is_displayed()
    node.accounts.end_sessions("jane")
    number = iter(range(2, 1000))

    def says_so(_: object) -> bool:
        # A stream looks after its visitor when it has something to say.
        node.receive(StudyInstanceUID=uid("study", next(number)))
        return notice.is_displayed()

    until(browser, says_so)
    assert "signed out" in notice.text
    notice.find_element(By.TAG_NAME, "a").send_keys(Keys.ENTER)
    until(browser, lambda page: page.current_url.startswith(f"{site}/sign-in"))
    sign_in(browser)
    assert browser.current_url == f"{site}/"


def test_a_list_that_is_placed_by_itself_keeps_no_sign_in_alive(browser, node, site):
    node.score(node.receive(StudyInstanceUID=uid("study", 1)), 0.1)
    browser.get(f"{site}/")
    sign_in(browser)
    until(browser, lambda page: page.execute_script("return worklist.dataset.ready") == "1")
    browser.execute_script("worklist.dataset.idleSeconds = 0.5")
    [before] = node.accounts.sessions()
    node.clock.advance(600)
    node.score(node.receive(StudyInstanceUID=uid("study", 2)), 0.97)
    until(browser, lambda page: studies(page) == [2, 1])
    until(browser, lambda page: all(pictures(page)))
    [after] = node.accounts.sessions()
    assert after.seen_at == before.seen_at
    assert complaints(browser) == []


def test_whoever_follows_a_link_from_another_site_is_still_signed_in(browser, node, site):
    browser.get(f"{site}/")
    sign_in(browser)
    # "localhost" is another site to the browser than 127.0.0.1, and the cookie is SameSite=Strict.
    elsewhere = site.replace("127.0.0.1", "localhost")
    browser.get(f"{elsewhere}/sign-in")
    browser.execute_script(
        "const link = document.createElement('a'); link.href = arguments[0];"
        "document.body.append(link); link.click();",
        f"{site}/password",
    )
    # The address is also there for a moment before the page is, on the way to sign in.
    until(browser, lambda page: text_of(page, ".top .visitor").startswith("jane"))
    assert browser.current_url == f"{site}/password"
    assert len(node.accounts.sessions()) == 1


def test_the_password_is_changed_with_the_keyboard(browser, node, site):
    browser.get(f"{site}/password")
    sign_in(browser)
    assert focused(browser) == "old"
    new = "other words in a row"
    press(browser, PASSWORD, Keys.TAB, new, Keys.TAB, new, Keys.ENTER)
    until(browser, lambda page: "changed" in text_of(page, ".done"))
    found = node.accounts.user("jane")
    assert found.password_hash == node.passwords.hash(new)
    assert complaints(browser) == []
