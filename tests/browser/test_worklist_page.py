"""The list in a real browser: live without moving, worked by keys, true about its connection."""

import threading

import pytest
from selenium.webdriver.common.by import By
from selenium.webdriver.common.keys import Keys
from selenium.webdriver.support.expected_conditions import staleness_of

from tests.browser.list_page import add, line, link, opened, pictures, state, studies, top_of
from tests.browser.looking import (
    complaints,
    focused,
    press,
    text_of,
    until,
)
from tests.factories import after, uid
from triage_agent.domain.instance import InstanceState
from triage_agent.domain.preferences import Column, Theme
from triage_agent.domain.region import Region
from triage_agent.domain.visitor import Role
from triage_agent.domain.worklist import ReadingState

pytestmark = pytest.mark.integration


def test_what_arrives_is_announced_and_placed_on_demand(browser, node, running):
    opened(browser, running.url)
    assert "No study waits to be read" in text_of(browser, "#scroll")
    browser.execute_script("window.notReloaded = true")
    add(node, 1, 0.1)
    until(browser, lambda page: studies(page) == [1])  # nothing can move on an empty page
    press(browser, "j")
    assert focused(browser) == link(1)
    before = top_of(browser, 1)
    add(node, 2, 0.97)
    until(browser, lambda page: text_of(page, "#news").startswith("1 new"))
    assert browser.execute_script("return news.parentElement.ariaLive") == "polite"
    assert studies(browser) == [1]
    assert top_of(browser, 1) == before
    assert text_of(browser, "#count") == "2 to read"
    press(browser, ".")
    until(browser, lambda page: studies(page) == [2, 1])
    assert focused(browser) == link(1)  # the focus stays with the study, not with the place
    until(browser, lambda page: text_of(page, "#news") == "")
    assert browser.execute_script("return window.notReloaded") is True
    assert complaints(browser) == []


def test_what_arrives_is_placed_when_nobody_is_at_work(browser, node, running):
    add(node, 1, 0.1)
    opened(browser, running.url, idle_seconds=0.5)
    press(browser, "j")
    add(node, 2, 0.97)
    until(browser, lambda page: studies(page) == [2, 1])
    assert focused(browser) == link(1)
    assert complaints(browser) == []


def test_what_is_scored_again_changes_in_its_place(browser, node, running):
    add(node, 1, 0.6)
    add(node, 2, 0.1)
    opened(browser, running.url)
    add(node, 2, 0.98)
    until(browser, lambda page: "0.98" in text_of(page, f"{line(2)} .c-score"))
    assert studies(browser) == [1, 2]
    assert text_of(browser, f"{line(2)} .c-place") == "2 → 1"
    until(browser, lambda page: text_of(page, "#news").startswith("1 moved"))
    node.desk.claim(uid("study", 2), "somebody", now=after(0), until=after(600))
    until(browser, lambda page: state(page, 2) == ["claimed", False])
    assert text_of(browser, f"{line(2)} .c-place") == "2 → 1"  # whatever else becomes of it
    browser.find_element(By.ID, "news").click()
    until(browser, lambda page: studies(page) == [2, 1])
    assert text_of(browser, f"{line(2)} .c-place") == "1"
    assert complaints(browser) == []


