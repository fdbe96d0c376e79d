import pytest
from hypothesis import given
from hypothesis import strategies as st

from tests.factories import make_study
from triage_agent.domain.search import (
    WORD_CHARACTERS,
    WORDS_OF_A_STUDY,
    WORDS_TYPED,
    is_found,
    words,
    words_of,
    words_of_study,
    words_typed,
)


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("Müller^Anna-Lena", ("muller", "anna", "lena")),
        ("STRASSE Straße", ("strasse",)),
        ("ID 0042/7", ("id", "0042", "7")),
        ("Yamada^Tarou=山田^太郎", ("yamada", "tarou", "山田", "太郎")),
        ("a_b%c\\d", ("a", "b", "c", "d")),
        (" \t^ ", ()),
    ],
)
def test_words_have_neither_case_nor_accents(text: str, expected: tuple[str, ...]) -> None:
    assert words(text) == expected


def test_a_study_is_found_by_its_name_first_then_by_its_numbers() -> None:
    study = make_study(
        PatientName="Doe^Jane", PatientID="P-1", AccessionNumber="A7", StudyDescription="Wrist ap"
    )
    assert words_of_study(study) == ("doe", "jane", "p", "1", "a7", "wrist", "ap")


def test_what_a_hostile_header_brings_is_bounded() -> None:
    assert len(words_of([" ".join(map(str, range(1000)))])) == WORDS_OF_A_STUDY
    assert words("x" * 1000) == ("x" * WORD_CHARACTERS,)
    assert len(words_typed(" ".join(map(str, range(1000))))) == WORDS_TYPED


def test_every_typed_word_begins_a_word() -> None:
    known = words("Doe^Jane P1")
    assert is_found(known, words_typed("JA do"))
    assert not is_found(known, words_typed("ja ane"))
    assert is_found(known, ())


@given(st.text())
def test_words_stay_as_they_are_and_find_their_own_text(text: str) -> None:
    found = words(text)
    assert words(" ".join(found)) == found
    assert all(word.isalnum() and len(word) <= WORD_CHARACTERS for word in found)
    assert is_found(found, words_typed(text))
