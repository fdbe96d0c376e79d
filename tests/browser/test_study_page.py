"""The page of a study in a real browser: windowing, heat map and work, by mouse and by keys."""

import os
import shutil
from collections.abc import Iterator
from dataclasses import replace
from datetime import timedelta
from pathlib import Path

import numpy as np
import pytest
from PIL import Image
from selenium import webdriver
from selenium.common.exceptions import StaleElementReferenceException
from selenium.webdriver.common.action_chains import ActionChains
from selenium.webdriver.common.actions.wheel_input import ScrollOrigin
from selenium.webdriver.common.by import By
from selenium.webdriver.common.keys import Keys
from selenium.webdriver.support.wait import WebDriverWait

from dicom_fixtures import synthetic_study
from tests.factories import make_assessment, make_placement, uid
from tests.fakes.web_node import WebNode, make_radiograph, stored_apart
from triage_agent.adapters.http.facts import NodeFacts
from triage_agent.adapters.http.server import RunningServer, serve_http
from triage_agent.dicom.radiograph import read_radiograph
from triage_agent.domain.heat import overlay, upsample
from triage_agent.domain.instance import ClassActivation, ImageScore
from triage_agent.domain.radiograph import Radiograph, Window
from triage_agent.domain.region import Region
from triage_agent.domain.worklist import ReadingState
from triage_agent.errors import DecoderCrashed
from triage_agent.settings import ReadingSettings
from triage_agent.viewer_settings import ViewerSettings

pytestmark = pytest.mark.integration

_ARGUMENTS = (
    "--headless=new",
    "--no-sandbox",
    "--disable-gpu",
    "--disable-background-networking",
    "--disable-dev-shm-usage",
    "--no-first-run",
    "--window-size=1600,1000",
)
_PATIENCE_SECONDS = 60
STUDY = uid("study", 1)
SCREENSHOTS = Path(__file__).resolve().parents[2] / "test-output" / "screenshots"
CARD = "# A model\n\n**RESEARCH USE ONLY.** <script>alert(1)</script>\n\n| a |\n| - |\n| 1 |\n"


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
    os.environ["SE_OFFLINE"] = "true"
    os.environ["SE_AVOID_STATS"] = "true"
    chrome = webdriver.Chrome(options=options, service=webdriver.ChromeService(driver))
    chrome.set_page_load_timeout(_PATIENCE_SECONDS)
    yield chrome
    chrome.quit()


@pytest.fixture
def node() -> WebNode:
    return WebNode(
        NodeFacts(
            model="test-model 1",
            ae_title="TRIAGE",
            reading=ReadingSettings(undo_seconds=600),  # however slow the machine is
            recognised_by=lambda header: f"Body Part Examined {header.BodyPartExamined}",
            viewers=(
                ViewerSettings(
                    name="OHIF",
                    url="https://viewer.example/viewer?StudyInstanceUIDs={StudyInstanceUID}",
                ),
            ),
            model_card=CARD,
        )
    )


@pytest.fixture
def running(node, browser) -> Iterator[RunningServer]:
    server = serve_http(node.app(), "127.0.0.1", 0)
    yield server
    browser.get("about:blank")
    complaints(browser)
    assert server.stop()


def until(browser, condition):
    wait = WebDriverWait(
        browser,
        _PATIENCE_SECONDS,
        poll_frequency=0.05,
        ignored_exceptions=[StaleElementReferenceException],
    )
    return wait.until(condition)


def complaints(browser):
    return [line["message"] for line in browser.get_log("browser") if line["level"] == "SEVERE"]


def open_study(browser, running, study=STUDY):
    browser.get(f"{running.url}studies/{study}")
    shown = "return [...document.querySelectorAll('.view')].map(view => view.dataset.state)"
    until(browser, lambda page: set(page.execute_script(shown)) <= {"shown", "failed"})
    drawn(browser)


def drawn(browser):
    """Wait until what was asked for stands on the canvas."""
    browser.execute_async_script(
        "const done = arguments[0]; requestAnimationFrame(() => requestAnimationFrame(done))"
    )


def keys(browser, *pressed):
    for each in pressed:
        ActionChains(browser).send_keys(each).perform()
    drawn(browser)


def pixels(browser, rows, columns, view=0):
    """Return what the canvas shows of the image, pixel on pixel: [rows, columns, 3]."""
    got = browser.execute_script(
        """
        const canvas = document.querySelectorAll(".view canvas")[arguments[0]];
        const { left, top, scale } = canvas.dataset;
        if (scale !== "1") throw new Error(`the scale is ${scale}`);
        const image = canvas.getContext("2d").getImageData(left, top, arguments[2], arguments[1]);
        return [...image.data];
        """,
        view,
        rows,
        columns,
    )
    return np.array(got, dtype=int).reshape(rows, columns, 4)[..., :3]


