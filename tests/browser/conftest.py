"""Real Chromium, driven by selenium."""

import os
import shutil
from collections.abc import Callable, Iterator
from contextlib import ExitStack
from pathlib import Path

import pytest
from selenium import webdriver

from tests.browser.looking import PATIENCE_SECONDS, complaints
from tests.fakes.web_node import WebNode
from triage_agent.adapters.http.facts import NodeFacts
from triage_agent.adapters.http.server import RunningServer, serve_http
from triage_agent.settings import ReadingSettings

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


def _start(folder: Path) -> webdriver.Chrome:
    options = webdriver.ChromeOptions()
    for argument in _ARGUMENTS:
        options.add_argument(argument)
    options.add_argument(f"--user-data-dir={folder}")
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
    chrome.set_page_load_timeout(PATIENCE_SECONDS)
    chrome.set_script_timeout(PATIENCE_SECONDS)
    return chrome


@pytest.fixture(scope="module")
def browser(tmp_path_factory: pytest.TempPathFactory) -> Iterator[webdriver.Chrome]:
    chrome = _start(tmp_path_factory.mktemp("browser"))
    yield chrome
    chrome.quit()


@pytest.fixture
def other_browser(tmp_path: Path) -> Iterator[webdriver.Chrome]:
    """A second browser, of somebody else."""
    chrome = _start(tmp_path / "other-browser")
    yield chrome
    chrome.quit()


@pytest.fixture
def node() -> WebNode:
    # However slow the machine is, there is time to take something back.
    reading = ReadingSettings(undo_seconds=600)
    return WebNode(NodeFacts(model="test-model 1", ae_title="TRIAGE", reading=reading))


@pytest.fixture
def serve(browser: webdriver.Chrome) -> Iterator[Callable[[WebNode], RunningServer]]:
    """Serve a node's page as it is now; it ends with the test."""
    with ExitStack() as ending:

        def start(node: WebNode) -> RunningServer:
            server = serve_http(node.app(), "127.0.0.1", 0)
            ending.callback(lambda: server.stop() or pytest.fail("the server did not stop"))
            return server

        yield start
        browser.get("about:blank")  # or it would complain of its lost server in the next test
        complaints(browser)


@pytest.fixture
def running(node: WebNode, serve: Callable[[WebNode], RunningServer]) -> RunningServer:
    return serve(node)
