import re
from dataclasses import replace
from datetime import timedelta, timezone
from urllib.parse import quote

import pytest

from tests.factories import T0, uid
from triage_agent.domain.audit import Deed
from triage_agent.domain.instance import InstanceState
from triage_agent.domain.preferences import Column, Density, Preferences
from triage_agent.domain.priority import PriorityClass
from triage_agent.domain.reading import Reading
from triage_agent.domain.region import Region
from triage_agent.domain.visitor import Role
from triage_agent.domain.worklist import ReadingState


def text_of(html):
    """What a person reads: tags gone, white space single."""
    return re.sub(r"\s+", " ", re.sub(r"<[^>]*>", " ", html))


def listed(html):
    """UIDs of the studies in a list or a part of one, in their order."""
    return re.findall(r'data-uid="([^"]+)"', html)


def line_of(html, study):
    return re.search(rf'<tr id="row-{re.escape(study)}".*?</tr>', html, re.DOTALL)[0]


def two_studies(node):
    below = node.receive(StudyInstanceUID=uid("study", 1), AccessionNumber="BELOW")
    node.score(below, 0.1)
    above = node.receive(
        StudyInstanceUID=uid("study", 2),
        AccessionNumber="ABOVE",
        PatientName="Müller^Anna",
        region=Region.HAND,
    )
    node.score(above, 0.95)


def test_the_list_stands_in_order_with_scores_reasons_and_deadlines(node, client):
    two_studies(node)
    node.close()
    page = client.get("/").text
    said = text_of(page)
    assert listed(page) == [uid("study", 2), uid("study", 1)]
    for part in (
        "2 to read",
        "abnormal, high",
        "0.95",
        "below threshold",
        "abnormal 0.95, hand : due in 15 min",
        "limit 15 min, 1 of 1 images scored",
        "Müller, Anna",
        "P1 · ABOVE",
    ):
        assert part in said, part
    assert "provisional" not in text_of(line_of(page, uid("study", 1)))
    assert " normal" not in said


def test_a_study_that_is_not_assessed_is_on_the_list_with_its_reason(node, client):
    node.receive(state=InstanceState.EXCLUDED, reason="body part KNEE is out of scope", region=None)
    said = text_of(line_of(client.get("/").text, uid("study", 1)))
    for part in (
        "not assessed, provisional : no image has been scored yet; due in 1 h 30 min",
        "not recognised",
        "no image in scope",
        "no score",
    ):
        assert part in said, part
    assert "below threshold" not in said


def test_what_is_late_or_stat_is_marked(node, client):
    two_studies(node)
    study = node.rows.studies[uid("study", 2)]
    placement = replace(study.placement, priority_class=PriorityClass.STAT)
    node.rows.studies[uid("study", 2)] = replace(study, placement=placement, generation=2)
    node.clock.advance(3600)
    line = line_of(client.get("/").text, uid("study", 2))
    said = text_of(line)
    for part in ("STAT order , abnormal 0.95, hand", "overdue by 45 min", "generation 2"):
        assert part in said, part
    assert 'class="band-high overdue"' in line


def test_whose_a_study_is_is_said_by_name(node, client):
    two_studies(node)
    until = T0 + timedelta(minutes=30)
    node.rows.reading[uid("study", 1)] = Reading(
        state=ReadingState.CLAIMED, claimed_by="local", claimed_at=T0, claimed_until=until
    )
    node.rows.reading[uid("study", 2)] = Reading(
        state=ReadingState.CLAIMED, claimed_by="berta", claimed_at=T0, claimed_until=until
    )
    page = client.get("/").text
    mine, hers = line_of(page, uid("study", 1)), line_of(page, uid("study", 2))
    assert 'data-state="claimed" data-mine' in mine
    assert "until 12:30" in text_of(mine)
    assert 'data-state="claimed" data-generation' in hers
    assert "berta" in text_of(hers)
    node.rows.reading[uid("study", 2)] = Reading(held_by="carla", held_until=until)
    assert "open: carla" in text_of(client.get("/list").text)
    node.rows.reading[uid("study", 2)] = Reading(read_by="carla", read_at=T0)
    assert "read before, 1 new image" in text_of(client.get("/list").text)


def test_an_empty_list_says_so_and_one_that_is_filtered_says_that(node, client):
    assert "No study waits to be read" in text_of(client.get("/").text)
    two_studies(node)
    assert "No study is like that" in text_of(client.get("/list?region=ELBOW").text)


def test_a_long_list_comes_in_chunks(node, client):
    for number in range(1, 103):
        node.receive(StudyInstanceUID=uid("study", number))
    whole = listed(client.get("/").text)
    for offset in (50, 100):
        part = client.get(f"/list/chunk?offset={offset}").text
        assert f'data-offset="{offset}" data-total="102"' in part
        assert f'data-place="{offset + 1}"' in part
        whole += listed(part)
    assert whole == [each.study.StudyInstanceUID for each in node.worklist.page(limit=200)]
    assert 'href="/?offset=50"' in client.get("/").text  # without scripts there are pages


def test_the_filter_of_the_address_is_shown_and_can_be_taken_back(node, client):
    two_studies(node)
    page = client.get("/?region=HAND&region=ELBOW&band=high&overdue=0&sort=-score").text
    assert listed(page) == [uid("study", 2)]
    chips = re.findall(r'<a class="chip"[^>]*href="([^"]+)"[^>]*>([^<]+)<', page)
    assert [(words, "region=HAND" in query) for query, words in chips] == [
        ("elbow", True),
        ("hand", False),
        ("abnormal, high", True),
        ("not overdue", True),
    ]
    assert "Back to priority order" in page
    assert 'class="c-score" aria-sort="descending"' in page
    assert "1 study" in text_of(page)


