import pytest
from hypothesis import given
from hypothesis import strategies as st

from triage_agent.assemble.words import words_of


@pytest.mark.parametrize(
    ("text", "words"),
    [
        ("", ()),
        ("--- / _", ()),
        ("WRIST3V", ("wrist", "3", "v")),
        ("HandPA", ("hand", "pa")),
        ("avant-bras_G", ("avant", "bras", "g")),
        ("Húmero", ("humero",)),
        ("HÅNDLED", ("handled",)),
        ("Håndled Ødem", ("handled", "odem")),
        ("Fuß", ("fuss",)),
        ("dłoń", ("dlon",)),
        ("ＨＡＮＤ", ("hand",)),  # full-width letters of Japanese devices  # noqa: RUF001
    ],
)
def test_texts_become_comparable_words(text, words):
    assert words_of(text) == words


@given(st.text(max_size=64))
def test_words_are_a_normal_form(text):
    words = words_of(text)
    assert words_of(" ".join(words)) == words


@given(st.text(alphabet=st.characters(max_codepoint=0x17F), max_size=64))
def test_case_of_whole_words_does_not_count(text):
    assert words_of(text.casefold()) == words_of(text.casefold().upper().casefold())
