"""What happened to a study, shortened for people: one line for what happened several times."""

import re
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from itertools import groupby

from triage_agent.adapters.http.languages.choosing import present_words
from triage_agent.adapters.http.rows import Moment
from triage_agent.domain.delivery import Result, ResultKind
from triage_agent.domain.instance import Instance
from triage_agent.domain.worklist import Event

# PS3.5 section 9: with a root of one's own, or of a UUID (annex B.2).
_UID = re.compile(r"[0-9]+(?:\.[0-9]+){4,}|2\.25\.[0-9]+")
_INSTANT = re.compile(r"\d{4}-\d{2}-\d{2}T\d{2}:\d{2}:\d{2}(?:\.\d+)?(?:\+\d{2}:\d{2}|Z)")
# These come in numbers, one for each image or object; others are told one by one.
_GATHERED = frozenset({"received", "scored", "delivered"})
# The class of what has no urgency of its own; on a page about results the word could be taken for
# one.
_NORMAL = re.compile(r"\bnormal(?=, due )")
_ASSESSMENT = re.compile(r"\b(below|not)_(threshold|assessed)\b")
_KINDS = {
    ResultKind.STRUCTURED_REPORT: "structured report",
    ResultKind.SECONDARY_CAPTURE: "picture",
}


@dataclass(frozen=True, slots=True)
class Happening:
    """A line: what happened how often, when for the last time, and the details of each time."""

    what: str
    times: int
    moment: Moment
    details: tuple[str, ...]


def timeline(
    events: Sequence[Event],
    instances: Sequence[Instance],
    results: Sequence[Result],
    moment_of: Callable[[datetime], Moment],
) -> tuple[Happening, ...]:
    """Return the story of a study, oldest first.

    UIDs are replaced by the image's number or the object's kind, instants by times of the day.
    """
    names = {
        each.header.SOPInstanceUID: f"image {number}"
        for number, each in enumerate(instances, start=1)
    } | {each.SOPInstanceUID: _KINDS[each.kind] for each in results}
    told = enumerate(events)
    groups = groupby(told, key=lambda pair: pair[1].what if pair[1].what in _GATHERED else pair[0])
    return tuple(_happening([event for _, event in group], names, moment_of) for _, group in groups)


def _happening(
    events: Sequence[Event],
    names: Mapping[str, str],
    moment_of: Callable[[datetime], Moment],
) -> Happening:
    def readable(detail: str) -> str:
        for kind in ResultKind:  # "sr 1.2.3 to pacs": the name says what it is
            detail = detail.removeprefix(f"{kind.value} ")
        named = _UID.sub(lambda found: names.get(found[0], "an object"), detail)
        told = _INSTANT.sub(lambda found: moment_of(_instant(found[0])).clock, named)
        plain = _ASSESSMENT.sub(r"\1 \2", _NORMAL.sub("routine", told))
        return present_words().again(plain)

    return Happening(
        what=events[0].what,
        times=len(events),
        moment=moment_of(events[-1].at),
        details=tuple(readable(event.detail) for event in events if event.detail),
    )


def _instant(text: str) -> datetime:
    return datetime.fromisoformat(text)
