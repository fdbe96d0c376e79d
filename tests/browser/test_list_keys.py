"""What a key of the list does: to the study that the reader chose, once, and truly told."""

import pytest

from tests.browser.list_page import add, opened, state
from tests.browser.looking import complaints, press, text_of, until
from triage_agent.errors import DatabaseUnavailable

pytestmark = pytest.mark.integration


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
