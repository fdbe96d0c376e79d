"""Which part of the list a request asks for.

The text that somebody searches for may be a patient's name, and addresses end up in the logs of
proxies and the histories of browsers. So a page sends it in a header of its own, and its address
holds the rest.
"""

from urllib.parse import unquote, urlencode

from fastapi import Request

from triage_agent.adapters.http.facts import NodeFacts
from triage_agent.domain.visitor import Visitor
from triage_agent.prioritise.list_query import ListQuery, query_pairs, read_query
from triage_agent.prioritise.score_band import high_from

TEXT_HEADER = "X-Worklist-Text"  # percent-encoded UTF-8: headers hold ASCII


def asked_of(request: Request, visitor: Visitor, facts: NodeFacts) -> ListQuery:
    """Return what a request asks for: its query, and the text in its header.

    What means nothing is left out, as of an address that somebody mistyped.
    """
    pairs = request.query_params.multi_items()
    text = unquote(request.headers.get(TEXT_HEADER, ""))
    if text:
        pairs = [(name, value) for name, value in pairs if name != "text"]
        pairs.append(("text", text))
    return read_pairs(pairs, visitor, facts)


def read_pairs(pairs: list[tuple[str, str]], visitor: Visitor, facts: NodeFacts) -> ListQuery:
    """Return what decoded parameters ask for."""
    asked, _ = read_query(
        pairs, reader=visitor.name, high_from=high_from(facts.policy), zone=facts.zone
    )
    return asked


def address_of(query: ListQuery, visitor: Visitor) -> str:
    """Return the query for an address: without the text, and where nothing is asked for, ""."""
    pairs = [pair for pair in query_pairs(query, reader=visitor.name) if pair[0] != "text"]
    return urlencode(pairs)
