"""The page in a real browser: live without a reload, the heat map on demand, no policy broken."""

import os
import shutil
from collections.abc import Iterator

import pytest
from selenium import webdriver
from selenium.webdriver.common.by import By
from selenium.webdriver.support.wait import WebDriverWait

from tests.factories import uid
from tests.fakes.web_node import WebNode
from triage_agent.adapters.http.facts import NodeFacts
from triage_agent.adapters.http.server import RunningServer, serve_http

pytestmark = pytest.mark.integration

# Loopback without root: a sandbox inside a container needs rights that a test does not have.
_ARGUMENTS = (
    "--headless=new",
    "--no-sandbox",
    "--disable-gpu",
    "--disable-background-networking",
    "--disable-dev-shm-usage",
    "--no-first-run",
    "--window-size=1400,900",
)
_PATIENCE_SECONDS = 20


@pytest.fixture(scope="module")
def browser(tmp_path_factory) -> Iterator[webdriver.Chrome]:
    options = webdriver.ChromeOptions()
    for argument in _ARGUMENTS:
        options.add_argument(argument)
    options.add_argument(f"--user-data-dir={tmp_path_factory.mktemp('browser')}")
    options.set_capability("goog:loggingPrefs", {"browser": "ALL"})
    browser = shutil.which("chromium")
    driver = shutil.which("chromedriver")
    assert browser, "chromium is not installed: apt-get install chromium"
    assert driver, "chromedriver is not installed: apt-get install chromium-driver"
    options.binary_location = browser
    # selenium looks for drivers on the network unless it is given one, and sends statistics.
    os.environ["SE_OFFLINE"] = "true"
    os.environ["SE_AVOID_STATS"] = "true"
    chrome = webdriver.Chrome(options=options, service=webdriver.ChromeService(driver))
    chrome.set_page_load_timeout(_PATIENCE_SECONDS)
    yield chrome
    chrome.quit()


@pytest.fixture
def node() -> WebNode:
    return WebNode(NodeFacts(model="test-model 1", ae_title="TRIAGE"))


@pytest.fixture
def running(node, browser) -> Iterator[RunningServer]:
    server = serve_http(node.app(), "127.0.0.1", 0)
    yield server
    browser.get("about:blank")  # or the page would complain of its lost server in the next test
    complaints(browser)
    assert server.stop()


def until(browser, condition):
    return WebDriverWait(browser, _PATIENCE_SECONDS, poll_frequency=0.1).until(condition)


def complaints(browser):
    return [line["message"] for line in browser.get_log("browser") if line["level"] == "SEVERE"]


def parts_listed(browser):
    return browser.execute_script(
        "return [...document.querySelectorAll('.list tbody .patient small')]"
        ".map(cell => cell.textContent.trim())"
    )


def test_the_list_moves_by_itself(browser, node, running):
    node.score(node.receive(StudyInstanceUID=uid("study", 1), AccessionNumber="FIRST"), 0.1)
    browser.get(running.url)
    until(browser, lambda page: parts_listed(page) == ["P1 · FIRST"])
    browser.execute_script("window.notReloaded = true")
    node.score(node.receive(StudyInstanceUID=uid("study", 2), AccessionNumber="URGENT"), 0.97)
    until(browser, lambda page: parts_listed(page) == ["P1 · URGENT", "P1 · FIRST"])
    assert browser.execute_script("return window.notReloaded") is True
    assert complaints(browser) == []


def test_the_heat_map_is_shown_on_demand(browser, node, running):
    node.score(node.receive(PatientName="<script>document.title='taken'</script>"), 0.9)
    browser.get(f"{running.url}studies/{uid('study', 1)}")
    radiograph = browser.find_element(By.CSS_SELECTOR, ".radiograph")
    heat = browser.find_element(By.CSS_SELECTOR, "img.heat")
    until(browser, lambda _: radiograph.get_property("naturalWidth") == 40)
    assert not heat.is_displayed()
    browser.find_element(By.CSS_SELECTOR, ".look label").click()
    until(browser, lambda _: heat.is_displayed() and heat.get_property("naturalWidth") == 40)
    assert browser.title.startswith("wrist")
    assert complaints(browser) == []


def test_a_page_that_lost_its_server_says_so(browser, node):
    server = serve_http(node.app(), "127.0.0.1", 0)
    browser.get(server.url)
    lost = browser.find_element(By.CSS_SELECTOR, ".lost")
    assert not lost.is_displayed()
    assert server.stop()
    browser.execute_script("htmx.trigger('#list', 'sse:worklist')")
    until(browser, lambda _: lost.is_displayed())
    browser.get("about:blank")
    complaints(browser)  # of the lost connection, which is what this test is about