def test_a_reader_needs_the_keyboard_alone(browser, node, running):
    for number, probability in ((1, 0.9), (2, 0.7), (3, 0.1)):
        add(node, number, probability, PatientName="Zeta^Z" if number == 3 else "Test^Patient")
    opened(browser, running.url)
    # By Tab the list is one stop, with the buttons of that study after it.
    browser.execute_script("document.querySelector('thead a:last-of-type').focus()")
    browser.execute_script("[...document.querySelectorAll('thead a')].at(-1).focus()")
    press(browser, Keys.TAB)
    assert focused(browser) == link(1)
    press(browser, "j", Keys.ARROW_DOWN, "k")
    assert focused(browser) == link(2)
    press(browser, "c")
    until(browser, lambda page: "Claimed" in text_of(page, "#toasts"))
    assert state(browser, 2) == ["claimed", True]
    assert node.rows.reading[uid("study", 2)].claimed_by == "local"
    press(browser, "u")
    until(browser, lambda _: node.rows.reading[uid("study", 2)].state is ReadingState.UNREAD)
    until(browser, lambda page: state(page, 2) == ["unread", False])
    press(browser, "r")
    until(browser, lambda page: "Marked as read" in text_of(page, "#toasts"))
    assert node.rows.reading[uid("study", 2)].state is ReadingState.READ
    assert (state(browser, 2), focused(browser)) == (["read", False], link(2))
    press(browser, "?")
    until(browser, lambda page: page.find_element(By.ID, "help").is_displayed())
    # What becomes of a line behind the help does not take the focus from it.
    before = browser.find_element(By.ID, link(2))
    node.desk.hold(
        uid("study", 2), "somebody", now=after(0), until=after(600), claim_until=after(0)
    )
    until(browser, staleness_of(before))
    press(browser, "r", Keys.ESCAPE)  # keys of the list do nothing behind the help
    until(browser, lambda page: not page.find_element(By.ID, "help").is_displayed())
    until(browser, lambda page: focused(page) == link(2))
    press(browser, "/", "zet")
    until(browser, lambda page: studies(page) == [3])
    assert "zet" not in browser.current_url
    press(browser, Keys.ESCAPE, Keys.ENTER)
    until(browser, lambda page: page.current_url.endswith(f"/studies/{uid('study', 3)}"))
    browser.back()
    until(browser, lambda page: studies(page) == [3])  # the search is where it was
    until(browser, lambda page: focused(page) == link(3))
    press(browser, "/", Keys.CONTROL, "a", Keys.NULL, Keys.BACKSPACE)
    until(browser, lambda page: studies(page) == [1, 3])
    press(browser, Keys.ESCAPE, "n")
    until(browser, lambda page: page.current_url.endswith(f"/studies/{uid('study', 1)}"))
    assert node.rows.reading[uid("study", 1)].claimed_by == "local"
    assert complaints(browser) == []


def test_two_readers_never_get_the_same_study(browser, other_browser, node, serve):
    add(node, 1, 0.9)
    add(node, 2, 0.7)
    node.visited_by("anna", Role.READER)
    opened(browser, serve(node).url)
    node.visited_by("berta", Role.READER)
    opened(other_browser, serve(node).url)
    press(browser, "j", "c")
    until(other_browser, lambda page: state(page, 1) == ["claimed", False])
    assert "anna" in text_of(other_browser, f"{line(1)} .c-state")
    press(other_browser, "j", "c")
    until(other_browser, lambda page: "anna" in text_of(page, "#toasts"))
    # Before the page has heard of it: the node decides, and the line says whose it is.
    other_browser.execute_script(
        "const tr = document.querySelector(arguments[0]); tr.dataset.state = 'unread'", line(1)
    )
    press(other_browser, "c")
    until(other_browser, lambda page: state(page, 1) == ["claimed", False])
    assert node.rows.reading[uid("study", 1)].claimed_by == "anna"
    press(other_browser, "n")
    until(other_browser, lambda page: page.current_url.endswith(f"/studies/{uid('study', 2)}"))
    assert node.rows.reading[uid("study", 2)].claimed_by == "berta"
    until(browser, lambda page: state(page, 2) == ["claimed", False])
    press(browser, "n")
    until(browser, lambda page: "Nothing is left" in text_of(page, "#toasts"))
    assert complaints(browser) == []


def cut(browser, *, offline: bool) -> None:
    conditions = {
        "offline": offline,
        "latency": 0,
        "downloadThroughput": -1,
        "uploadThroughput": -1,
    }
    browser.execute_cdp_cmd("Network.enable", {})
    browser.execute_cdp_cmd("Network.emulateNetworkConditions", conditions)


def test_a_network_that_is_cut_is_told_and_nothing_is_missed(browser, node, running):
    add(node, 1, 0.1)
    opened(browser, running.url)
    lost = browser.find_element(By.CSS_SELECTOR, ".lost")
    assert not lost.is_displayed()
    cut(browser, offline=True)
    until(browser, lambda _: lost.is_displayed())
    add(node, 2, 0.97)
    cut(browser, offline=False)
    until(browser, lambda _: not lost.is_displayed())
    until(browser, lambda page: text_of(page, "#news").startswith("1 new"))
    complaints(browser)  # of the lost connection, which is what this test is about


