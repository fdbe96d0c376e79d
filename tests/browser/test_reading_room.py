"""What a reader does at a whole node, from the sign-in to the verdict, while studies arrive."""

import subprocess
from collections.abc import Iterator
from pathlib import Path

import pytest
from selenium.webdriver.common.keys import Keys

from dicom_fixtures import SyntheticStudy, synthetic_study
from tests.acceptance.node import TRIAGE_AGENT, Node
from tests.browser.looking import complaints, focused, press, text_of, until
from tests.peers.dcmtk import storescu
from tests.peers.ports import free_port
from triage_agent.domain.region import Region

pytestmark = [pytest.mark.acceptance, pytest.mark.timeout(600)]

PASSWORD = "some words in a row"  # noqa: S105 (of nobody)


@pytest.fixture
def whole_node(tmp_path: Path) -> Iterator[Node]:
    """A node in which jane may read."""
    node = Node(tmp_path / "node", dicom_port=free_port(), http_port=free_port())
    node.configure(http__sign_in="required")
    node.start(seconds=150)
    subprocess.run(
        [*TRIAGE_AGENT, "user", "add", "jane", "--role", "reader", "--password-stdin"],
        env=node.environment,
        input=PASSWORD,
        check=True,
        text=True,
        stdout=subprocess.DEVNULL,
    )
    yield node
    node.kill()


def send(study: SyntheticStudy, node: Node, folder: Path) -> str:
    """Send a study by C-STORE; return its UID."""
    folder.mkdir()
    paths = []
    for number, dataset in enumerate(study.datasets):
        paths.append(folder / f"{number}.dcm")
        dataset.save_as(paths[-1], enforce_file_format=True)
    storescu(paths, "127.0.0.1", node.port, "TRIAGE")
    return str(study.datasets[0].StudyInstanceUID)


def listed(browser) -> list[str]:
    """UIDs of the studies on the page, from top to bottom."""
    return browser.execute_script(
        "return [...document.querySelectorAll('tr[data-uid]')].map(tr => tr.dataset.uid)"
    )


def placed(browser) -> list[str]:
    """Place what has changed, and return `listed`."""
    press(browser, ".")
    return listed(browser)


def test_from_sign_in_to_verdict_while_studies_arrive_by_c_store(browser, whole_node, tmp_path):
    node = whole_node
    browser.get(f"{node.url}/")
    until(browser, lambda page: focused(page) == "name")
    press(browser, "jane", Keys.TAB, PASSWORD, Keys.ENTER)
    until(browser, lambda page: "No study waits to be read" in text_of(page, "#scroll"))
    # By itself the page places nothing so soon.
    browser.execute_script("worklist.dataset.idleSeconds = 3600")

    quiet = send(synthetic_study(41, region=Region.ELBOW, views=2), node, tmp_path / "quiet")
    until(browser, lambda page: listed(page) == [quiet])
    press(browser, "j")
    assert focused(browser) == f"study-{quiet}"
    abnormal = send(
        synthetic_study(42, region=Region.WRIST, abnormal=True, views=3),
        node,
        tmp_path / "abnormal",
    )
    until(browser, lambda page: text_of(page, "#news").startswith("1 new"))
    assert listed(browser) == [quiet]  # nothing moves under who is at work
    press(browser, ".")
    until(browser, lambda page: set(listed(page)) == {abnormal, quiet})
    assert focused(browser) == f"study-{quiet}"
    node.settled(2)
    until(browser, lambda page: placed(page) == [abnormal, quiet])

    press(browser, "n")
    until(browser, lambda page: page.current_url == f"{node.url}/studies/{abnormal}")
    until(browser, lambda page: text_of(page, "#work .stands").startswith("Yours until"))
    press(browser, "d")
    press(browser, Keys.ARROW_DOWN, Keys.TAB, "an old fracture", Keys.TAB, Keys.ENTER)
    verdicts = 'SELECT "StudyInstanceUID", verdict, reader, text FROM reader_verdict'
    until(browser, lambda _: node.query(verdicts))
    assert node.query(verdicts) == [(abnormal, "disagree", "jane", "an old fracture")]
    press(browser, "r")
    until(browser, lambda page: text_of(page, "#work .stands").startswith("Read by jane"))
    assert [each["study_uid"] for each in node.worklist()] == [quiet]
    assert complaints(browser) == []
