"""The list as its templates lay it out: what is asked for, and what is shown of it."""

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, fields, replace
from datetime import datetime, tzinfo
from typing import Any
from urllib.parse import parse_qsl

from triage_agent.adapters.http.asking import address_of, read_pairs
from triage_agent.adapters.http.facts import NodeFacts, Sources
from triage_agent.adapters.http.rows import Moment, Row, moment, row, rows
from triage_agent.domain.preferences import Column, Preferences
from triage_agent.domain.visitor import Role, Visitor
from triage_agent.domain.worklist_filter import EVERYTHING_NOT_READ, WorklistFilter
from triage_agent.domain.worklist_order import BY_PRIORITY, ListColumn, WorklistOrder
from triage_agent.prioritise.list_query import ListQuery

# About three screens: few enough to come at once, enough to scroll through without waiting.
STEP = 50
# By what a click on the heading of a column sorts.
_SORTED_BY = {
    "place": ListColumn.PRIORITY,
    "study": ListColumn.REGION,
    "why": ListColumn.PRIORITY,
    "score": ListColumn.SCORE,
    "patient": ListColumn.PATIENT,
    "accession": ListColumn.ACCESSION,
    "views": ListColumn.VIEWS,
    "site": ListColumn.SOURCE,
    "arrived": ListColumn.ARRIVED,
    "due": ListColumn.PRIORITY,
    "state": ListColumn.STATE,
    "reader": ListColumn.READER,
}
# Of these a reader wants the most pressing or the latest first.
_DESCENDING_FIRST = {ListColumn.SCORE, ListColumn.VIEWS, ListColumn.ARRIVED}


# Writes a filter and an order as the query of an address, without the text.
Address = Callable[[WorklistFilter, WorklistOrder], str]


@dataclass(frozen=True, slots=True)
class Chip:
    """One condition of the filter, and the query without it."""

    kind: str
    value: object
    without: str


@dataclass(frozen=True, slots=True)
class Heading:
    """The head of a column; `query` sorts by it, None where that cannot be."""

    column: str
    sorted: str  # for aria-sort, or ""
    query: str | None


@dataclass(frozen=True, slots=True)
class View:
    """A filter under a name; `query` may hold a text, `address` does not."""

    name: str
    query: str
    address: str
    text: str


@dataclass(frozen=True, slots=True, kw_only=True)
class ListPage:
    """What the templates of the list show."""

    rows: list[Row]
    offset: int
    before: str  # the UID of the study just before the rows, "" if there is none
    after: str
    total: int
    version: int
    now: Moment
    wanted: WorklistFilter
    columns: tuple[str, ...]
    density: str
    visitor: str
    may_read: bool
    chips: tuple[Chip, ...]
    headings: tuple[Heading, ...]
    query: str
    is_by_priority: bool
    by_priority: str
    views: tuple[View, ...]
    step: int = STEP


def list_page(
    sources: Sources, visitor: Visitor, preferences: Preferences, asked: ListQuery
) -> ListPage:
    """Read a part of the list and lay it out as the visitor wants it."""
    now = sources.clock.now()
    # Before the entries: a change in between is then told once more, not missed.
    version = sources.worklist.version()
    # One more on either side: by these a part is told from one that has shifted.
    ahead = min(asked.offset, 1)
    found = sources.worklist.page(
        limit=ahead + STEP + 1,
        offset=asked.offset - ahead,
        wanted=asked.wanted,
        order=asked.order,
        now=now,
    )
    uids = [each.study.StudyInstanceUID for each in found]
    entries = found[ahead : ahead + STEP]

    def address(wanted: WorklistFilter, order: WorklistOrder) -> str:
        return address_of(ListQuery(wanted=wanted, order=order), visitor)

    return ListPage(
        rows=rows(entries, asked.offset + 1, now, sources.facts, visitor.name),
        offset=asked.offset,
        before="".join(uids[:ahead]),
        after="".join(uids[ahead + STEP :]),
        total=sources.worklist.count(asked.wanted, now=now),
        version=version,
        now=moment(now, now, sources.facts.zone),
        wanted=asked.wanted,
        columns=tuple(each.value for each in preferences.columns),
        density=preferences.density.value,
        visitor=visitor.name,
        may_read=visitor.may(Role.READER),
        chips=tuple(chips(asked, address, sources.facts.zone)),
        headings=headings(asked, preferences.columns, address),
        query=address(asked.wanted, asked.order),
        is_by_priority=asked.order == BY_PRIORITY,
        by_priority=address(asked.wanted, BY_PRIORITY),
        views=tuple(views_of(preferences, visitor, sources.facts)),
    )


def rows_of(
    sources: Sources, visitor: Visitor, asked: ListQuery, uids: Sequence[str], now: datetime
) -> list[Row]:
    """Return the lines of these studies with their places now, 0 where they are not wanted."""
    places = sources.worklist.places(uids, wanted=asked.wanted, order=asked.order, now=now)
    return [
        row(entry, places.get(entry.study.StudyInstanceUID, 0), now, sources.facts, visitor.name)
        for entry in sources.worklist.entries(uids)
    ]


def chips(asked: ListQuery, address: Address, zone: tzinfo | None) -> Iterator[Chip]:
    """Return the conditions one by one, each value of a set for itself, instants in the zone."""
    for each in fields(WorklistFilter):
        value: Any = getattr(asked.wanted, each.name)
        default: Any = getattr(EVERYTHING_NOT_READ, each.name)
        if value == default or each.name == "high_from":  # that is of the node, not of a person
            continue
        for one in sorted(value, key=str) if isinstance(value, frozenset) else [value]:
            rest: Any = (value - {one} or default) if isinstance(value, frozenset) else default
            without: WorklistFilter = replace(asked.wanted, **{each.name: rest})
            shown = one.astimezone(zone) if isinstance(one, datetime) else one
            yield Chip(each.name, shown, address(without, asked.order))


def headings(asked: ListQuery, columns: Sequence[Column], address: Address) -> tuple[Heading, ...]:
    """Return the heads of the columns in their order; a click turns the order that is.

    Of several columns that sort alike the first one shows it.
    """
    shown = [each.value for each in columns]
    shown.insert(1 if "place" in shown else 0, "study")
    first_by = {_SORTED_BY.get(each): each for each in reversed(shown)}
    return tuple(
        _heading(asked, column, address, is_first=first_by.get(_SORTED_BY.get(column)) == column)
        for column in shown
    )


def _heading(asked: ListQuery, column: str, address: Address, *, is_first: bool) -> Heading:
    by = _SORTED_BY.get(column)
    if by is None:
        return Heading(column, "", None)
    order = WorklistOrder(column=by, descending=by in _DESCENDING_FIRST)
    is_sorted = asked.order.column is by
    if is_sorted:
        order = WorklistOrder(column=by, descending=not asked.order.descending)
    direction = "descending" if asked.order.descending else "ascending"
    return Heading(
        column, direction if is_sorted and is_first else "", address(asked.wanted, order)
    )


def views_of(preferences: Preferences, visitor: Visitor, facts: NodeFacts) -> list[View]:
    """Return the visitor's own views."""
    views = []
    for each in preferences.views:
        asked = read_pairs(parse_qsl(each.query), visitor, facts)
        views.append(View(each.name, each.query, address_of(asked, visitor), asked.wanted.text))
    return views
