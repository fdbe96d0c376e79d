"""How somebody wants the worklist to look."""

from collections.abc import Iterable
from dataclasses import dataclass, replace
from enum import StrEnum
from typing import Self

MAXIMUM_VIEWS = 30
MAXIMUM_NAME = 60  # characters: what fits on a button
MAXIMUM_QUERY = 2000


class Theme(StrEnum):
    """Which palette is used."""

    SYSTEM = "system"  # what the browser says that the person prefers
    DARK = "dark"
    LIGHT = "light"


class Language(StrEnum):
    """In which language the pages are."""

    BROWSER = "browser"  # what the browser says that the person prefers
    ENGLISH = "en"
    GERMAN = "de"


class Density(StrEnum):
    """How much stands on a screen."""

    COMFORTABLE = "comfortable"  # two lines and a picture for each study
    COMPACT = "compact"  # one line


class Column(StrEnum):
    """Columns of the list that may be shown or not, in the order in which they stand.

    The study itself and what can be done with it always are.
    """

    PLACE = "place"
    WHY = "why"
    SCORE = "score"
    PATIENT = "patient"
    ACCESSION = "accession"
    VIEWS = "views"
    SITE = "site"
    ARRIVED = "arrived"
    DUE = "due"
    STATE = "state"
    READER = "reader"
    MODEL = "model"


# What a reader decides by; the others are for those who look for something.
DEFAULT_COLUMNS = (
    Column.PLACE,
    Column.WHY,
    Column.SCORE,
    Column.PATIENT,
    Column.DUE,
    Column.STATE,
)


@dataclass(frozen=True, slots=True)
class SavedView:
    """A filter and an order of the list under a name; `query` is as in the list's address."""

    name: str
    query: str

    def __post_init__(self) -> None:
        if not self.name.strip() or len(self.name) > MAXIMUM_NAME:
            raise ValueError(f"a view's name has 1 to {MAXIMUM_NAME} characters")
        if len(self.query) > MAXIMUM_QUERY:
            raise ValueError(f"a view's query has at most {MAXIMUM_QUERY} characters")


@dataclass(frozen=True, slots=True, kw_only=True)
class Preferences:
    """What is kept for each user.

    Attributes:
        columns: in the order of `Column`, each once.
        single_keys: whether letters alone do something (WCAG 2.1.4 lets a person turn that off).
        views: names differ.
    """

    theme: Theme = Theme.SYSTEM
    language: Language = Language.BROWSER
    density: Density = Density.COMFORTABLE
    columns: tuple[Column, ...] = DEFAULT_COLUMNS
    single_keys: bool = True
    views: tuple[SavedView, ...] = ()

    def with_columns(self, columns: Iterable[Column]) -> Self:
        """Show these columns, in their own order."""
        chosen = set(columns)
        return replace(self, columns=tuple(each for each in Column if each in chosen))

    def with_view(self, view: SavedView) -> Self:
        """Keep a view, in the place of one with the same name.

        Raises ValueError if there are `MAXIMUM_VIEWS` already.
        """
        if view.name in {each.name for each in self.views}:
            kept = tuple(view if each.name == view.name else each for each in self.views)
            return replace(self, views=kept)
        if len(self.views) >= MAXIMUM_VIEWS:
            raise ValueError(f"at most {MAXIMUM_VIEWS} views are kept")
        return replace(self, views=(*self.views, view))

    def without_view(self, name: str) -> Self:
        """Forget a view, if it is there."""
        return replace(self, views=tuple(each for each in self.views if each.name != name))
