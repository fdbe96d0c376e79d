"""A filter and an order of the worklist as the query of an address, and back.

    state=unread|claimed|read   of reading; not read without it
    region=WRIST|...|unknown    band=high|abnormal|not-assessed|below
    source=AE                   modality=DX
    from=, to=                  instants (ISO 8601) or days, of arrival; a day in `to` is included
    hours=8                     arrived within the last so many hours
    overdue=1|0                 provisional=1|0
    mine=1                      claimed by whoever asks; claimed_by=name by somebody
    text=                       words
    sort=column                 -column for descending
    offset=100

Parameters of the first five lines may be given more than once: any of the values will do.
"""

import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from datetime import datetime, timedelta, tzinfo
from typing import Any
from urllib.parse import urlencode

from triage_agent.domain.band import Band
from triage_agent.domain.region import Region
from triage_agent.domain.worklist import ReadingState
from triage_agent.domain.worklist_filter import NOT_READ, WorklistFilter
from triage_agent.domain.worklist_order import BY_PRIORITY, ListColumn, WorklistOrder
from triage_agent.prioritise.listing import located

REGION_UNKNOWN = "unknown"
MAXIMUM_TEXT = 200  # characters, of any value
MAXIMUM_VALUES = 50  # of one parameter
MAXIMUM_OFFSET = 100_000_000
MAXIMUM_HOURS = 24 * 366

_FIELDS = {
    "state": "reading_states",
    "region": "regions",
    "band": "bands",
    "source": "sources",
    "modality": "modalities",
    "from": "arrived_from",
    "to": "arrived_to",
    "hours": "arrived_within_hours",
    "overdue": "overdue",
    "provisional": "provisional",
    "mine": "claimed_by",
    "claimed_by": "claimed_by",
    "text": "text",
}
PARAMETERS = (*_FIELDS, "sort", "offset")
_MANY = frozenset({"state", "region", "band", "source", "modality"})
_FLAGS: Mapping[str, object] = {"1": True, "0": False}
_KNOWN: dict[str, Mapping[str, object]] = {
    "state": {each.value: each for each in ReadingState},
    "region": {each.value: each for each in Region} | {REGION_UNKNOWN: None},
    "band": {each.value: each for each in Band},
    "overdue": _FLAGS,
    "provisional": _FLAGS,
    "sort": {
        "-" * descending + column.value: WorklistOrder(column=column, descending=descending)
        for column in ListColumn
        for descending in (False, True)
    },
}
_WHOLE_NUMBERS = {"hours": (1, MAXIMUM_HOURS), "offset": (0, MAXIMUM_OFFSET)}
_DAY = re.compile(r"[0-9]{4}-?[0-9]{2}-?[0-9]{2}")


@dataclass(frozen=True, slots=True, kw_only=True)
class ListQuery:
    """What of the list is asked for; `offset` is how many entries come before."""

    wanted: WorklistFilter = field(default_factory=WorklistFilter)
    order: WorklistOrder = BY_PRIORITY
    offset: int = 0


@dataclass(frozen=True, slots=True)
class Refused:
    """A value that means nothing; the query was read as if it had not been there.

    `allowed` says what could stand there, and never holds what was sent.
    """

    parameter: str
    allowed: str


def read_query(
    pairs: Iterable[tuple[str, str]],
    *,
    reader: str,
    high_from: float | None,
    zone: tzinfo | None = None,
) -> tuple[ListQuery, tuple[Refused, ...]]:
    """Return what decoded parameters ask for, and which of them were refused.

    Parameters that are not in `PARAMETERS` are left to others; empty values ask for nothing.
    `reader` is whoever asks; `high_from` is the policy's (`score_band.high_from`); days and
    instants without a zone are in `zone`, None for this machine's.
    """
    taken: dict[str, list[Any]] = {}
    refused: list[Refused] = []
    for name, value in pairs:
        if name not in PARAMETERS or not value:
            continue
        try:
            meant = _meaning(name, value, reader, zone, already=len(taken.get(name, ())))
        except ValueError as error:
            refused.append(Refused(name, str(error)))
        else:
            taken.setdefault(name, []).append(meant)
    many = {_FIELDS[name]: frozenset(taken[name]) for name in _MANY if name in taken}
    single = {
        _FIELDS[name]: values[0]
        for name, values in taken.items()
        if name in _FIELDS and name not in _MANY
    }
    query = ListQuery(
        wanted=WorklistFilter(high_from=high_from, **(many | single)),
        order=taken.get("sort", [BY_PRIORITY])[0],
        offset=taken.get("offset", [0])[0],
    )
    return query, tuple(refused)


