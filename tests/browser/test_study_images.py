"""The images of a study in a real browser: windowing and heat map, by mouse and by keys."""

from dataclasses import replace

import numpy as np
import pytest
from selenium.webdriver.common.action_chains import ActionChains
from selenium.webdriver.common.by import By
from selenium.webdriver.common.keys import Keys

from tests.browser.looking import complaints, until
from tests.browser.study_page import (
    drawn,
    heats_fetched,
    keys,
    open_study,
    pixels,
    receive,
    study_node,
    told,
    windowed,
)
from tests.fakes.web_node import WebNode, make_radiograph
from triage_agent.domain.heat import overlay, upsample
from triage_agent.domain.instance import ClassActivation, ImageScore
from triage_agent.domain.radiograph import Window

pytestmark = pytest.mark.integration


@pytest.fixture
def node() -> WebNode:
    return study_node()


def test_an_image_may_come_before_its_place_on_the_page_has_a_size(browser, node, running):
    receive(node, make_radiograph())
    open_study(browser, running)
    scale = browser.execute_async_script("""
        const [done] = arguments;
        const frames = () => new Promise((go) => {
          requestAnimationFrame(() => requestAnimationFrame(go));
        });
        import("/static/study/view.js").then(async ({ View }) => {
          const element = document.querySelector(".view").cloneNode(true);
          element.style.display = "none";
          Object.assign(element.querySelector("canvas"), { width: 0, height: 0 });
          document.querySelector(".views").append(element);
          const view = new View(element);
          await view.load();
          await frames();
          element.style.display = "";
          await frames();
          done(view.canvas.dataset.scale);
        });
    """)
    assert float(scale) > 0
    assert complaints(browser) == []


def test_every_view_is_shown_as_it_was_received(browser, node, running):
    columns = np.arange(0, 4000, 100, dtype=np.uint16)
    upright = make_radiograph(windows=(Window(center=2000, width=1000),))
    turned = make_radiograph(codes=np.tile(columns[:30, np.newaxis], (1, 50)), inverted=True)
    for radiograph in (upright, turned):
        (window,) = radiograph.windows
        values = radiograph.modality
        grey = np.clip((values - window.center + 0.5) / (window.width - 1) + 0.5, 0, 1)
        radiograph.tones[:] = np.rint(255 * (1 - grey if radiograph.inverted else grey))
    receive(node, upright, "upright", InstanceNumber=1)
    receive(node, turned, "turned", InstanceNumber=2)
    open_study(browser, running)
    keys(browser, "t")
    shown = pixels(browser, 60, 40)
    np.testing.assert_array_equal(shown[..., 0], windowed(upright, 2000, 1000))
    np.testing.assert_array_equal(shown[..., 1], shown[..., 2])
    keys(browser, "j", "t")
    np.testing.assert_array_equal(
        pixels(browser, 30, 50, view=1)[..., 0], windowed(turned, 2048, 4096)
    )
    assert told(browser).startswith("C 2000   W 1000   100 %")
    assert "NOT FOR DIAGNOSTIC USE" in browser.find_element(By.CSS_SELECTOR, ".view").text
    assert complaints(browser) == []


def test_dragging_windows_as_computed(browser, node, running):
    receive(node, make_radiograph())
    open_study(browser, running)
    keys(browser, "t")
    canvas = browser.find_element(By.CSS_SELECTOR, "canvas")
    before = pixels(browser, 60, 40)
    # 60 to the left: a tenth of all values (0 to 3900) narrower; 30 up: a twentieth lower.
    actions = ActionChains(browser).move_to_element(canvas).click_and_hold()
    actions.move_by_offset(-60, -30).release().perform()
    drawn(browser)
    assert told(browser).startswith("C 1853   W 3706")
    shown = pixels(browser, 60, 40)
    np.testing.assert_array_equal(
        shown[..., 0], windowed(make_radiograph(), 2048 - 195, 4096 - 390)
    )
    assert (shown != before).any()
    keys(browser, "i")
    assert np.abs(pixels(browser, 60, 40) + shown - 255).max() <= 1
    keys(browser, "0", "t")
    np.testing.assert_array_equal(pixels(browser, 60, 40), before)
    assert complaints(browser) == []


def test_the_keys_window_too(browser, node, running):
    receive(node, make_radiograph())
    open_study(browser, running)
    keys(browser, "j", Keys.TAB)
    browser.find_element(By.CSS_SELECTOR, ".view").send_keys(Keys.ARROW_LEFT)
    drawn(browser)
    keys(browser, "t")
    np.testing.assert_array_equal(
        pixels(browser, 60, 40)[..., 0], windowed(make_radiograph(), 2048, 4096 - 78)
    )
    keys(browser, "p", "p")  # the image as received, then all of its values
    np.testing.assert_array_equal(
        pixels(browser, 60, 40)[..., 0], windowed(make_radiograph(), 1950.5, 3901)
    )
    assert complaints(browser) == []


def test_padding_stays_black_and_a_sigmoid_is_one(browser, node, running):
    codes = np.tile(np.arange(0, 4000, 100, dtype=np.uint16), (60, 1))
    codes[:10] = 4095
    radiograph = make_radiograph(
        codes=codes,
        padding=(4090, 4095),
        function="SIGMOID",
        windows=(Window(center=2000, width=800), Window(center=1500, width=900, name="HARDER")),
    )
    receive(node, radiograph)
    open_study(browser, running)
    keys(browser, "t", "p")  # from the image as received to the second window
    shown = pixels(browser, 60, 40)[..., 0]
    values = radiograph.modality[codes[10:]]
    expected = np.rint(255 / (1 + np.exp(-4 * (values - 1500) / 900)))
    np.testing.assert_array_equal(shown[10:], expected)
    assert (shown[:10] == 0).all()
    keys(browser, "i")
    assert (pixels(browser, 60, 40)[:10] == 0).all()
    assert complaints(browser) == []


def test_the_heat_map_is_that_of_the_domain(browser, node, running):
    instance = receive(node, make_radiograph())
    rng = np.random.default_rng(8)
    cam = rng.normal(1, 2, (5, 4))
    node.score(instance, 0.9)
    node.rows.instances[instance.header.SOPInstanceUID] = replace(
        node.rows.instances[instance.header.SOPInstanceUID],
        score=ImageScore(
            probability=0.9,
            activation=ClassActivation(rows=5, columns=4, values=tuple(cam.ravel().tolist())),
        ),
    )
    open_study(browser, running)
    keys(browser, "t")
    plain = pixels(browser, 60, 40)
    legend = browser.find_element(By.CSS_SELECTOR, ".legend")
    assert not legend.is_displayed()
    keys(browser, "h")
    until(browser, lambda page: heats_fetched(page) == 1)
    until(browser, lambda page: (pixels(page, 60, 40) != plain).any())
    shown = pixels(browser, 60, 40)
    grey = make_radiograph().tones[make_radiograph().codes] / 255
    expected = overlay(grey, upsample(cam, 60, 40)).astype(int)
    # In single precision a heat may round to the neighbouring of 256 steps.
    assert np.abs(shown - expected).max() <= 2
    assert (shown == expected).mean() > 0.97
    assert "Not the outline of a lesion" in legend.text
    browser.execute_script(
        "const strength = document.querySelector('[name=strength]');"
        "strength.value = 50; strength.dispatchEvent(new Event('input'))"
    )
    drawn(browser)
    half = pixels(browser, 60, 40)
    assert np.abs(half - (plain + expected) / 2).max() <= 2
    keys(browser, "h")
    np.testing.assert_array_equal(pixels(browser, 60, 40), plain)
    assert complaints(browser) == []
