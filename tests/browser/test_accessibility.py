"""axe-core finds nothing against WCAG 2.2 A and AA on any page, in both themes and languages."""

import re
from dataclasses import replace
from hashlib import sha256
from pathlib import Path

import pytest

from tests.browser.looking import press, until
from tests.contracts.health_ports import make_arrivals, make_beat
from tests.factories import make_result, uid
from tests.fakes.web_node import WebNode
from tests.triage_agent.adapters.http.signing_in import PASSWORD, let_in
from triage_agent.adapters.http.facts import NodeFacts
from triage_agent.domain.instance import InstanceState
from triage_agent.domain.preferences import Column, Language, Theme
from triage_agent.domain.visitor import Role
from triage_agent.shown_settings import ShownSetting, Source

pytestmark = pytest.mark.integration

VENDOR = Path(__file__).parent / "vendor"
AXE = (VENDOR / "axe.min.js").read_text(encoding="utf-8")
# Every rule that is about a success criterion of WCAG 2.2, levels A and AA.
_ASK = """
const done = arguments[arguments.length - 1];
const tags = ["wcag2a", "wcag2aa", "wcag21a", "wcag21aa", "wcag22aa"];
axe.run(document, { runOnly: { type: "tag", values: tags }, resultTypes: ["violations"] })
  .then(({ violations, passes }) => done({
    rules: passes.length,
    said: violations.map(({ id, nodes }) => `${id}: ${nodes.map((each) => each.html).join(" | ")}`),
  }), (error) => done({ rules: 0, said: [String(error)] }));
"""
_CARD = "# Model\n\n- **bold**\n\n| a | b |\n|---|---|\n| `c` | d |\n"


def faults(browser) -> list[str]:
    """Return what axe finds wrong with the page as it now is."""
    if not browser.execute_script("return Boolean(window.axe)"):
        browser.execute_script(AXE)
    told = browser.execute_async_script(_ASK)
    assert told["rules"] > 5, told  # or it looked at nothing
    return told["said"]


@pytest.fixture
def node() -> WebNode:
    settings = (ShownSetting(path="http.port", value="8080", source=Source.DEFAULT),)
    node = WebNode(
        NodeFacts(
            model="test-model 1",
            ae_title="TRIAGE",
            destinations=("pacs",),
            settings=settings,
            model_card=_CARD,
        )
    )
    node.score(node.receive(ViewPosition="PA"), 0.97)
    node.score(node.receive(StudyInstanceUID=uid("study", 2)), 0.6)
    node.receive(
        StudyInstanceUID=uid("study", 3),
        state=InstanceState.EXCLUDED,
        reason="body part KNEE is out of scope",
        region=None,
    )
    node.score(node.receive(StudyInstanceUID=uid("study", 4)), 0.1)
    node.close()
    node.register.record_report(
        uid("study", 1),
        [make_result()],
        [["pacs"]],
        generation=1,
        revision=node.register.study_images(uid("study", 1)).study.revision,
        now=node.clock.now(),
    )
    node.health.beat(make_beat("receive", facts={"port": 11112}))
    node.health.beat(make_beat("web"), arrivals=[make_arrivals("DX_ER")])
    return node


def states_of_list(browser):
    """Show one after the other what unfolds over the list."""
    until(browser, lambda page: page.execute_script("return worklist.dataset.ready") == "1")
    yield "as it opens"
    press(browser, "j", "c")
    until(browser, lambda page: page.execute_script("return toasts.textContent.trim()"))
    yield "a study is claimed"
    for sheet in ("region", "Columns"):  # one of each kind
        script = (
            "[...document.querySelectorAll('.pick')]"
            ".find((each) => each.querySelector(arguments[0])).open = true"
        )
        browser.execute_script(script, "#columns" if sheet == "Columns" else f"[name={sheet}]")
        yield f"sheet {sheet}"
    browser.execute_script("document.querySelector('.pick[open]').open = false; help.showModal()")
    yield "help"