def test_a_page_that_lost_its_server_says_so(browser, node, serve):
    server = serve(node)
    opened(browser, server.url)
    assert server.stop()
    until(browser, lambda page: page.find_element(By.CSS_SELECTOR, ".lost").is_displayed())


def test_a_long_list_scrolls_through_a_small_page(browser, node, running):
    for number in range(1, 301):
        node.receive(StudyInstanceUID=uid("study", number))
    order = [
        int(each.study.StudyInstanceUID.rpartition(".")[2])
        for each in node.worklist.page(limit=300)
    ]
    opened(browser, running.url)
    height = "return document.getElementById('scroll').scrollHeight"
    before = browser.execute_script(height)
    assert len(studies(browser)) < 300
    press(browser, "G")
    until(browser, lambda page: focused(page) == link(order[-1]))
    until(browser, lambda page: studies(page)[-1] == order[-1])
    assert browser.execute_script(height) == before  # nothing jumped when lines took gaps' places
    press(browser, "k")
    assert focused(browser) == link(order[-2])
    press(browser, "g", "g")
    until(browser, lambda page: focused(page) == link(order[0]))
    assert browser.execute_script("return document.getElementById('scroll').scrollTop") == 0
    assert complaints(browser) == []


def test_filters_columns_and_theme_are_chosen_by_mouse_and_kept(browser, node, running):
    add(node, 1, 0.9, region=Region.HAND)
    add(node, 2, 0.95)
    opened(browser, running.url)
    browser.find_element(By.CSS_SELECTOR, ".pick summary").click()
    browser.find_element(By.CSS_SELECTOR, "input[value=HAND]").click()
    until(browser, lambda page: studies(page) == [1])
    assert browser.current_url.endswith("/?region=HAND")
    assert text_of(browser, ".chip") == "hand ✕"
    browser.find_element(By.CSS_SELECTOR, ".chip").click()
    until(browser, lambda page: studies(page) == [2, 1])
    assert not browser.find_element(By.CSS_SELECTOR, "input[value=HAND]").is_selected()
    browser.find_element(By.CSS_SELECTOR, "th.c-score a").click()
    until(browser, lambda page: page.current_url.endswith("sort=-score"))
    until(browser, lambda page: page.find_elements(By.ID, "priority"))
    press(browser, "p")
    until(browser, lambda page: not page.find_elements(By.ID, "priority"))
    browser.execute_script("document.querySelector('[data-column=model]').click()")
    until(browser, lambda page: "test-model 1" in text_of(page, f"{line(1)} .c-model"))
    browser.execute_script("document.querySelector('input[value=light]').click()")
    until(browser, lambda _: node.preferences.of("local").theme is Theme.LIGHT)
    assert Column.MODEL in node.preferences.of("local").columns
    opened(browser, running.url)
    assert browser.execute_script("return document.documentElement.dataset.theme") == "light"
    assert complaints(browser) == []


def test_a_picture_moves_nothing_and_is_asked_for_once(browser, node, running):
    held = threading.Event()
    node.list_reader.wait_for(held)
    add(node, 1, 0.94)
    excluded = {"state": InstanceState.EXCLUDED, "reason": "body part KNEE is out of scope"}
    node.receive(StudyInstanceUID=uid("study", 2), region=None, **excluded)
    opened(browser, running.url)
    heights = (
        "return [...document.querySelectorAll('tr[data-uid]')]"
        ".map(tr => Math.round(tr.getBoundingClientRect().height))"
    )
    without = browser.execute_script(heights)
    assert pictures(browser) == [0]
    held.set()
    until(browser, lambda page: pictures(page) == [40])
    assert browser.execute_script(heights) == without
    assert len(set(without)) == 1  # nor does a study without a picture stand out
    browser.execute_script("document.querySelector('img.view').isTheSame = true")
    add(node, 3, 0.97)
    until(browser, lambda page: text_of(page, "#news").startswith("1 new"))
    press(browser, ".")
    until(browser, lambda page: pictures(page) == [40, 40])
    assert browser.execute_script(
        "return [...document.querySelectorAll('img.view')].map(view => view.isTheSame === true)"
    ) == [False, True]
    asked = browser.execute_script(
        "return performance.getEntriesByType('resource').map(one => new URL(one.name).pathname)"
    )
    assert asked.count(f"/studies/{uid('study', 1)}/view.jpg") == 1
    assert complaints(browser) == []