def test_a_time_of_arrival_is_shown_in_the_zone_of_the_page(node, client):
    object.__setattr__(node.facts, "zone", timezone(timedelta(hours=-5)))
    page = client.get("/?from=2026-01-31T02:30:00Z&to=2026-02-01").text
    said = [" ".join(each.split()) for each in re.findall(r'<a class="chip"[^>]*>([^<]+)<', page)]
    assert said == ["arrived from 2026-01-30 21:30", "arrived before 2026-02-02 00:00"]
    too_early = client.get("/?from=0001-01-01T00:00:00Z")
    assert too_early.status_code == 200
    assert 'class="chip"' not in too_early.text


def test_a_click_on_a_heading_turns_its_order(node, client):
    two_studies(node)
    for asked, wanted in (
        ("", "-score"),
        ("?sort=-score", "score"),
        ("?sort=score", "-score"),
        ("?sort=patient", "-score"),
    ):
        page = client.get(f"/list{asked}").text
        assert f'class="c-score"><a data-list href="/?sort={wanted}"' in re.sub(
            r' aria-sort="\w+"', "", page
        )
    by_priority = client.get("/list").text
    assert by_priority.count('aria-sort="ascending"') == 1  # though three columns sort so


def test_a_text_is_searched_for_and_never_in_an_address(node, client):
    two_studies(node)
    header = {"X-Worklist-Text": quote("müll")}
    page = client.get("/list?region=HAND", headers=header).text
    assert listed(page) == [uid("study", 2)]
    assert "“müll”" in page
    assert "m%C3%BCll" not in page
    assert not any("müll" in address for address in re.findall(r'href="([^"]*)"', page))
    [chip] = re.findall(r'<a class="chip"[^>]*data-text=""[^>]*href="([^"]+)"', page)
    assert chip == "/?region=HAND"
    assert listed(client.get("/list", headers={"X-Worklist-Text": quote("xyz")}).text) == []
    details = {each.detail for each in node.audit.lines if each.deed is Deed.LIST_VIEWED}
    assert details == {"region=HAND", ""}


def changes(client, since, query=""):
    return client.get(f"/list/changes?since={since}{query}").json()


def test_what_changed_is_told_with_its_place(node, client):
    two_studies(node)
    since = int(re.search(r'data-version="(\d+)"', client.get("/").text)[1])
    assert changes(client, since)["rows"].count("<tr") == 0
    node.score(node.receive(StudyInstanceUID=uid("study", 3)), 0.8)
    told = changes(client, since)
    assert listed(told["rows"]) == [uid("study", 3)]
    assert 'data-place="2"' in told["rows"]
    assert (told["total"], told["gone"], told["more"]) == (3, [], False)
    assert changes(client, told["version"])["rows"].count("<tr") == 0
    # What the filter does not want (any more) is told of too: it may be on the page.
    told = changes(client, since, "&region=HAND")
    assert told["gone"] == listed(told["rows"]) == [uid("study", 3)]


def test_more_changes_than_can_be_shown_are_not_passed_over(node, client):
    for number in range(1, 121):
        node.receive(StudyInstanceUID=uid("study", number))
    told = changes(client, 0)
    assert told["more"]
    seen = listed(told["rows"])
    assert 0 < len(seen) <= 100
    while told["more"]:
        told = changes(client, told["version"])
        seen += listed(told["rows"])
    assert set(seen) == set(node.rows.studies)


def test_columns_and_lines_are_as_the_visitor_wants_them(node, client):
    two_studies(node)
    assert 'class="c-site"' not in client.get("/").text
    node.preferences.kept["local"] = Preferences(
        columns=(Column.VIEWS, Column.SITE, Column.MODEL), density=Density.COMPACT
    )
    page = client.get("/").text
    heads = re.findall(r'<th scope="col" class="c-(\w+)"', page)
    assert heads == ["study", "views", "site", "model", "acts"]
    said = text_of(line_of(page, uid("study", 2)))
    assert "MODALITY" in said
    assert "test-model 1" in said
    assert 'class="list compact"' in page


@pytest.mark.parametrize(
    ("roles", "place"),
    [([Role.AUDITOR], "/audit"), ([Role.AUDITOR, Role.ADMINISTRATOR], "/health")],
)
def test_a_visitor_who_reads_nothing_sees_no_list(node, client_of, roles, place):
    two_studies(node)
    node.visited_by("somebody", *roles)
    client = client_of(node)
    for address in ("/list", "/list/chunk", "/list/changes?since=0"):
        answer = client.get(address)
        assert answer.status_code == 403
        assert "Müller" not in answer.text
    way = client.get("/")
    assert (way.status_code, way.headers["Location"]) == (303, place)


def test_a_part_names_the_studies_on_either_side(node, client):
    for number in range(1, 121):
        node.receive(StudyInstanceUID=uid("study", number))
    order = [each.study.StudyInstanceUID for each in node.worklist.page(limit=120)]
    for offset, before, after in (
        (0, "", order[50]),
        (50, order[49], order[100]),
        (100, order[99], ""),
    ):
        part = client.get(f"/list/chunk?offset={offset}").text
        assert listed(part) == order[offset : offset + 50]
        assert f'data-before="{before}" data-after="{after}"' in part