def states_of_study(browser):
    """Show one after the other what unfolds over a study."""
    ready = "return !document.querySelector('.view[data-state=loading]')"
    until(browser, lambda page: page.execute_script(ready))
    yield "as it opens"
    for dialog in ("help", "disagree"):
        browser.execute_script("document.getElementById(arguments[0])?.showModal()", dialog)
        yield dialog
        browser.execute_script("document.getElementById(arguments[0])?.close()", dialog)


def as_it_is(_):
    yield "as it opens"


def unfolded(browser):
    browser.execute_script(
        "document.querySelectorAll('details').forEach((each) => each.open = true)"
    )
    yield "unfolded"


PAGES = {
    "/": states_of_list,
    "/?region=WRIST&band=high&text=test&sort=-score": as_it_is,
    "/?text=nobody-like-that": as_it_is,
    f"/studies/{uid('study', 1)}": states_of_study,
    f"/studies/{uid('study', 3)}": as_it_is,
    f"/studies/{uid('study', 4)}": states_of_study,
    "/health": unfolded,
    "/audit": as_it_is,
    "/model": as_it_is,
    "/password": as_it_is,
    "/api/v1/": as_it_is,
    "/nowhere": as_it_is,
}


@pytest.mark.parametrize(
    ("theme", "language"), [(Theme.DARK, Language.ENGLISH), (Theme.LIGHT, Language.GERMAN)]
)
def test_axe_finds_no_fault_on_any_page(browser, node, serve, theme, language):
    node.preferences.change(
        "local",
        lambda kept: replace(kept.with_columns(Column), theme=theme, language=language),
    )
    url = serve(node).url.rstrip("/")
    found = []
    for address, states in PAGES.items():
        browser.get(url + address)
        found += [
            f"{address} ({state}) {fault}" for state in states(browser) for fault in faults(browser)
        ]
    assert found == []


@pytest.mark.parametrize("theme", ["dark", "light"])
def test_axe_finds_no_fault_before_the_sign_in_and_without_a_role(browser, node, serve, theme):
    let_in(node, "jane", Role.READER)
    url = serve(node).url
    browser.get(f"{url}sign-in")
    browser.execute_script("localStorage.setItem('triage-agent theme', arguments[0])", theme)
    browser.get(f"{url}sign-in")
    assert browser.execute_script("return document.documentElement.dataset.theme") == theme
    assert faults(browser) == []
    fill_in(browser, "jane", "not her password")
    until(browser, lambda page: page.execute_script("return document.querySelector('.fault')"))
    assert faults(browser) == []
    fill_in(browser, "jane", PASSWORD)
    until(browser, lambda page: page.execute_script("return window.worklist"))
    browser.get(f"{url}health")  # for administrators only
    assert faults(browser) == []
    browser.delete_all_cookies()
    browser.execute_script("localStorage.clear()")


def fill_in(browser, name, password):
    script = (
        "document.getElementById('name').value = arguments[0];"
        "document.getElementById('password').value = arguments[1];"
        "document.getElementById('sign-in').submit()"
    )
    browser.execute_script(script, name, password)


def test_axe_sees_what_is_wrong(browser, node, serve):
    """The instrument works: what it is there to find, it finds."""
    browser.get(f"{serve(node).url}password")
    assert faults(browser) == []
    browser.execute_script(
        "document.querySelector('main').innerHTML ="
        " '<img src=\"/static/icon.svg\"><button></button><input>'"
    )
    assert {each.partition(":")[0] for each in faults(browser)} >= {
        "image-alt",
        "button-name",
        "label",
    }


def test_axe_is_what_was_published():
    [digest] = re.findall(r"\b[0-9a-f]{64}\b", (VENDOR / "VENDORED.md").read_text())
    assert sha256((VENDOR / "axe.min.js").read_bytes()).hexdigest() == digest
