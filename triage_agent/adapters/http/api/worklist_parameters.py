"""The parameters of the worklist: what they may be, told and checked by one set of rules."""

from typing import Any
from urllib.parse import unquote

from fastapi import Request

from triage_agent.adapters.http.asking import TEXT_HEADER
from triage_agent.adapters.http.facts import NodeFacts
from triage_agent.domain.band import Band
from triage_agent.domain.region import Region
from triage_agent.domain.visitor import Visitor
from triage_agent.domain.worklist import ReadingState
from triage_agent.domain.worklist_order import ListColumn
from triage_agent.prioritise.list_query import (
    MAXIMUM_HOURS,
    MAXIMUM_TEXT,
    MAXIMUM_VALUES,
    REGION_UNKNOWN,
    ListQuery,
    read_query,
)
from triage_agent.prioritise.score_band import high_from

_TEXT: dict[str, Any] = {"type": "string", "maxLength": MAXIMUM_TEXT}
_FLAG: dict[str, Any] = {"type": "string", "enum": ["1", "0"]}


class ParameterRefused(Exception):
    """A parameter that means nothing.

    Attributes:
        parameter: its name.
        allowed: what could stand there; never what was sent.
    """

    def __init__(self, parameter: str, allowed: str) -> None:
        super().__init__(parameter)
        self.parameter = parameter
        self.allowed = allowed


def worklist_query(request: Request, visitor: Visitor, facts: NodeFacts) -> ListQuery:
    """Return what is asked for; `offset` is read by the route. Raises ParameterRefused.

    What somebody searches for may be a patient's name, so it comes in a header: addresses end up
    in the logs of proxies.
    """
    pairs = [pair for pair in request.query_params.multi_items() if pair[0] != "offset"]
    if any(name == "text" for name, _ in pairs):
        raise ParameterRefused("text", f"given in the header {TEXT_HEADER}, percent-encoded")
    pairs.append(("text", unquote(request.headers.get(TEXT_HEADER, ""))))
    asked, refused = read_query(
        pairs, reader=visitor.name, high_from=high_from(facts.policy), zone=facts.zone
    )
    if refused:
        raise ParameterRefused(refused[0].parameter, refused[0].allowed)
    return asked


def _many(name: str, told: str, items: dict[str, Any]) -> dict[str, Any]:
    schema = {"type": "array", "items": items, "maxItems": MAXIMUM_VALUES}
    return {"name": name, "in": "query", "description": told, "schema": schema}


def _one(name: str, told: str, schema: dict[str, Any]) -> dict[str, Any]:
    return {"name": name, "in": "query", "description": told, "schema": schema}


def _enum(*values: str) -> dict[str, Any]:
    return {"type": "string", "enum": list(values)}


_INSTANT = {
    "anyOf": [{"type": "string", "format": "date"}, {"type": "string", "format": "date-time"}]
}
WORKLIST_PARAMETERS = [
    _many("state", "Of reading; not read without it.", _enum(*ReadingState)),
    _many("region", "Recognised region.", _enum(*Region, REGION_UNKNOWN)),
    _many("band", "Of the assessment.", _enum(*Band)),
    _many("source", "AE title that sent the study's first image.", _TEXT),
    _many("modality", "One of the study's.", _TEXT),
    _one("from", "First day or instant of arrival.", _INSTANT),
    _one("to", "Last day, or the instant before which a study arrived.", _INSTANT),
    _one(
        "hours",
        "Arrived within the last so many hours.",
        {"type": "integer", "minimum": 1, "maximum": MAXIMUM_HOURS},
    ),
    _one("overdue", "1: due before now; 0: not.", _FLAG),
    _one("provisional", "As of the study.", _FLAG),
    _one("mine", "Claimed by whoever asks.", _enum("1")),
    _one("claimed_by", "Claimed by this reader.", _TEXT),
    _one(
        "sort",
        "By what; a minus before it for descending. By priority without it.",
        _enum(*(sign + column for column in ListColumn for sign in ("", "-"))),
    ),
    {
        "name": TEXT_HEADER,
        "in": "header",
        "description": "Words of name, ID, accession number or description; percent-encoded UTF-8.",
        "schema": {"type": "string", "maxLength": MAXIMUM_TEXT},
    },
]
