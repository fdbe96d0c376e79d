"""Every page in German: nothing of ours is left in English, for the eye or for a screen reader."""

import re
from datetime import timedelta

import pytest

from tests.contracts.health_ports import make_arrivals, make_beat
from tests.factories import T0, after, make_instance, make_result, uid
from tests.fakes.web_node import CSRF_TOKEN
from tests.triage_agent.adapters.http.languages.page_words import words_of
from tests.triage_agent.adapters.http.languages.test_catalogue import GERMAN
from tests.triage_agent.adapters.http.signing_in import let_in
from triage_agent.domain.instance import InstanceState
from triage_agent.domain.preferences import Column, Language, Preferences
from triage_agent.domain.region import Region
from triage_agent.domain.study import StudyState
from triage_agent.domain.verdict import DisagreementReason, Judgement, ReaderVerdict
from triage_agent.domain.visitor import Role
from triage_agent.errors import DatabaseUnavailable
from triage_agent.shown_settings import ShownSetting, Source

CARD = "# Karte\n\nWords of whoever made the bundle.\n\n| a |\n|---|\n| b |\n"
# Data: names that people, devices and programs gave, and what is written alike.
DATA = re.compile(
    r"triage-agent|test-model 1|Test, Patient|English|Deutsch|jane|local|pacs|onnxruntime, cpu"
    r"|receive|infer|deliver|web|port|model|runtime|http\.port|reader, administrator|auditor"
    r"|Words of whoever made the bundle\.|Karte|Enter|nobody|[0-9.]+|\d+ min"
    r"|node-1|Wrist|(above|below) the operating point"  # what the factories describe a study by
)


def filled(node):
    """Have something of every kind on the pages."""
    node.score(node.receive(ViewPosition="PA", ImageLaterality="L"), 0.97)
    node.score(node.receive(StudyInstanceUID=uid("study", 2), region=Region.HAND), 0.1)
    node.receive(StudyInstanceUID=uid("study", 2), region=Region.HAND)
    node.receive(
        StudyInstanceUID=uid("study", 3),
        state=InstanceState.EXCLUDED,
        reason="body part KNEE is out of scope",
        region=None,
        Rows=None,
    )
    below = uid("study", 5)
    node.score(node.receive(StudyInstanceUID=below, region=Region.ELBOW), 0.05)
    node.close()
    study = node.register.study_images(uid("study", 1)).study
    assert study.state is StudyState.CLOSED
    node.register.record_report(
        study.StudyInstanceUID,
        [make_result()],
        [["pacs"]],
        generation=study.generation,
        revision=study.revision,
        now=after(20),
    )
    [delivery] = node.outbox.deliveries()
    node.outbox.record_failure(delivery.id, "0xA700", next_attempt_at=after(600), now=after(30))
    node.desk.claim(below, "jane", now=T0, until=after(1800))
    verdict = ReaderVerdict(
        reader="jane",
        generation=1,
        judgement=Judgement.DISAGREE,
        reason=DisagreementReason.FALSE_ALARM,
        at=T0,
    )
    node.desk.give_verdict(uid("study", 1), verdict, images=None)
    unreadable = node.receive(StudyInstanceUID=uid("study", 4))
    node.register.record_unreadable(
        unreadable.header.SOPInstanceUID,
        "inference was begun 3 times and never ended",
        now=node.clock.now(),
    )
    conflict = make_instance(source_ae_title="CR7", received_at=after(-60))
    node.register.record_conflict(conflict, conflict.stored, now=T0)
    for role, facts in {
        "receive": {"port": 11112, "listener_seconds": 0.01},
        "infer": {"model": "test-model 1", "runtime": "onnxruntime, cpu"},
        "deliver": {},
    }.items():
        node.health.beat(make_beat(role, facts=facts))
    silent = node.clock.now() - timedelta(hours=5)
    node.health.beat(make_beat("web"), arrivals=[make_arrivals("DX_ER", last_at=silent)])


@pytest.fixture
def page_of(node, client_of):
    object.__setattr__(node.facts, "model_card", CARD)
    settings = [ShownSetting(path="http.port", value="8080", source=each) for each in Source]
    object.__setattr__(node.facts, "settings", tuple(settings))
    filled(node)
    node.preferences.change("local", lambda kept: kept.with_columns(Column))
    client = client_of(node)

    def page(address, language):
        return client.get(address, headers={"Accept-Language": f"{language}-CH,{language};q=0.9"})

    return page


