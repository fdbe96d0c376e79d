"""The auditor's page and exports."""

import csv
import html
import io
import json
import re
import xml.etree.ElementTree as ET
from datetime import timedelta, timezone

import pytest

from tests.contracts.audit_trail import line
from tests.factories import after, uid
from triage_agent.adapters.http.audit_pages import PAGE_LINES
from triage_agent.domain.audit import Deed

STUDY = uid("study", 1)


def shown(answer):
    """Return the details of the lines that a page shows, in its order."""
    assert answer.status_code == 200
    cells = re.findall(r'<td class="detail">(.*?)</td>', answer.text)
    return [html.unescape(each) for each in cells]


def link(answer, text):
    """Return where a link with such a text leads."""
    found = re.search(rf'<a [^>]*href="([^"]*)"[^>]*>{text}</a>', answer.text)
    return html.unescape(found[1]) if found else None


@pytest.fixture
def lines(node):
    """Return a function that records so many lines, a second apart."""

    def record(count, **overrides):
        for number in range(count):
            node.audit.record(line(number, detail=f"line {number}", **overrides))

    return record


def test_looking_at_an_empty_trail_is_its_first_line(client):
    assert len(shown(client.get("/audit"))) == 1
    assert "No line fits." in client.get("/audit?who=nobody").text


def test_the_newest_lines_stand_first(client, lines):
    lines(3)
    assert shown(client.get("/audit?who=ada")) == ["line 2", "line 1", "line 0"]


def test_one_goes_to_older_lines_and_back(client, lines):
    lines(2 * PAGE_LINES + 5)
    first = client.get("/audit?who=ada")
    names = [f"line {number}" for number in reversed(range(2 * PAGE_LINES + 5))]
    assert shown(first) == names[:PAGE_LINES]
    assert link(first, "Newer") is None
    second = client.get(link(first, "Older"))
    assert shown(second) == names[PAGE_LINES : 2 * PAGE_LINES]
    third = client.get(link(second, "Older"))
    assert shown(third) == names[2 * PAGE_LINES :]
    assert link(third, "Older") is None
    back = client.get(link(third, "Newer"))
    assert shown(back) == shown(second)
    again = client.get(link(back, "Newer"))
    assert shown(again) == shown(first)
    assert link(again, "Newer") is None
    assert link(again, "Older")
    assert shown(client.get(link(third, "Newest"))) == shown(first)


@pytest.mark.parametrize(
    "query",
    [
        "who=bob",
        "deed=claimed",
        "deed=claimed&deed=released",
        f"study={STUDY}",
        "since=2026-01-01T12:00:50",
        "since=2026-01-01T12:00:50Z&until=2026-01-01T12:02",
        "text=WANTED&since=2026-01-01T12:00",
        f"who=bob&deed=claimed&study={STUDY}&text=wanted&since=&until=",
        "who=bob&deed=",
    ],
)
def test_filters_stand_in_the_address(node, client, query):
    node.audit.record(line(1, detail="other"))
    wanted = {"who": "bob", "deed": Deed.CLAIMED, "StudyInstanceUID": STUDY}
    node.audit.record(line(60, detail="wanted", **wanted))
    node.clock.set(after(-10))  # when this view is taken down
    answer = client.get(f"/audit?{query}")
    assert shown(answer) == ["wanted"]
    exported = client.get(link(answer, "JSON lines"))
    assert [json.loads(each)["detail"] for each in exported.text.splitlines()] == ["wanted"]


@pytest.mark.parametrize(
    "query",
    [
        "deed=unheard-of",
        "study=x",
        "since=yesterday",
        "since=0001-01-01T00:00:00%2B23:00",
        "before=17",
        "after=x~1",
        "text=%00",
        "who=" + "x" * 201,
        "before=2026-01-01T12:00:00Z~1&after=2026-01-01T12:00:00Z~1",
    ],
)
def test_what_cannot_be_meant_is_refused_and_never_widens(client, lines, query):
    lines(1)
    assert client.get(f"/audit?{query}").status_code == 404


def test_an_instant_that_is_none_in_the_zone_of_the_page_is_refused(node, client):
    object.__setattr__(node.facts, "zone", timezone(timedelta(hours=-5)))
    assert client.get("/audit?since=0001-01-01T00:00:00Z").status_code == 404


def test_looking_is_taken_down_with_what_was_looked_for(node, client):
    client.get("/audit?who=bob")
    client.get("/audit?who=bob&before=2026-01-01T12:00:00Z~1")
    client.get("/audit/export.csv?who=bob")
    client.get("/audit/export.xml")
    assert [(each.deed, each.detail) for each in node.audit.lines] == [
        (Deed.AUDIT_VIEWED, "who=bob"),
        (Deed.AUDIT_EXPORTED, "csv: who=bob"),
        (Deed.AUDIT_EXPORTED, "xml: everything"),
    ]


def test_an_export_has_every_line_and_itself_last(node, client, lines):
    lines(1234)
    node.clock.set(after(5000))
    answer = client.get("/audit/export.csv")
    assert answer.headers["content-type"] == "text/csv; charset=utf-8"
    assert answer.headers["content-disposition"] == (
        'attachment; filename="audit-20260101-132320.csv"'
    )
    rows = list(csv.DictReader(io.StringIO(answer.text, newline="")))
    assert [each["number"] for each in rows] == [str(number) for number in range(1, 1236)]
    assert rows[-1]["deed"] == "audit trail exported"
    assert rows[0]["at"] == "2026-01-01T12:00:00.000000+00:00"


def test_dicom_audit_messages_are_a_line_each(node, client):
    node.audit.record(line(deed=Deed.STUDY_VIEWED, StudyInstanceUID=STUDY, detail="<&>"))
    answer = client.get(f"/audit/export.xml?study={STUDY}")
    (message,) = [ET.fromstring(each) for each in answer.text.splitlines()]  # noqa: S314 (our own)
    assert message.find("AuditSourceIdentification").get("AuditSourceID") == "TRIAGE"


def test_there_is_no_other_form_of_export(client):
    assert client.get("/audit/export.pdf").status_code == 404


def test_what_cannot_be_taken_down_is_not_exported(node, client, lines):
    from triage_agent.errors import StorageFull

    lines(3)
    node.audit.error = StorageFull("full")
    answer = client.get("/audit/export.jsonl")
    assert answer.status_code == 503
    assert "line 1" not in answer.text
