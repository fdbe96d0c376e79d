"""The words and codes that name body parts, and finding them in a text."""

import tomllib
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from functools import cache
from importlib import resources
from typing import TypedDict, cast

from triage_agent.assemble.words import words_of
from triage_agent.domain.instance import CodedConcept
from triage_agent.domain.region import Region

# PS3.16 section 8: the designators under which SNOMED codes are found in headers, old and new.
_SNOMED_DESIGNATORS = {"SRT": "SRT", "SNM3": "SRT", "99SDM": "SRT", "SCT": "SCT"}


@dataclass(frozen=True, slots=True)
class BodyPart:
    """A part of the body; `region` is None for one that is out of scope."""

    name: str
    region: Region | None


@dataclass(frozen=True, slots=True)
class Mention:
    """A body part that a text names, and the words of the vocabulary by which it does."""

    part: BodyPart
    words: str


class _PartTable(TypedDict, total=False):
    words: list[str]
    alone: list[str]
    codes: list[str]


class _Document(TypedDict):
    neutral: list[str]
    phrases_without_meaning: list[str]
    regions: dict[str, _PartTable]
    out_of_scope: dict[str, _PartTable]


class Vocabulary:
    """Finds body parts by whole words, longest phrase first, never by part of a word."""

    def __init__(self, document: Mapping[str, object]) -> None:
        """Take a parsed document of the form of `regions.toml`.

        Raises ValueError if an entry holds no word or stands for two parts.
        """
        table = cast("_Document", document)
        self._neutral = frozenset(word for entry in table["neutral"] for word in words_of(entry))
        self._anywhere: dict[tuple[str, ...], BodyPart | None] = {}
        self._alone: dict[tuple[str, ...], BodyPart | None] = {}
        self._codes: dict[tuple[str, str], BodyPart] = {}
        for phrase in table["phrases_without_meaning"]:
            _enter(self._anywhere, phrase, None)
        for name, entries in table["regions"].items():
            self._add(BodyPart(name, Region(name)), entries)
        for name, entries in table["out_of_scope"].items():
            self._add(BodyPart(name, None), entries)
        self._longest = max(map(len, self._anywhere))

    def _add(self, part: BodyPart, entries: _PartTable) -> None:
        for phrase in entries.get("words", []):
            _enter(self._anywhere, phrase, part)
        for phrase in entries.get("alone", []):
            _enter(self._alone, phrase, part)
        for code in entries.get("codes", []):
            scheme, value = code.split()
            if self._codes.setdefault((scheme, value), part) != part:
                raise ValueError(f"code {code!r} stands for two body parts")

    def mentions(self, text: str) -> tuple[Mention, ...]:
        """Return the parts that a text names, in its order, each part once."""
        words = words_of(text)
        said = tuple(word for word in words if not word.isdigit() and word not in self._neutral)
        part = self._alone.get(said)
        if part is not None:
            return (Mention(part, " ".join(said)),)
        found: dict[BodyPart, Mention] = {}
        for mention in self._scan(words):
            found.setdefault(mention.part, mention)
        return tuple(found.values())

    def _scan(self, words: tuple[str, ...]) -> Iterator[Mention]:
        place = 0
        while place < len(words):
            for length in range(self._longest, 0, -1):
                phrase = words[place : place + length]
                if phrase in self._anywhere:
                    part = self._anywhere[phrase]
                    if part is not None:
                        yield Mention(part, " ".join(phrase))
                    place += len(phrase)
                    break
            else:
                place += 1

    def coded(self, concept: CodedConcept) -> tuple[Mention, ...]:
        """Return the part that a code stands for; an unknown code is read by its meaning."""
        scheme = _SNOMED_DESIGNATORS.get(concept.CodingSchemeDesignator.upper(), "")
        part = self._codes.get((scheme, concept.CodeValue.upper()))
        if part is None:
            return self.mentions(concept.CodeMeaning)
        return (Mention(part, part.name.lower()),)


def _enter(
    entries: dict[tuple[str, ...], BodyPart | None], phrase: str, part: BodyPart | None
) -> None:
    words = words_of(phrase)
    if not words:
        raise ValueError(f"{phrase!r} holds no word")
    if entries.setdefault(words, part) != part:
        raise ValueError(f"{phrase!r} stands for two body parts")


@cache
def builtin_vocabulary() -> Vocabulary:
    """Return the vocabulary that ships with the package; its file is part of the program."""
    text = resources.files("triage_agent.assemble").joinpath("regions.toml").read_text("utf-8")
    return Vocabulary(tomllib.loads(text))
