"""What a key of the list does: to the study that the reader chose, once, and truly told."""

import pytest
from selenium.webdriver.common.keys import Keys

from tests.browser.list_page import add, line, link, opened, state, studies
from tests.browser.looking import complaints, focused, press, text_of, until
from tests.factories import uid
from triage_agent.domain.worklist import ReadingState
from triage_agent.errors import DatabaseUnavailable

pytestmark = pytest.mark.integration


def test_keys_do_nothing_with_a_study_that_the_focus_went_to_by_itself(browser, node, running):
    add(node, 1, 0.9)
    add(node, 2, 0.7)
    add(node, 3, 0.6)
    opened(browser, f"{running.url}?state=unread", idle_seconds=0.5)
    press(browser, "j", "c")  # then the reader looks at it elsewhere
    until(browser, lambda page: studies(page) == [2, 3])
    until(browser, lambda page: focused(page) == link(2))
    for key in [*"rcxo", Keys.ENTER]:
        browser.execute_script("document.getElementById('toasts').replaceChildren()")
        press(browser, key)
        assert "is not here any more" in text_of(browser, "#toasts")
        assert state(browser, 2) == ["unread", False]
    press(browser, "j", "r")  # one down from where the reader was
    until(browser, lambda _: node.rows.reading[uid("study", 2)].state is ReadingState.READ)
    assert complaints(browser) == []


def test_a_click_chooses_a_study_that_the_focus_went_to_by_itself(browser, node, running):
    add(node, 1, 0.9)
    add(node, 2, 0.7)
    opened(browser, f"{running.url}?state=unread", idle_seconds=0.5)
    press(browser, "j", "c")
    until(browser, lambda page: focused(page) == link(2))
    browser.execute_script("document.querySelector(arguments[0]).click()", f"{line(2)} .c-state")
    press(browser, "r")
    until(browser, lambda _: node.rows.reading[uid("study", 2)].state is ReadingState.READ)
    assert complaints(browser) == []


@pytest.mark.parametrize("start", [link(2), "by-priority"])
def test_the_tab_key_chooses_a_study_that_the_focus_went_to_by_itself(
    browser, node, running, start
):
    add(node, 1, 0.9)
    add(node, 2, 0.7)
    opened(browser, f"{running.url}?state=unread", idle_seconds=0.5)
    press(browser, "j", "c")
    until(browser, lambda page: focused(page) == link(2))
    browser.execute_script("[...document.querySelectorAll('thead a')].at(-1).id = 'by-priority'")
    browser.execute_script("document.getElementById(arguments[0]).focus()", start)
    press(browser, Keys.TAB)  # to the study, or on to its buttons
    assert focused(browser) != start
    press(browser, "r")
    until(browser, lambda _: node.rows.reading[uid("study", 2)].state is ReadingState.READ)
    assert complaints(browser) == []


def test_a_key_that_is_held_down_does_its_deed_once(browser, node, running):
    add(node, 1, 0.9)
    opened(browser, running.url)
    press(browser, "j")
    held = {"type": "keyDown", "key": "c", "text": "c", "autoRepeat": True}
    browser.execute_cdp_cmd("Input.dispatchKeyEvent", held)
    assert state(browser, 1) == ["unread", False]
    press(browser, "c")
    until(browser, lambda _: node.rows.reading[uid("study", 1)].claimed_by == "local")


def test_next_pressed_again_and_again_claims_the_one_study_that_opens(browser, node, running):
    for number, probability in ((1, 0.9), (2, 0.7), (3, 0.6)):
        add(node, number, probability)
    opened(browser, running.url)
    browser.execute_script("setInterval(() => document.getElementById('next').click(), 5)")
    until(browser, lambda page: page.current_url.endswith(f"/studies/{uid('study', 1)}"))
    claimed = [each for each, reading in node.rows.reading.items() if reading.claimed_by]
    assert claimed == [uid("study", 1)]
    assert complaints(browser) == []


def test_next_goes_on_to_the_claimed_study_when_the_way_there_was_stopped(browser, node, running):
    add(node, 1, 0.9)
    add(node, 2, 0.7)
    opened(browser, running.url)
    browser.execute_script(
        "navigation.addEventListener('navigate', (event) => {"
        "event.preventDefault(); window.isStopped = true}, {once: true})"
    )
    press(browser, "n")
    until(browser, lambda page: page.execute_script("return window.isStopped"))
    browser.execute_script("setInterval(() => document.getElementById('next').click(), 100)")
    until(browser, lambda page: page.current_url.endswith(f"/studies/{uid('study', 1)}"))
    claimed = [each for each, reading in node.rows.reading.items() if reading.claimed_by]
    assert claimed == [uid("study", 1)]
    assert complaints(browser) == []


def test_what_may_have_been_done_is_not_called_undone(browser, node, running):
    add(node, 1, 0.9)
    opened(browser, running.url)
    claim = node.desk.claim

    def claim_and_break(*args, **more):
        claim(*args, **more)
        raise DatabaseUnavailable("gone before it could answer")

    node.desk.claim = claim_and_break
    press(browser, "j", "c")
    until(browser, lambda page: "not known whether" in text_of(page, "#toasts"))
    until(browser, lambda page: state(page, 1) == ["claimed", True])
    complaints(browser)  # of the 503, which is what this test is about
