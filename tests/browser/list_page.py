"""The page of the list, as its tests fill it and look at it."""

from typing import Any

from selenium import webdriver

from tests.browser.looking import (
    until,
)
from tests.factories import uid
from tests.fakes.web_node import WebNode


def add(node: WebNode, number: int, probability: float, **more: Any) -> None:
    node.score(node.receive(StudyInstanceUID=uid("study", number), **more), probability)


def opened(browser: webdriver.Chrome, url: str, *, idle_seconds: float = 3600) -> None:
    """Open the list and wait until it can be worked with; by itself it places nothing so soon."""
    browser.get(url)
    until(browser, lambda page: page.execute_script("return worklist.dataset.ready") == "1")
    browser.execute_script("worklist.dataset.idleSeconds = arguments[0]", idle_seconds)


def studies(browser: webdriver.Chrome) -> list[int]:
    """Numbers of the studies on the page, from top to bottom."""
    uids = browser.execute_script(
        "return [...document.querySelectorAll('tr[data-uid]')].map(tr => tr.dataset.uid)"
    )
    return [int(each.rpartition(".")[2]) for each in uids]


def line(number: int) -> str:
    return f"[id='row-{uid('study', number)}']"


def link(number: int) -> str:
    return f"study-{uid('study', number)}"


def state(browser: webdriver.Chrome, number: int) -> list[str | None]:
    """State of a line, and whether it is the visitor's own."""
    return browser.execute_script(
        "const {state, mine} = document.querySelector(arguments[0]).dataset;"
        "return [state, mine !== undefined]",
        line(number),
    )


def top_of(browser: webdriver.Chrome, number: int) -> float:
    return browser.execute_script(
        "return document.querySelector(arguments[0]).getBoundingClientRect().top", line(number)
    )


def pictures(browser: webdriver.Chrome) -> list[int]:
    return browser.execute_script(
        "return [...document.querySelectorAll('img.view')].map(view => view.naturalWidth)"
    )
