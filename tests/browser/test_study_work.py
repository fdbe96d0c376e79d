"""Work on the page of a study in a real browser, by mouse and by keys."""

from dataclasses import replace
from datetime import timedelta, timezone

import numpy as np
import pytest
from PIL import Image
from selenium.webdriver.common.action_chains import ActionChains
from selenium.webdriver.common.actions.wheel_input import ScrollOrigin
from selenium.webdriver.common.by import By
from selenium.webdriver.common.keys import Keys

from tests.browser.looking import OUTPUT, complaints, keep_picture, until
from tests.browser.study_page import (
    STUDY,
    drawn,
    heats_fetched,
    keys,
    open_study,
    reading_of,
    receive,
    stands,
    study_node,
    toast,
    wrist,
)
from tests.factories import T0, uid
from tests.fakes.web_node import WebNode, make_radiograph
from triage_agent.domain.worklist import ReadingState
from triage_agent.errors import DatabaseUnavailable, DecoderCrashed

pytestmark = pytest.mark.integration


@pytest.fixture
def node() -> WebNode:
    return study_node()


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
    until(browser, lambda page: stands(page).startswith("Read by local,"))
    assert reading_of(node).state is ReadingState.READ
    assert toast(browser) == "Marked as read"
    keys(browser, "u")
    until(browser, lambda page: stands(page).startswith("Yours until"))
    assert reading_of(node).state is ReadingState.CLAIMED
    keys(browser, "r")
    until(browser, lambda page: stands(page).startswith("Read by local,"))
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


def test_next_pressed_again_and_again_claims_the_one_study_that_opens(browser, node, running):
    wrist(node, probability=0.94)
    for number, probability in ((2, 0.8), (3, 0.7), (4, 0.6)):
        node.score(node.receive(StudyInstanceUID=uid("study", number)), probability)
    node.desk.mark_read(STUDY, "local", generation=1, images=3, now=node.clock.now())
    open_study(browser, running)
    again = "setInterval(() => document.querySelector('[data-do=following]').click(), 5)"
    browser.execute_script(again)
    until(browser, lambda page: page.current_url.endswith(f"/studies/{uid('study', 2)}"))
    claimed = [each for each, reading in node.rows.reading.items() if reading.claimed_by]
    assert claimed == [uid("study", 2)]
    assert complaints(browser) == []


def test_what_may_have_been_done_is_not_called_undone(browser, node, running):
    wrist(node, probability=0.94)
    open_study(browser, running)
    until(browser, lambda page: stands(page) == "Nobody has claimed it.")
    claim = node.desk.claim

    def claim_and_break(*args, **more):
        claim(*args, **more)
        raise DatabaseUnavailable("gone before it could answer")

    node.desk.claim = claim_and_break
    keys(browser, "c")
    until(browser, lambda page: "not known whether" in toast(page))
    until(browser, lambda page: stands(page).startswith("Yours until"))
    complaints(browser)  # of the 503, which is what this test is about


def test_when_it_was_read_is_told_with_the_date_and_in_the_nodes_zone(browser, node, serve):
    node.facts = replace(node.facts, zone=timezone(timedelta(hours=5, minutes=45)))
    wrist(node, probability=0.94)
    node.desk.mark_read(STUDY, "somebody", generation=1, images=3, now=T0)
    running = serve(node)
    open_study(browser, running)
    until(browser, lambda page: stands(page) == "Read by somebody, 17:45")
    node.clock.advance(24 * 3600)
    open_study(browser, running)
    until(browser, lambda page: stands(page) == "Read by somebody, 01 Jan 17:45")
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


def test_what_did_not_change_stays_selected(browser, node, running):
    wrist(node, probability=0.12)
    open_study(browser, running)
    until(browser, lambda page: stands(page) == "Nobody has claimed it.")
    ask_again = """
        const done = arguments[0], facts = document.querySelector("#facts");
        getSelection().selectAllChildren(document.querySelector("#draft"));
        facts.addEventListener("htmx:afterOnLoad", () => done(getSelection().toString()));
        facts.dispatchEvent(new Event("worklist"));
    """
    draft = browser.find_element(By.CSS_SELECTOR, "#draft").text
    assert browser.execute_async_script(ask_again).split() == draft.split()
    browser.execute_script("document.querySelector('#draft').isOld = true")
    keys(browser, "c")
    until(
        browser,
        lambda page: page.execute_script("return !document.querySelector('#draft').isOld"),
    )
    assert "claimed" in browser.find_element(By.CSS_SELECTOR, ".timeline").text
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
    for number in (1, 2):
        open_study(browser, running, uid("study", number))
        browser.execute_script("document.documentElement.dataset.theme = arguments[0]", theme)
        if number == 1:
            keys(browser, "h")
            until(browser, lambda page: heats_fetched(page) == 3)
            drawn(browser)
        keep_picture(browser, f"study-{number}-{theme}")
        shown = Image.open(OUTPUT / f"study-{number}-{theme}.png").convert("L")
        panel = np.asarray(shown)[-60:, -60:]
        assert (panel.mean() > 128) == (theme == "light")
    assert complaints(browser) == []
