"""What can be found by typing: words without case and accents, each by its beginning."""

import unicodedata
from collections.abc import Iterable

from triage_agent.domain.study import Study

SEARCHED = ("PatientName", "PatientID", "AccessionNumber", "StudyDescription")

# Longer than any name, and a bound on what a hostile header can make the index hold.
WORD_CHARACTERS = 64
WORDS_OF_A_STUDY = 40
WORDS_TYPED = 8


def words(text: str) -> tuple[str, ...]:
    """Return the words of a text as they are compared: folded, without accents, in order.

    Whatever is neither letter nor digit parts words, so "Müller^Anna" is "muller" and "anna". A
    word is cut at `WORD_CHARACTERS`; one that occurs again is left out.
    """
    folded = unicodedata.normalize("NFKD", unicodedata.normalize("NFKD", text).casefold())
    bare = "".join(
        each if each.isalnum() else " " for each in folded if not unicodedata.combining(each)
    )
    return tuple(dict.fromkeys(word[:WORD_CHARACTERS] for word in bare.split()))


def words_of(searched: Iterable[str]) -> tuple[str, ...]:
    """Return the words by which a study is found, from its attributes `SEARCHED` in that order."""
    return words(" ".join(searched))[:WORDS_OF_A_STUDY]


def words_of_study(study: Study) -> tuple[str, ...]:
    """Return the words by which a study is found, those of the patient's name first."""
    return words_of(getattr(study, name) for name in SEARCHED)


def words_typed(text: str) -> tuple[str, ...]:
    """Return the words of a search: a study is found if each begins one of the study's words."""
    return words(text)[:WORDS_TYPED]


def is_found(words_of_it: tuple[str, ...], typed: tuple[str, ...]) -> bool:
    """Say whether each typed word begins one of the words; nothing typed finds everything."""
    return all(any(word.startswith(part) for word in words_of_it) for part in typed)
