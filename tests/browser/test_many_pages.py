"""Many pages of one node in one browser, which has six connections to it (HTTP/1.1)."""

from collections.abc import Iterator

import pytest

from tests.browser.list_page import add, opened, studies
from tests.browser.looking import complaints, text_of, until
from tests.browser.study_page import open_study

pytestmark = pytest.mark.integration


@pytest.fixture
def tabs(browser) -> Iterator[list[str]]:
    """The tabs that a test opens beside the first; they close with it."""
    first = browser.current_window_handle
    opened_tabs: list[str] = []
    yield opened_tabs
    for each in opened_tabs:
        browser.switch_to.window(each)
        browser.close()
    browser.switch_to.window(first)


def test_more_pages_may_be_open_than_a_browser_has_connections(browser, node, running, tabs):
    add(node, 1, 0.1)
    for _ in range(4):
        for open_page in (
            lambda: opened(browser, running.url),
            lambda: open_study(browser, running),
        ):
            browser.switch_to.new_window("tab")
            tabs.append(browser.current_window_handle)
            open_page()
    assert complaints(browser) == []


def test_a_page_that_is_seen_again_catches_up(browser, node, running, tabs):
    add(node, 1, 0.1)
    opened(browser, running.url)
    first = browser.current_window_handle
    browser.switch_to.new_window("tab")
    tabs.append(browser.current_window_handle)
    add(node, 2, 0.97)
    browser.switch_to.window(first)
    until(browser, lambda page: studies(page) == [2, 1] or text_of(page, "#news"))
    assert complaints(browser) == []
