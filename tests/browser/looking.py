"""What a test looks at in a page, and how it waits."""

from collections.abc import Callable
from pathlib import Path
from typing import Any

from selenium import webdriver
from selenium.common.exceptions import StaleElementReferenceException
from selenium.webdriver.common.action_chains import ActionChains
from selenium.webdriver.support.wait import WebDriverWait

# Far more than an idle machine needs: whoever waits goes on as soon as it is so.
PATIENCE_SECONDS = 60
OUTPUT = Path(__file__).parents[2] / "test-output" / "screenshots"


def until(browser: webdriver.Chrome, condition: Callable[[Any], Any]) -> Any:
    """Wait until a condition holds, and return what it gave."""
    wait = WebDriverWait(
        browser,
        PATIENCE_SECONDS,
        poll_frequency=0.1,
        ignored_exceptions=[StaleElementReferenceException],
    )
    return wait.until(condition)


def complaints(browser: webdriver.Chrome) -> list[str]:
    """Return what the browser objects to since it was last asked: broken policies, errors."""
    return [line["message"] for line in browser.get_log("browser") if line["level"] == "SEVERE"]


def press(browser: webdriver.Chrome, *keys: str) -> None:
    """Press keys one after the other, wherever the focus is."""
    ActionChains(browser).send_keys(*keys).perform()


def focused(browser: webdriver.Chrome) -> str:
    """Return the id of what has the focus, in one step: the page may change meanwhile."""
    return str(browser.execute_script("return document.activeElement.id"))


def text_of(browser: webdriver.Chrome, selector: str) -> str:
    """Return the visible text of the first element, white space single; "" without one."""
    # Of what is not shown, innerText is what it would say.
    script = (
        "const found = document.querySelector(arguments[0]);"
        "return found?.checkVisibility() ? found.innerText : ''"
    )
    return " ".join(str(browser.execute_script(script, selector)).split())


def prefer(browser: webdriver.Chrome, scheme: str) -> None:
    """Let the browser say that the person prefers "dark" or "light"."""
    features = [{"name": "prefers-color-scheme", "value": scheme}]
    browser.execute_cdp_cmd("Emulation.setEmulatedMedia", {"features": features})


def keep_picture(browser: webdriver.Chrome, name: str) -> None:
    """Save what the page looks like among the output of the tests."""
    OUTPUT.mkdir(parents=True, exist_ok=True)
    assert browser.save_screenshot(str(OUTPUT / f"{name}.png"))
