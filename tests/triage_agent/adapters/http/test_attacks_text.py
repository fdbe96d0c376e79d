"""Text from outside, made to be taken for markup, a script, a header or a formula."""

import csv
import io
import json
from html.parser import HTMLParser
from urllib.parse import quote

import pytest

from tests.factories import make_stored
from tests.triage_agent.adapters.http.all_routes import STUDY, address_of, routes_of
from triage_agent.domain.audit import AuditLine, Deed
from triage_agent.domain.visitor import Role

# Each leaves an element <xss-probe> or an attribute data-xss if it is taken for markup somewhere.
PAYLOADS = {
    "element": "<xss-probe data-xss=1>",
    "script": "<script data-xss>alert(1)</script>",
    "end of attribute": '" data-xss onfocus=alert(1) autofocus x="',
    "end of single quotes": "' data-xss onerror=alert(1) x='",
    "no quotes": "x data-xss onload=alert(1) ",
    "end of text": "</title></textarea></style></script><xss-probe>",
    "comment": "--><xss-probe><!--",
    "image": "<img src=x onerror=alert(1) data-xss>",
    "entities": "&lt;xss-probe&gt;&#60;xss-probe&#62;",
    "template": "{{ 7*7 }}{% raw %}<xss-probe>",
    "htmx": "<a data-xss hx-get=/ hx-trigger=load>",
    "end of json": "</script><xss-probe>\u2028\u2029",
    "direction": "\u202e<xss-probe>\u202c",
    "utf-7": "+ADw-xss-probe+AD4-",
}
_GETS_SOMETHING = ("href", "src", "action", "formaction", "hx-get", "hx-post", "data")


class Markup(HTMLParser):
    """Collects what would do something in a browser."""

    def __init__(self) -> None:
        super().__init__()
        self.faults: list[str] = []
        self.text: list[str] = []
        self._is_script = False

    def handle_starttag(self, tag, attrs):
        self._is_script = tag == "script"
        names = {name for name, _ in attrs}
        if tag in ("xss-probe", "iframe", "object", "embed", "base", "style"):
            self.faults.append(f"<{tag}>")
        if tag == "script" and "src" not in names:
            self.faults.append("a script within the page")
        for name, value in attrs:
            if name.startswith("on") or name in ("data-xss", "style", "srcdoc"):
                self.faults.append(f"<{tag} {name}>")
            if name in _GETS_SOMETHING and not (value or "").startswith(("/", "#")):
                self.faults.append(f"<{tag} {name}={value!r}>")

    def handle_endtag(self, tag):  # noqa: ARG002 (as the parser calls it)
        self._is_script = False

    def handle_data(self, data):
        self.text.append(data)
        if self._is_script and data.strip():
            self.faults.append("a script within the page")


def faults_of(page):
    markup = Markup()
    markup.feed(page)
    markup.close()
    return markup.faults


def test_the_test_sees_what_it_looks_for():
    for name in ("element", "script", "image", "htmx", "end of text"):
        assert faults_of(f"<p>{PAYLOADS[name]}</p>"), name
    assert faults_of(f'<p title="{PAYLOADS["end of attribute"]}">')
    assert faults_of(f"<p title='{PAYLOADS['end of single quotes']}'>")
    assert faults_of(f"<p title={PAYLOADS['no quotes']}>")
    assert faults_of('<a href="javascript:alert(1)">')
    assert not faults_of('<script src="/a.js" defer></script><a href="/x">y</a>')


