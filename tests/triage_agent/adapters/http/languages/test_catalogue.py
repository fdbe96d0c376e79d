"""The catalogues are whole: every text of ours, with the gaps that the English one has."""

import re

import pytest

from tests.factories import make_instance, make_scored
from tests.triage_agent.adapters.http.languages.our_texts import texts_of_code, texts_of_templates
from triage_agent.adapters.http.languages.catalogue import Catalogue, read_catalogue
from triage_agent.domain.assessment import AssessmentKind
from triage_agent.domain.audit import Deed
from triage_agent.domain.delivery import DeliveryState
from triage_agent.domain.instance import InstanceState
from triage_agent.domain.priority import PriorityClass
from triage_agent.domain.study import StudyState
from triage_agent.domain.verdict import DisagreementReason, Judgement
from triage_agent.domain.words import ENGLISH
from triage_agent.domain.worklist import ReadingState
from triage_agent.infer.assess import assess

GERMAN = read_catalogue("de")
# The same in both languages, and meant to be.
_ALIKE = {
    "API", "C-ECHO", "Band", "Detail", "Finger", "Hand", "ID", "Name", "Patient", "Region",
    "Study UID", "Text", "finger", "hand", "{h} h {m} min", "{m} min",
}  # fmt: skip
_GAP = re.compile(r"%\(\w+\)[sd]|%%|\{\w+\}|<\w+>")


def gaps(text: str) -> list[str]:
    return sorted(_GAP.findall(text))


def test_the_catalogue_holds_the_texts_of_the_page_and_no_others():
    found = {*texts_of_templates(), *texts_of_code()}
    assert len(found) > 400  # or the texts were not found at all
    assert {each for each in found if isinstance(each, str)} == set(GERMAN.texts)
    assert {each[0] for each in found if isinstance(each, tuple)} == set(GERMAN.plurals)


@pytest.mark.parametrize("table", ["texts", "kept", "sentences"])
def test_every_text_is_translated_with_the_same_gaps(table):
    for english, said in getattr(GERMAN, table).items():
        assert said.strip(), english
        assert gaps(said) == gaps(english), english
        if english != said:
            continue
        assert english in _ALIKE or not re.search(r"[a-z]{3}", _GAP.sub("", english)), english


def test_every_plural_has_the_gaps_of_the_english_one():
    pairs = {each[0]: each for each in texts_of_templates() if isinstance(each, tuple)}
    for one, forms in GERMAN.plurals.items():
        assert set(gaps(forms[0])) <= {*gaps(pairs[one][0]), *gaps(pairs[one][1])}
        assert gaps(forms[1]) == gaps(pairs[one][1])


@pytest.mark.parametrize(
    "words",
    [
        Deed, DeliveryState, DisagreementReason, InstanceState, Judgement, ReadingState, StudyState,
    ],
)  # fmt: skip
def test_every_state_and_deed_has_a_name(words):
    assert {each.value for each in words} <= set(GERMAN.kept)


def test_every_assessment_and_class_has_a_name():
    said = {each.value.replace("_", " ") for each in (*AssessmentKind, *PriorityClass)}
    # What a page says in place of "normal".
    assert said - {"normal"} | {"routine"} <= set(GERMAN.kept)


def test_no_translation_calls_a_result_normal():
    said = [*GERMAN.texts.values(), *GERMAN.kept.values(), *GERMAN.sentences.values()]
    assert not [each for each in said if "normal" in each.lower()]


@pytest.mark.parametrize(
    ("english", "german"),
    [
        ("mean 0.62 over 3 images", "Mittelwert 0.62 über 3 Bilder"),
        ("mean 0.62 over 1 of 3 images", "Mittelwert 0.62 über 1 von 3 Bildern"),
        ("body part KNEE is out of scope", "Körperteil KNEE wird nicht bewertet"),
        (
            "image 2 of 3 could not be scored: text is burned into the image",
            "Bild 2 von 3 konnte nicht bewertet werden: in das Bild ist Text eingebrannt",
        ),
        (
            "image 1 excluded: modality US is out of scope",
            "Bild 1 ausgeschlossen: Modalität US wird nicht bewertet",
        ),
        (
            "below threshold p=0.123 (mean 0.12 over 2 images); routine, due 14:02",
            "unter Schwelle p=0.123 (Mittelwert 0.12 über 2 Bilder); Routine, fällig 14:02",
        ),
        ("by jane until 14:20", "von jane bis 14:20"),
        ("disagree: false alarm, by jane on generation 2",
         "Wert falsch: Fehlalarm, sagt jane zu Generation 2"),
        ("something that nobody thought of", "something that nobody thought of"),
        ("", ""),
    ],
)  # fmt: skip
def test_what_is_kept_in_english_is_said_again(english, german):
    assert GERMAN.again(english) == german


def test_what_assessing_says_is_known():
    missed = make_instance(state=InstanceState.UNREADABLE, reason="the image is a localiser")
    for instances in (
        [],
        [make_instance()],
        [make_instance(), make_instance()],
        [make_scored(0.9)],
        [make_scored(0.9), make_instance()],
        [make_scored(0.1), make_scored(0.2)],
        [missed],
        [missed, missed],
        [make_instance(state=InstanceState.EXCLUDED, reason="body part KNEE is out of scope")],
    ):
        reason = assess(instances, 0.5).reason
        assert GERMAN.again(reason) != reason, reason


def test_a_language_without_a_text_says_it_in_english():
    bare = Catalogue("xx")
    assert bare.say("due in %(time)s", time="3 min") == "due in 3 min"
    assert bare.plural("a study", "%(num)d studies", 1) == "a study"
    assert bare.plural("a study", "%(num)d studies", 2) == "%(num)d studies"
    assert bare.again("quiet period over") == ENGLISH.again("quiet period over")


def test_figures_are_not_mistaken_for_words():
    assert GERMAN.again("image one received") == "image one received"
