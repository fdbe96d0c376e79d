"""Statements of the list.

Entries that are not read and those that are lie in partial indexes of their own; a filter that
wants both is answered from both, and no statement looks at all entries there are.
"""

from collections.abc import Collection
from dataclasses import dataclass
from datetime import datetime

import sqlalchemy as sa

from triage_agent.adapters.sql.list_conditions import (
    Condition,
    Key,
    conditions,
    directed,
    may_have_word,
    sort_keys,
    words_that_begin,
)
from triage_agent.adapters.sql.schema import IS_NOT_READ, IS_READ, worklist_entry
from triage_agent.domain.search import words_typed
from triage_agent.domain.worklist import ReadingState
from triage_agent.domain.worklist_filter import NOT_READ, WorklistFilter
from triage_agent.domain.worklist_order import WorklistOrder

# Up to here it is quicker to begin with a word's studies than with the first of the list: beyond,
# every page of the list has some of them.
RARE_STUDIES = 5000


@dataclass(frozen=True, slots=True)
class Part:
    """Entries of one index that are wanted."""

    where: tuple[Condition, ...]

    def count(self, at_most: int | None) -> sa.Select[int]:
        """Return the query for how many there are."""
        if at_most is None:
            return sa.select(sa.func.count()).select_from(worklist_entry).where(*self.where)
        some = sa.select(sa.literal(1)).select_from(worklist_entry).where(*self.where)
        return sa.select(sa.func.count()).select_from(some.limit(at_most).subquery())


def parts(connection: sa.Connection, wanted: WorklistFilter, now: datetime | None) -> list[Part]:
    """Return where the wanted entries are."""
    meets = conditions(wanted, now=now)
    found: list[Part] = []
    states = wanted.reading_states & NOT_READ
    if states:
        # The first condition is that of the index, even where the second says more.
        which = [IS_NOT_READ]
        if states != NOT_READ:
            which.append(worklist_entry.c.reading_state.in_([each.value for each in states]))
        found.append(Part((*which, *meets)))
    if ReadingState.READ in wanted.reading_states:
        rare = _rarest(connection, wanted)
        found.append(Part((IS_READ, *([may_have_word(rare)] if rare else []), *meets)))
    return found


def page(found: list[Part], order: WorklistOrder, limit: int, offset: int) -> sa.Select[str]:
    """Return the query for the UIDs of one page, in order."""
    keys = sort_keys(order)
    if len(found) == 1:
        return (
            sa.select(worklist_entry.c.StudyInstanceUID)
            .where(*found[0].where)
            .order_by(*directed(order, keys))
            .limit(limit)
            .offset(offset)
        )
    rows = _keyed(found, order, first=offset + limit)
    return (
        sa.select(rows.c.uid)
        .order_by(*directed(order, _columns(rows, len(keys))))
        .limit(limit)
        .offset(offset)
    )


def places(
    found: list[Part], order: WorklistOrder, StudyInstanceUIDs: Collection[str]
) -> sa.Select[str, int]:
    """Return the query for the places, counted from 1, of those of the studies that are wanted."""
    rows = _keyed(found, order, first=None)
    ordered = directed(order, _columns(rows, len(sort_keys(order))))
    numbered = sa.select(
        rows.c.uid, sa.func.row_number().over(order_by=ordered).label("place")
    ).subquery()
    return sa.select(numbered.c.uid, numbered.c.place).where(numbered.c.uid.in_(StudyInstanceUIDs))


def _keyed(found: list[Part], order: WorklistOrder, *, first: int | None) -> sa.Subquery:
    """Return the wanted entries with their sort keys; the `first` of each part or all."""
    keys = sort_keys(order)
    columns = [
        worklist_entry.c.StudyInstanceUID.label("uid"),
        *(key.label(f"key{number}") for number, key in enumerate(keys)),
    ]
    selected = [sa.select(*columns).where(*part.where) for part in found]
    if first is not None:
        limited = [
            each.order_by(*directed(order, keys)).limit(first).subquery() for each in selected
        ]
        selected = [sa.select(each) for each in limited]
    return sa.union_all(*selected).subquery() if len(selected) > 1 else selected[0].subquery()


def _columns(rows: sa.Subquery, number: int) -> list[Key]:
    return [rows.c[f"key{each}"] for each in range(number)]


def _rarest(connection: sa.Connection, wanted: WorklistFilter) -> str | None:
    """Return the typed word that begins the fewest words; None if all begin very many."""
    counts = {}
    for word in words_typed(wanted.text):
        some = words_that_begin(word).limit(RARE_STUDIES + 1).subquery()
        counts[word] = connection.execute(sa.select(sa.func.count()).select_from(some)).scalar_one()
    rarest = min(counts, key=lambda word: counts[word], default=None)
    return rarest if rarest is not None and counts[rarest] <= RARE_STUDIES else None
