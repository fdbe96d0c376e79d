"""A list that is read part by part while others work at it: no study is passed over."""

import pytest
from selenium import webdriver

from tests.browser.list_page import add, link, opened, state, studies
from tests.browser.looking import complaints, focused, press, until
from tests.factories import after, uid
from tests.fakes.web_node import WebNode

pytestmark = pytest.mark.integration


def listed(node: WebNode) -> list[int]:
    """Numbers of the studies as the node lists them now."""
    entries = node.worklist.page(limit=300)
    return [int(each.study.StudyInstanceUID.rpartition(".")[2]) for each in entries]


def read_by_another(browser: webdriver.Chrome, node: WebNode, numbers: list[int]) -> None:
    """Have somebody else read studies, and wait until the page has heard of it."""
    for number in numbers:
        now = node.clock.now()
        node.desk.mark_read(uid("study", number), "somebody", generation=1, images=None, now=now)
    until(browser, lambda page: all(state(page, each)[0] == "read" for each in numbers))


def hold(browser: webdriver.Chrome, offset: int, *, answered: bool) -> None:
    """Hold a part back once the page asks for it: what the node answers then, or the question."""
    browser.execute_script(
        """
        const [offset, isAnswered] = arguments;
        const ask = window.fetch;
        const released = new Promise((release) => (window.release = release));
        window.fetch = async (address, options) => {
          if (address !== `/list/chunk?offset=${offset}`) return ask(address, options);
          const question = { ...options, signal: null }; // however slow the machine is
          const answer = isAnswered ? await ask(address, question) : null;
          window.isHeld = true;
          await released;
          return answer ?? ask(address, question);
        };
        """,
        offset,
        answered,
    )


def is_held(browser: webdriver.Chrome) -> bool:
    return browser.execute_script("return window.isHeld === true")


def release_and_be_placed(browser: webdriver.Chrome) -> None:
    """Release what was held, and wait until the list is placed with it."""
    browser.execute_async_script(
        "const placed = new MutationObserver(arguments[0]);"
        "placed.observe(document.getElementById('scroll'), {attributeFilter: ['class']});"
        "window.release()"
    )


def answers(browser: webdriver.Chrome, address: str) -> int:
    """How many requests have been answered whose address has this in it."""
    return browser.execute_script(
        "const [address] = arguments;"
        "const asked = performance.getEntriesByType('resource');"
        "return asked.filter(({name}) => name.includes(address)).length",
        address,
    )


def show_end_of_first_part(browser: webdriver.Chrome) -> None:
    browser.execute_script(
        "const list = document.getElementById('scroll');"
        "list.scrollTop = document.querySelector('tbody').offsetHeight - list.clientHeight"
    )


@pytest.fixture
def order(browser, node, running) -> list[int]:
    """More studies than one part holds, on the page; only the first part is there."""
    for number in range(1, 121):
        node.receive(StudyInstanceUID=uid("study", number))
    opened(browser, running.url)
    assert len(studies(browser)) == 50
    return listed(node)


@pytest.mark.parametrize("arriving", [0, 5])
def test_scrolling_on_passes_over_no_study_when_others_have_left(browser, node, order, arriving):
    read_by_another(browser, node, order[:5])
    for number in range(121, 121 + arriving):  # at its end: the list is as long as it was
        node.receive(StudyInstanceUID=uid("study", number), received_at=after(60))
    show_end_of_first_part(browser)
    until(browser, lambda page: len(studies(page)) > 60)
    shown = [each for each in studies(browser) if state(browser, each)[0] == "unread"]
    assert shown == listed(node)[: len(shown)]
    assert complaints(browser) == []


def test_the_arrow_passes_over_no_study_when_others_have_left(browser, node, order):
    read_by_another(browser, node, order[:5])
    browser.execute_script("document.getElementById(arguments[0]).focus()", link(order[49]))
    press(browser, "j")
    until(browser, lambda page: focused(page) != link(order[49]))
    assert focused(browser) == link(order[50])
    assert complaints(browser) == []


@pytest.mark.parametrize("arriving", [0, 1])
def test_lines_that_come_near_while_the_list_is_placed_are_shown(browser, node, order, arriving):
    hold(browser, 0, answered=True)
    press(browser, ".")
    until(browser, is_held)
    for number in range(121, 121 + arriving):  # then what is read does not fit what is on the page
        node.receive(StudyInstanceUID=uid("study", number), received_at=after(60))
    browser.execute_script("document.getElementById('scroll').scrollTop = 1e6")
    until(browser, lambda page: answers(page, "/list/chunk?offset=100"))
    until(browser, lambda page: arriving or studies(page)[-1] == order[-1])
    release_and_be_placed(browser)
    until(browser, lambda page: studies(page)[-1] == listed(node)[-1])
    assert complaints(browser) == []


def test_a_study_that_moves_between_two_answers_is_passed_over_by_neither(browser, node, order):
    show_end_of_first_part(browser)
    until(browser, lambda page: len(studies(page)) > 60)
    hold(browser, 50, answered=False)
    press(browser, ".")
    until(browser, is_held)
    until(browser, lambda page: answers(page, "/list/chunk?offset=0"))
    add(node, order[50], 0.97)
    release_and_be_placed(browser)
    shown = studies(browser)
    assert shown == listed(node)[: len(shown)]
    assert shown[0] == order[50]
    assert complaints(browser) == []


def test_a_change_is_told_again_to_lines_that_were_read_before_it(browser, node, order):
    hold(browser, 50, answered=True)
    show_end_of_first_part(browser)
    until(browser, is_held)
    told = answers(browser, "/list/changes")
    now = node.clock.now()
    node.desk.claim(uid("study", order[50]), "somebody", now=now, until=after(600))
    until(browser, lambda page: answers(page, "/list/changes") > told)
    browser.execute_script("window.release()")
    until(browser, lambda page: order[50] in studies(page))
    until(browser, lambda page: state(page, order[50]) == ["claimed", False])
    assert complaints(browser) == []