@pytest.fixture
def fill(node):
    """Return a function that puts a text wherever text from outside goes."""

    def put(text):
        node.visited_by(f"visitor {text}", *Role)
        instances = [
            node.receive(
                StudyInstanceUID=STUDY,
                PatientName=f"{text}^{text}",
                PatientID=text,
                PatientBirthDate=text,
                PatientSex=text,
                AccessionNumber=text,
                StudyDescription=text,
                StudyDate=text,
                SeriesDescription=text,
                ViewPosition=text,
                ImageLaterality=text,
                BodyPartExamined=text,
                Modality=text,
                source_ae_title=text,
                reason=text,
                stored=make_stored(text),
            ),
            node.receive(StudyInstanceUID=STUDY, PatientName=text, reason=text),
        ]
        node.score(instances[0], 0.9)
        node.preferences.error = None
        line = AuditLine(
            at=node.clock.now(),
            who=text,
            deed=Deed.VERDICT,
            StudyInstanceUID=STUDY,
            detail=text,
            address=text,
        )
        node.audit.record(line)

    return put


@pytest.mark.parametrize("payload", PAYLOADS.values(), ids=PAYLOADS.keys())
def test_no_text_becomes_markup_on_any_page(node, fill, client_of, payload):
    fill(payload)
    client = client_of(node)
    client.post(
        "/preferences/views", json={"name": payload[:40], "query": f"text={quote(payload)}"}
    )
    client.post(f"/studies/{STUDY}/claim")
    body = {"generation": 1, "judgement": "disagree", "reason": "other", "text": payload}
    client.post(f"/studies/{STUDY}/verdict", json=body)
    pages = 0
    for method, path in routes_of(node.app()):
        if method != "GET" or path in ("/changes", "/api/v1/events/stream"):
            continue
        answer = client.get(address_of(path))
        kind = answer.headers.get("content-type", "")
        assert answer.status_code < 500, path
        assert answer.headers["x-content-type-options"] == "nosniff"
        if kind.startswith("text/html"):
            pages += 1
            assert "charset=utf-8" in kind
            assert faults_of(answer.text) == [], path
        elif "json" in kind and "ndjson" not in kind:
            for text in _texts(answer.json()):
                if "<" in text and text.lstrip().startswith("<tr"):  # rows of the list as markup
                    assert faults_of(text) == [], path
        else:
            assert not kind.startswith(("text/xml", "application/xml", "image/svg")), path
    assert pages >= 8


def _texts(value):
    if isinstance(value, str):
        yield value
    for each in value.values() if isinstance(value, dict) else []:
        yield from _texts(each)
    for each in value if isinstance(value, list) else []:
        yield from _texts(each)


@pytest.mark.parametrize(
    "address",
    [
        "/?text={}&region={}&state={}&site={}&sort={}",
        "/list?text={}&region={}&order={}",
        "/audit?who={}&text={}",
        "/sign-in?next={}",
        "/sign-in?next=/{}",
        "/studies/{}",
        "/{}",
        "/static/{}",
    ],
)
def test_no_text_of_an_address_becomes_markup(client, address):
    for payload in PAYLOADS.values():
        answer = client.get(address.replace("{}", quote(payload, safe="")))
        assert answer.status_code < 500
        if answer.headers.get("content-type", "").startswith("text/html"):
            assert faults_of(answer.text) == []
        if answer.is_redirect:
            assert answer.headers["location"].startswith("/")
            assert not answer.headers["location"].startswith("//")


FORMULAS = ['=HYPERLINK("http://evil.example","x")', "+1", "-1+1|cmd", "@SUM(A1)", "\t=1", "\r=1"]


def test_nothing_in_the_export_is_a_formula(node, fill, client_of):
    for formula in FORMULAS:
        fill(formula)
    client = client_of(node)
    rows = list(csv.reader(io.StringIO(client.get("/audit/export.csv").text, newline="")))
    cells = [cell for row in rows for cell in row]
    assert {f"'{formula}" for formula in FORMULAS} < set(cells)
    assert not [cell for cell in cells if cell.lstrip(" ").startswith(tuple("=+-@\t\r\n"))]
    lines = client.get("/audit/export.jsonl").text.splitlines()
    assert set(FORMULAS) < {json.loads(each)["detail"] for each in lines}