def told(browser, view=0):
    return browser.find_elements(By.CSS_SELECTOR, ".view .told")[view].text


def windowed(radiograph: Radiograph, center, width):
    """Return the grey of each pixel by the linear function of PS3.3 C.11.2.1.2.1."""
    values = radiograph.modality[radiograph.codes]
    grey = np.clip((values - (center - 0.5)) / (width - 1) + 0.5, 0, 1)
    return np.rint(255 * (1 - grey if radiograph.inverted else grey))


def receive(node, radiograph: Radiograph, name="image", **overrides):
    node.reader.radiographs[name] = radiograph
    rows, columns = radiograph.codes.shape
    return node.receive(stored=stored_apart(name), Rows=rows, Columns=columns, **overrides)


def wrist(node, *, probability, seed=4, study=STUDY, **overrides):
    """Receive and score a synthetic wrist in three views."""
    made = synthetic_study(
        seed, region=Region.WRIST, abnormal=probability > 0.5, rows=900, columns=720
    )
    rng = np.random.default_rng(seed)
    last = None
    for number, dataset in enumerate(made.datasets, start=1):
        last = receive(
            node,
            read_radiograph(dataset),
            name=f"{study} {number}",
            StudyInstanceUID=study,
            InstanceNumber=number,
            ImageLaterality=made.truth.laterality,
            ViewPosition=str(dataset.get("ViewPosition") or ""),
            **overrides,
        )
        grid = np.add.outer((np.arange(10) - 4.0) ** 2, (np.arange(10) - 5.0) ** 2)
        cam = 7 * probability * np.exp(-grid / 3) + rng.normal(0, 0.2, (10, 10)) - 0.4
        node.register.record_score(
            last.header.SOPInstanceUID,
            ImageScore(
                probability=round(min(0.99, probability + 0.02 * number), 3),
                activation=ClassActivation(rows=10, columns=10, values=tuple(cam.ravel().tolist())),
            ),
            model="test-model 1",
            now=node.clock.now(),
        )
    node.register.record_assessment(
        study,
        make_assessment(probability),
        make_placement((1.1 - probability) * 6000),
        revision=node.register.study_images(study).study.revision,
        now=node.clock.now(),
    )
    return last


def heats_fetched(browser):
    return browser.execute_script(
        "return performance.getEntriesByType('resource')"
        ".filter(each => each.name.includes('/heat?')).length"
    )


def reading_of(node, study=STUDY):
    return node.desk.reading(study)


def stands(browser):
    return browser.find_element(By.CSS_SELECTOR, "#work .stands").text


def toast(browser):
    found = browser.find_elements(By.CSS_SELECTOR, ".toast span")
    return found[0].text if found else ""


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


def test_a_reader_works_with_the_keyboard_alone(browser, node, running):
    wrist(node, probability=0.94)
    open_study(browser, running)
    until(browser, lambda page: stands(page) == "Nobody has claimed it.")
    keys(browser, "c")
    until(browser, lambda page: stands(page).startswith("Yours until"))
    assert reading_of(node).claimed_by == "local"
    keys(browser, "d")
    keys(browser, Keys.ARROW_DOWN, Keys.TAB, "plate of a former fracture", Keys.TAB, Keys.ENTER)
    until(browser, lambda _: node.desk.given)
    ((_, verdict),) = node.desk.given
    assert (verdict.judgement.value, verdict.text) == ("disagree", "plate of a former fracture")
    assert verdict.reason.value == "false alarm"
    judged = browser.find_element(By.ID, "work").get_attribute("data-judged")
    until(browser, lambda page: toast(page) == judged)
    keys(browser, "r")
    until(browser, lambda page: stands(page).startswith("Read by local at"))
    assert reading_of(node).state is ReadingState.READ
    assert toast(browser) == "Marked as read"
    keys(browser, "u")
    until(browser, lambda page: stands(page).startswith("Yours until"))
    assert reading_of(node).state is ReadingState.CLAIMED
    keys(browser, "r")
    until(browser, lambda page: stands(page).startswith("Read by local at"))
    node.score(node.receive(StudyInstanceUID=uid("study", 2)), 0.8)
    keys(browser, "n")
    until(browser, lambda page: page.current_url.endswith(f"/studies/{uid('study', 2)}"))
    assert reading_of(node, uid("study", 2)).claimed_by == "local"
    assert complaints(browser) == []


def test_what_somebody_else_has_is_theirs(browser, node, running):
    wrist(node, probability=0.94)
    now = node.clock.now()
    node.desk.claim(STUDY, "somebody", now=now, until=now + timedelta(minutes=5))
    open_study(browser, running)
    until(browser, lambda page: stands(page).startswith("somebody has it until"))
    assert not browser.find_element(By.CSS_SELECTOR, "[data-do=read]").is_enabled()
    keys(browser, "r", "c")
    assert reading_of(node).claimed_by == "somebody"
    assert reading_of(node).held_by == "local"
    assert complaints(browser) == []


