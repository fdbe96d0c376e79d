"""The administrator's page in a real browser: by the keyboard alone, and while it changes."""

import pytest
from selenium.webdriver.common.by import By
from selenium.webdriver.common.keys import Keys

from tests.browser.looking import complaints, focused, keep_picture, press, text_of, until
from tests.contracts.health_ports import make_arrivals, make_beat
from tests.factories import T0, after, make_result, uid
from tests.fakes.web_node import WebNode
from triage_agent.adapters.http.facts import NodeFacts
from triage_agent.domain.audit import Deed
from triage_agent.domain.delivery import DeliveryState

pytestmark = pytest.mark.integration


@pytest.fixture
def node():
    """A node with a result that its destination refused, and a device with a hostile title."""
    node = WebNode(NodeFacts(model="test-model 1", ae_title="TRIAGE", destinations=("pacs",)))
    node.health.beat(
        make_beat("receive", facts={"port": 11112, "listener_seconds": 0.01}),
        arrivals=[make_arrivals("<script>x"), make_arrivals("DX_ER", last_at=after(-20_000))],
    )
    node.score(node.receive(received_at=after(-4)), 0.9)
    node.close()
    study = node.register.study_images(uid("study", 1)).study
    node.register.record_report(
        uid("study", 1), [make_result()], [["pacs"]], generation=1, revision=study.revision, now=T0
    )
    (delivery,) = node.outbox.deliveries()
    node.outbox.record_failure(delivery.id, "0xA900 no", next_attempt_at=None, now=T0)
    return node


def state_of(node):
    return node.outbox.deliveries()[0].state


def refresh(browser):
    """Have the live part made anew, as it is when anything changed, and wait for it."""
    browser.execute_script(
        "document.querySelector('#health-state > *').dataset.old = '';"
        "htmx.ajax('GET', '/health/state', {target: '#health-state', swap: 'innerHTML'})"
    )
    until(browser, lambda page: not page.find_elements(By.CSS_SELECTOR, "[data-old]"))


def test_an_administrator_works_by_keyboard_while_the_page_changes(browser, node, running):
    browser.get(f"{running.url}health")
    assert "DX_ER" in text_of(browser, ".tiles")
    assert "<script>x" in text_of(browser, "#health-state")
    browser.execute_script("document.querySelector('#retry-pacs').focus()")
    # What is focused stays so when the live part is made anew under it, and nothing jumps.
    place = "return document.querySelector('#retry-pacs').getBoundingClientRect().top"
    before = browser.execute_script(place)
    refresh(browser)
    until(browser, lambda page: focused(page) == "retry-pacs")
    assert browser.execute_script(place) == before
    press(browser, Keys.ENTER)
    until(
        browser, lambda page: "pacs: results that are due now: 1." in text_of(page, "#health-said")
    )
    assert state_of(node) is DeliveryState.PENDING
    until(browser, lambda page: focused(page) == "retry-pacs")
    press(browser, Keys.TAB)
    assert focused(browser) == "park-pacs"
    press(browser, Keys.ENTER)
    browser.switch_to.alert.dismiss()
    assert state_of(node) is DeliveryState.PENDING
    press(browser, Keys.ENTER)
    browser.switch_to.alert.accept()
    until(browser, lambda page: "parked until you retry: 1." in text_of(page, "#health-said"))
    assert state_of(node) is DeliveryState.PARKED
    until(browser, lambda page: focused(page) == "park-pacs")
    deeds = [each.deed for each in node.audit.lines]
    assert deeds[-2:] == [Deed.DELIVERY_RETRIED, Deed.DELIVERY_PARKED]
    keep_picture(browser, "health")
    assert complaints(browser) == []


def test_what_was_unfolded_stays_so(browser, running):
    browser.get(f"{running.url}health?days=30")
    browser.execute_script("document.querySelector('#health-hours > summary').focus()")
    press(browser, Keys.ENTER)
    unfolded = "return document.querySelector('#health-hours').open"
    assert browser.execute_script(unfolded)
    browser.execute_script(
        "document.querySelector('#health-hours').isOld = true;"
        "htmx.ajax('GET', '/health/figures?days=30', {target: '#health-figures'})"
    )
    until(
        browser,
        lambda page: page.execute_script("return !document.querySelector('#health-hours').isOld"),
    )
    until(browser, lambda page: page.execute_script(unfolded))
    assert complaints(browser) == []
