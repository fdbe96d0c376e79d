"""The list on screens of every size, in both themes."""

import pytest

from tests.browser.list_page import add, opened, pictures
from tests.browser.looking import (
    complaints,
    keep_picture,
    prefer,
    press,
    until,
)
from triage_agent.domain.region import Region

pytestmark = pytest.mark.integration

SIZES = {"laptop": (1280, 800), "wall": (3840, 2160), "tablet": (820, 1180)}


SMALL_TARGETS = """
return [...document.querySelectorAll('a, button, summary, label:has(input), input[type=search]')]
  .filter(each => each.checkVisibility() && each.closest('main, header'))
  // All of its cell belongs to the link of a study.
  .map(each => [each.outerHTML.slice(0, 80), each.closest('a.open')?.parentElement ?? each])
  .map(([text, each]) => [text, each.getBoundingClientRect()])
  .filter(([, box]) => box.width > 0 && box.height > 0)
  .map(([text, box]) => [text, Math.round(box.width), Math.round(box.height)])
  .filter(([, width, height]) => width < 24 || height < 24)
"""


@pytest.mark.parametrize("theme", ["dark", "light"])
def test_the_page_fits_screens_of_every_size(browser, node, running, theme):
    names = ("Prüfling^Künstlich", "Δοκιμή^Συνθετική", "Hecheng^Ceshi")
    for number in range(1, 31):
        region = tuple(Region)[number % 7]
        name = names[number % 3]
        more = {"PatientName": name, "region": region, "ImageLaterality": "LR"[number % 2]}
        add(node, number, (number * 37 % 100) / 100, **more)
    prefer(browser, theme)
    for name, (width, height) in SIZES.items():
        screen = {"width": width, "height": height, "deviceScaleFactor": 1, "mobile": False}
        browser.execute_cdp_cmd("Emulation.setDeviceMetricsOverride", screen)
        opened(browser, running.url)
        press(browser, "j")
        until(browser, lambda page: all(pictures(page)[:5]))
        assert browser.execute_script(
            "const page = document.documentElement; return ["
            "page.scrollWidth - page.clientWidth, page.scrollHeight - page.clientHeight]"
        ) == [0, 0]
        assert browser.execute_script(SMALL_TARGETS) == []
        keep_picture(browser, f"worklist-{name}-{theme}")
    browser.execute_cdp_cmd("Emulation.clearDeviceMetricsOverride", {})
    ground = browser.execute_script("return getComputedStyle(document.body).backgroundColor")
    assert ground == {"dark": "rgb(12, 16, 18)", "light": "rgb(244, 245, 246)"}[theme]
    assert complaints(browser) == []
