"""The page in a real browser: live without a reload, the heat map on demand, no policy broken."""

import os
import shutil
import threading
from collections.abc import Iterator

import pytest
from selenium import webdriver
from selenium.common.exceptions import StaleElementReferenceException
from selenium.webdriver.common.action_chains import ActionChains
from selenium.webdriver.common.by import By
from selenium.webdriver.common.keys import Keys
from selenium.webdriver.support.wait import WebDriverWait

from tests.factories import uid
from tests.fakes.web_node import WebNode
from triage_agent.adapters.http.facts import NodeFacts
from triage_agent.adapters.http.server import RunningServer, serve_http
from triage_agent.domain.instance import InstanceState

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
_PATIENCE_SECONDS = 60


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
    wait = WebDriverWait(
        browser,
        _PATIENCE_SECONDS,
        poll_frequency=0.1,
        ignored_exceptions=[StaleElementReferenceException],
    )
    return wait.until(condition)


def complaints(browser):
    return [line["message"] for line in browser.get_log("browser") if line["level"] == "SEVERE"]


def parts_listed(browser):
    return browser.execute_script(
        "return [...document.querySelectorAll('.list tbody .patient small')]"
        ".map(cell => cell.textContent.trim())"
    )


def focused(browser):
    # In one step: the list may be swapped between finding the element and asking for its name.
    return browser.execute_script("return document.activeElement.id")


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


def widths_of_views(browser):
    return browser.execute_script(
        "return [...document.querySelectorAll('img.view')].map(view => view.naturalWidth)"
    )


def heights_of_rows(browser):
    return browser.execute_script(
        "return [...document.querySelectorAll('.list tbody tr')]"
        ".map(row => Math.round(row.getBoundingClientRect().height))"
    )


def test_a_study_shows_at_a_glance_why_it_is_on_top(browser, node, running):
    node.score(node.receive(ImageLaterality="L"), 0.94)
    browser.get(running.url)
    until(browser, lambda page: widths_of_views(page) == [40])
    why, alt = browser.execute_script(
        "return [document.querySelector('.why').innerText, document.querySelector('.view').alt]"
    )
    assert why.startswith("abnormal 0.94, left wrist, provisional: due in")
    assert "heat map" in alt
    # The list may be swapped between the finding and the clicking.
    until(browser, lambda page: page.find_element(By.CSS_SELECTOR, ".view").click() is None)
    until(browser, lambda page: page.current_url.endswith(f"/studies/{uid('study', 1)}"))
    assert complaints(browser) == []


def test_a_picture_moves_nothing_when_it_comes(browser, node, running):
    held = threading.Event()
    node.list_reader.wait_for(held)
    node.score(node.receive(StudyInstanceUID=uid("study", 1)), 0.94)
    node.receive(
        StudyInstanceUID=uid("study", 2),
        state=InstanceState.EXCLUDED,
        reason="body part KNEE is out of scope",
        region=None,
    )
    browser.get(running.url)
    without = heights_of_rows(browser)
    assert widths_of_views(browser) == [0]
    held.set()
    until(browser, lambda page: widths_of_views(page) == [40])
    assert heights_of_rows(browser) == without
    assert len(set(without)) == 1  # nor does a study without a picture stand out
    assert complaints(browser) == []


def test_a_change_of_the_list_asks_for_no_picture_again(browser, node, running):
    node.score(node.receive(StudyInstanceUID=uid("study", 1), AccessionNumber="FIRST"), 0.1)
    browser.get(running.url)
    until(browser, lambda page: widths_of_views(page) == [40])
    browser.execute_script("document.querySelector('img.view').isTheSame = true")
    node.score(node.receive(StudyInstanceUID=uid("study", 2), AccessionNumber="URGENT"), 0.97)
    until(browser, lambda page: parts_listed(page) == ["P1 · URGENT", "P1 · FIRST"])
    until(browser, lambda page: widths_of_views(page) == [40, 40])
    assert browser.execute_script(
        "return [...document.querySelectorAll('img.view')].map(view => view.isTheSame === true)"
    ) == [False, True]
    asked = browser.execute_script(
        "return performance.getEntriesByType('resource').map(one => new URL(one.name).pathname)"
    )
    assert asked.count(f"/studies/{uid('study', 1)}/view.jpg") == 1
    assert complaints(browser) == []


def test_the_list_is_walked_with_the_keyboard_one_stop_for_a_study(browser, node, running):
    for number, probability in ((1, 0.9), (2, 0.6)):
        node.score(node.receive(StudyInstanceUID=uid("study", number)), probability)
    browser.get(running.url)
    keys = ActionChains(browser)
    stops = []
    for _ in range(3):
        keys.send_keys(Keys.TAB).perform()
        stops.append(focused(browser))
    assert stops == ["", f"study-{uid('study', 1)}", f"study-{uid('study', 2)}"]
    # The focus stays with the study when the list is swapped under it.
    node.score(node.receive(StudyInstanceUID=uid("study", 3)), 0.97)
    until(browser, lambda page: len(parts_listed(page)) == 3)
    until(browser, lambda page: focused(page) == stops[-1])
    keys.send_keys(Keys.ENTER).perform()
    until(browser, lambda page: page.current_url.endswith(f"/studies/{uid('study', 2)}"))
    assert complaints(browser) == []