def test_a_new_image_announces_itself_and_moves_nothing(browser, node, running):
    wrist(node, probability=0.94)
    open_study(browser, running)
    keys(browser, "t")
    before = browser.execute_script("return {...document.querySelector('canvas').dataset}")
    assert not browser.find_elements(By.CSS_SELECTOR, ".news")
    receive(node, make_radiograph(), "late", InstanceNumber=9)
    until(browser, lambda page: page.find_elements(By.CSS_SELECTOR, ".news"))
    after = browser.execute_script("return {...document.querySelector('canvas').dataset}")
    assert after == before
    assert len(browser.find_elements(By.CSS_SELECTOR, ".view")) == 3
    browser.find_element(By.CSS_SELECTOR, ".news a").click()
    until(browser, lambda page: len(page.find_elements(By.CSS_SELECTOR, ".view")) == 4)
    assert complaints(browser) == []


def test_one_image_alone_zoomed_where_it_points(browser, node, running):
    wrist(node, probability=0.94)
    open_study(browser, running)
    canvas = browser.find_elements(By.CSS_SELECTOR, "canvas")[1]
    ActionChains(browser).double_click(canvas).perform()
    views = browser.find_elements(By.CSS_SELECTOR, ".view")
    until(browser, lambda _: [each.is_displayed() for each in views] == [False, True, False])
    drawn(browser)
    scale = float(canvas.get_attribute("data-scale"))
    origin = ScrollOrigin.from_element(canvas)
    ActionChains(browser).scroll_from_origin(origin, 0, -400).perform()
    drawn(browser)
    assert float(canvas.get_attribute("data-scale")) > 1.2 * scale
    keys(browser, "f")
    assert float(canvas.get_attribute("data-scale")) == pytest.approx(scale)
    keys(browser, Keys.ESCAPE)
    until(browser, lambda _: all(each.is_displayed() for each in views))
    assert complaints(browser) == []


def test_an_image_that_fails_can_be_tried_again(browser, node, running):
    receive(node, make_radiograph())
    node.reader.errors["image"] = DecoderCrashed("gone")
    open_study(browser, running)
    failed = browser.find_element(By.CSS_SELECTOR, ".fails")
    assert failed.is_displayed()
    complaints(browser)  # of the 503, which is what this test is about
    node.reader.errors.clear()
    browser.find_element(By.CSS_SELECTOR, ".again").click()
    until(browser, lambda page: page.find_element(By.CSS_SELECTOR, ".view[data-state=shown]"))
    assert not failed.is_displayed()
    assert complaints(browser) == []


def test_a_quiet_study_has_a_draft_that_nobody_takes_for_a_report(browser, node, running):
    wrist(node, probability=0.12)
    open_study(browser, running)
    draft = browser.find_element(By.CSS_SELECTOR, "#draft").text
    assert draft.startswith("PRELIMINARY - GENERATED BY SOFTWARE - NOT READ BY A PERSON")
    browser.find_element(By.CSS_SELECTOR, "[data-copy]").click()
    told = until(browser, toast)
    chosen = browser.execute_script("return getSelection().toString()")
    # A browser that lets no page write to its clipboard leaves the copying to the reader.
    assert told.startswith("Copied") or chosen.split() == draft.split()
    assert complaints(browser) == []


def test_the_card_of_the_model_is_a_page(browser, running):
    browser.get(f"{running.url}model")
    card = browser.find_element(By.CSS_SELECTOR, ".card")
    assert card.find_element(By.CSS_SELECTOR, "h1").text == "A model"
    assert card.find_element(By.CSS_SELECTOR, "strong").text == "RESEARCH USE ONLY."
    assert card.find_element(By.CSS_SELECTOR, "td").text == "1"
    assert "<script>" in card.text
    assert complaints(browser) == []


@pytest.mark.parametrize("theme", ["dark", "light"])
def test_screenshots(browser, node, running, theme):
    wrist(node, probability=0.12, seed=5, study=uid("study", 2))
    node.close()
    wrist(node, probability=0.94)
    SCREENSHOTS.mkdir(parents=True, exist_ok=True)
    for number in (1, 2):
        open_study(browser, running, uid("study", number))
        browser.execute_script("document.documentElement.dataset.theme = arguments[0]", theme)
        if number == 1:
            keys(browser, "h")
            until(browser, lambda page: heats_fetched(page) == 3)
            drawn(browser)
        browser.save_screenshot(str(SCREENSHOTS / f"study-{number}-{theme}.png"))
        shown = Image.open(SCREENSHOTS / f"study-{number}-{theme}.png").convert("L")
        panel = np.asarray(shown)[-60:, -60:]
        assert (panel.mean() > 128) == (theme == "light")
    assert complaints(browser) == []
