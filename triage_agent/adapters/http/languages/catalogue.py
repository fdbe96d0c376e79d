"""One language: a file with what our English texts are in it.

A catalogue has four tables. `texts` and `plurals` are gettext's: what stands in templates, and in
code in calls of `say`, `translatable` and `_t`. What the node keeps, it keeps in English, for
scripts, other nodes and whoever reads it later: `kept` are its words, `sentences` its sentences
with their gaps (`{reason}`). A page finds those by their form and says them again.

The keys are the English texts themselves, so English needs no file.
"""

import re
import tomllib
from collections.abc import Mapping
from dataclasses import dataclass, field
from functools import cached_property
from importlib.resources import files

_GAP = re.compile(r"\{(\w+)\}")
# What stands in these gaps; any other gap takes as little as it can.
_FIGURES = dict.fromkeys(("number", "count", "images", "scored", "objects", "times"), r"\d+")
_FILLINGS = _FIGURES | {"uid": r"[0-9.]{8,}"}


@dataclass(frozen=True)
class Catalogue:
    """A language as `triage_agent.domain.words.Words` wants it; what it lacks is said in English.

    Attributes:
        code: as in the page's `lang` (BCP 47).
        plurals: for each English pair's first form, the singular and the plural.
    """

    code: str
    texts: Mapping[str, str] = field(default_factory=dict)
    plurals: Mapping[str, tuple[str, str]] = field(default_factory=dict)
    kept: Mapping[str, str] = field(default_factory=dict)
    sentences: Mapping[str, str] = field(default_factory=dict)

    def text(self, english: str) -> str:
        """Return a text with its gaps still open."""
        return self.texts.get(english, english)

    def plural(self, one: str, many: str, number: int) -> str:
        """Return the form for a number with its gaps still open."""
        forms = self.plurals.get(one, (one, many))
        return forms[0] if number == 1 else forms[1]

    def say(self, text: str, /, **values: object) -> str:
        """Return a text with its gaps filled."""
        return self.text(text) % values

    def again(self, sentence: str, /) -> str:
        """Return what is kept in English in this language, as it is where no form fits."""
        if sentence in self.kept:
            return self.kept[sentence]
        for form, said in self._forms:
            found = form.fullmatch(sentence)
            if found:
                gaps = {name: self.again(value) for name, value in found.groupdict().items()}
                return said.format_map(gaps)
        return sentence

    @cached_property
    def _forms(self) -> tuple[tuple[re.Pattern[str], str], ...]:
        return tuple((_form(english), said) for english, said in self.sentences.items())


def read_catalogue(code: str) -> Catalogue:
    """Read the catalogue that comes with the page. Raises FileNotFoundError if there is none."""
    path = files(__package__) / f"{code}.toml"
    tables = tomllib.loads(path.read_text(encoding="utf-8"))
    return Catalogue(
        code=code,
        texts=tables["texts"],
        plurals={one: (forms[0], forms[1]) for one, forms in tables["plurals"].items()},
        kept=tables["kept"],
        sentences=tables["sentences"],
    )


def _form(english: str) -> re.Pattern[str]:
    """Return the form of a sentence: between its gaps it is as it is written."""
    parts = _GAP.split(english)
    fixed, names = parts[::2], parts[1::2]
    pattern = re.escape(fixed[0])
    for name, rest in zip(names, fixed[1:], strict=True):
        pattern += f"(?P<{name}>{_FILLINGS.get(name, '.+?')})" + re.escape(rest)
    return re.compile(pattern, re.DOTALL)