def write_query(query: ListQuery, *, reader: str) -> str:
    """Return the query in an address's encoding, "" for the whole list by priority.

    Reading it with the same reader and policy gives the same query again.
    """
    return urlencode(query_pairs(query, reader=reader))


def query_pairs(query: ListQuery, *, reader: str) -> list[tuple[str, str]]:
    """Return the parameters that say what differs from the whole list by priority."""
    wanted, order = query.wanted, query.order
    regions = {REGION_UNKNOWN if each is None else each.value for each in wanted.regions}
    states = frozenset() if wanted.reading_states == NOT_READ else wanted.reading_states
    pairs = [
        *(("state", value) for value in sorted(states)),
        *(("region", value) for value in sorted(regions)),
        *(("band", each.value) for each in Band if each in wanted.bands),
        *(("source", value) for value in sorted(wanted.sources)),
        *(("modality", value) for value in sorted(wanted.modalities)),
        ("from", _instant_text(wanted.arrived_from)),
        ("to", _instant_text(wanted.arrived_to)),
        ("hours", str(wanted.arrived_within_hours or "")),
        ("overdue", _flag_text(wanted.overdue)),
        ("provisional", _flag_text(wanted.provisional)),
        (
            ("mine", "1")
            if wanted.claimed_by and wanted.claimed_by == reader
            else ("claimed_by", wanted.claimed_by or "")
        ),
        ("text", wanted.text),
        ("sort", "" if order == BY_PRIORITY else "-" * order.descending + order.column.value),
        ("offset", str(query.offset or "")),
    ]
    return [(name, str(value)) for name, value in pairs if value]


def _meaning(name: str, value: str, reader: str, zone: tzinfo | None, *, already: int) -> Any:  # noqa: ANN401 (each parameter has its own type)
    """Return what a value means. Raises ValueError with what would be allowed."""
    if already >= (MAXIMUM_VALUES if name in _MANY else 1):
        raise ValueError(f"given at most {MAXIMUM_VALUES if name in _MANY else 1} times")
    if len(value) > MAXIMUM_TEXT:
        raise ValueError(f"at most {MAXIMUM_TEXT} characters")
    if name in _KNOWN:
        return _one_of(_KNOWN[name], value)
    if name in _WHOLE_NUMBERS:
        return _whole_number(value, *_WHOLE_NUMBERS[name])
    if name in ("from", "to"):
        return _instant(value, zone, is_end=name == "to")
    if name == "mine":
        _one_of({"1": True}, value)
        return reader
    return value


def _one_of(known: Mapping[str, object], value: str) -> object:
    if value not in known:
        raise ValueError(f"one of {', '.join(known)}")
    return known[value]


def _whole_number(value: str, least: int, greatest: int) -> int:
    # int() also takes signs, blanks, underscores and the digits of other scripts.
    if not re.fullmatch(r"[0-9]{1,9}", value) or not least <= int(value) <= greatest:
        raise ValueError(f"a whole number from {least} to {greatest}")
    return int(value)


def _instant(value: str, zone: tzinfo | None, *, is_end: bool) -> datetime:
    try:
        instant = datetime.fromisoformat(value)
        if is_end and _DAY.fullmatch(value):
            instant += timedelta(days=1)
        return located(instant, zone)
    except (ValueError, OverflowError):
        raise ValueError("a day or an instant as in 2026-01-31 or 2026-01-31T08:00:00Z") from None


def _instant_text(instant: datetime | None) -> str:
    return "" if instant is None else instant.isoformat().replace("+00:00", "Z")


def _flag_text(flag: bool | None) -> str:  # noqa: FBT001 (three values, each with its text)
    return "" if flag is None else str(int(flag))