def english_left(page_of, address):
    """Return what an English and a German page both say."""
    english, german = page_of(address, "en"), page_of(address, "de")
    assert english.status_code == german.status_code
    told = [
        each.json()["rows"] if "/changes" in address else each.text for each in (english, german)
    ]
    both = words_of(told[0]) & words_of(told[1])
    alike = {
        text
        for table in (GERMAN.texts, GERMAN.kept)
        for text, said in table.items()
        if text == said
    }
    return sorted(each for each in both - alike if not DATA.fullmatch(each))


@pytest.mark.parametrize(
    "address",
    [
        "/", "/?state=read&overdue=1&hours=4&region=HAND&sort=-score", "/?band=high&text=nobody",
        "/?source=CR1&provisional=0&state=unread", "/list", "/list/chunk", "/list/changes?since=0",
        *(f"/studies/{uid('study', number)}" for number in range(1, 6)),
        f"/studies/{uid('study', 1)}/facts?shown=0", "/health", "/health?days=30", "/health/state",
        "/health/figures", "/audit", "/audit?who=nobody", "/model", "/password", "/nowhere",
    ],
)  # fmt: skip
def test_nothing_is_left_in_english(page_of, address):
    assert english_left(page_of, address) == []


def test_the_pages_before_the_sign_in(node, client_of):
    let_in(node, "jane", Role.AUDITOR)
    client = client_of(node)

    def page(address, language):
        return client.get(address, headers={"Accept-Language": language, "Accept": "text/html"})

    assert english_left(page, "/sign-in") == []
    assert '<html lang="de"' in page("/sign-in", "de").text


def test_what_a_role_does_not_allow_is_said_in_german(node, client_of):
    node.visited_by("jane", Role.AUDITOR)
    answer = client_of(node).get("/health", headers={"Accept-Language": "de"})
    assert answer.status_code == 403
    assert "Dazu braucht es die Rolle" in answer.text


def test_what_a_deed_is_refused_for_is_said_in_german(node, client_of):
    node.receive()
    node.desk.claim(uid("study", 1), "jane", now=T0, until=after(600))
    client = client_of(node)
    study = f"studies/{uid('study', 1)}/claim"
    answer = client.post(f"/{study}", headers={"Accept-Language": "de"})
    assert (answer.status_code, answer.json()["kind"]) == (409, "claimed")
    assert answer.json()["error"] == "jane hat diese Studie übernommen."
    api = client.post(f"/api/v1/{study}", headers={"Accept-Language": "de"})
    assert api.json()["error"] == "jane has claimed this study."


def test_the_visitors_own_choice_counts_more_than_the_browsers(client):
    assert '<html lang="de"' in client.get("/", headers={"Accept-Language": "de"}).text
    for language, shown in (("de", "Arbeitsliste"), ("en", "Worklist")):
        assert client.post("/preferences", json={"language": language}).status_code == 204
        for asked in ("en", "de"):
            page = client.get("/", headers={"Accept-Language": asked}).text
            assert f'<html lang="{language}"' in page
            assert f"<title>{shown}" in page
            assert f'value="{language}" lang="{language}" selected' in page
    assert client.post("/preferences", json={"language": "browser"}).status_code == 204
    assert '<html lang="de"' in client.get("/", headers={"Accept-Language": "de"}).text
    assert client.post("/preferences", json={"language": "xx"}).status_code == 404


def test_without_what_is_kept_the_browser_says_which_language(node, client):
    node.preferences.change("local", lambda _: Preferences(language=Language.ENGLISH))

    def away(_):
        raise DatabaseUnavailable("locked")

    node.preferences.of = away
    answer = client.get("/", headers={"Accept-Language": "de"})
    assert answer.status_code == 503
    assert "Das kann gerade nicht gezeigt werden." in answer.text


def test_a_deed_in_german_keeps_its_token(client):
    """The page's forms work in every language."""
    page = client.get("/health", headers={"Accept-Language": "de"}).text
    assert CSRF_TOKEN in page
