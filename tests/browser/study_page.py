"""The page of a study, as its tests fill it, drive it and look at it."""

from typing import Any

import numpy as np
import numpy.typing as npt
from selenium import webdriver
from selenium.webdriver.common.action_chains import ActionChains
from selenium.webdriver.common.by import By

from dicom_fixtures import synthetic_study
from tests.browser.looking import until
from tests.factories import make_assessment, make_placement, uid
from tests.fakes.web_node import WebNode, stored_apart
from triage_agent.adapters.http.facts import NodeFacts
from triage_agent.adapters.http.server import RunningServer
from triage_agent.dicom.radiograph import read_radiograph
from triage_agent.domain.instance import ClassActivation, ImageScore, Instance
from triage_agent.domain.radiograph import Radiograph
from triage_agent.domain.reading import Reading
from triage_agent.domain.region import Region
from triage_agent.settings import ReadingSettings
from triage_agent.viewer_settings import ViewerSettings

STUDY = uid("study", 1)
CARD = "# A model\n\n**RESEARCH USE ONLY.** <script>alert(1)</script>\n\n| a |\n| - |\n| 1 |\n"


def study_node() -> WebNode:
    """Return a node whose pages say all that they can."""
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


def open_study(browser: webdriver.Chrome, running: RunningServer, study: str = STUDY) -> None:
    """Open the page of a study and wait until every image is there or has failed."""
    browser.get(f"{running.url}studies/{study}")
    shown = "return [...document.querySelectorAll('.view')].map(view => view.dataset.state)"
    until(browser, lambda page: set(page.execute_script(shown)) <= {"shown", "failed"})
    drawn(browser)


def drawn(browser: webdriver.Chrome) -> None:
    """Wait until what was asked for stands on the canvas."""
    browser.execute_async_script(
        "const done = arguments[0]; requestAnimationFrame(() => requestAnimationFrame(done))"
    )


def keys(browser: webdriver.Chrome, *pressed: str) -> None:
    """Press keys, and wait each time for what they change."""
    for each in pressed:
        ActionChains(browser).send_keys(each).perform()
    drawn(browser)


def pixels(
    browser: webdriver.Chrome, rows: int, columns: int, view: int = 0
) -> npt.NDArray[np.int_]:
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


def told(browser: webdriver.Chrome, view: int = 0) -> str:
    """Return what stands at an image: its window and its scale."""
    return browser.find_elements(By.CSS_SELECTOR, ".view .told")[view].text


def windowed(radiograph: Radiograph, center: float, width: float) -> npt.NDArray[np.float64]:
    """Return the grey of each pixel by the linear function of PS3.3 C.11.2.1.2.1."""
    values = radiograph.modality[radiograph.codes]
    grey = np.clip((values - (center - 0.5)) / (width - 1) + 0.5, 0, 1)
    return np.rint(255 * (1 - grey if radiograph.inverted else grey))


def receive(
    node: WebNode, radiograph: Radiograph, name: str = "image", **overrides: Any
) -> Instance:
    """Let an image come in that shows a radiograph."""
    node.reader.radiographs[name] = radiograph
    rows, columns = radiograph.codes.shape
    return node.receive(stored=stored_apart(name), Rows=rows, Columns=columns, **overrides)


def wrist(
    node: WebNode, *, probability: float, seed: int = 4, study: str = STUDY, **overrides: Any
) -> None:
    """Receive and score a synthetic wrist in three views."""
    made = synthetic_study(
        seed, region=Region.WRIST, abnormal=probability > 0.5, rows=900, columns=720
    )
    rng = np.random.default_rng(seed)
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


def heats_fetched(browser: webdriver.Chrome) -> int:
    """Return how many heat maps the page has asked for."""
    return browser.execute_script(
        "return performance.getEntriesByType('resource')"
        ".filter(each => each.name.includes('/heat?')).length"
    )


def reading_of(node: WebNode, study: str = STUDY) -> Reading:
    """Return who reads a study."""
    return node.desk.reading(study)


def stands(browser: webdriver.Chrome) -> str:
    """Return what the page says of who reads."""
    return browser.find_element(By.CSS_SELECTOR, "#work .stands").text


def toast(browser: webdriver.Chrome) -> str:
    """Return what the page says for a moment; "" if nothing."""
    found = browser.find_elements(By.CSS_SELECTOR, ".toast span")
    return found[0].text if found else ""
