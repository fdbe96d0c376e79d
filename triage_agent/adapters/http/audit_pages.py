"""The audit trail for those who look after it: searched page by page, and exported whole."""

from collections.abc import Callable, Iterator
from datetime import datetime, tzinfo
from typing import Annotated, Literal
from urllib.parse import urlencode

from fastapi import APIRouter, Depends, HTTPException, Query, Request
from starlette.responses import HTMLResponse, Response, StreamingResponse
from starlette.status import HTTP_404_NOT_FOUND

from triage_agent.adapters.http.auditing import note
from triage_agent.adapters.http.facts import Sources
from triage_agent.adapters.http.rights import Auditor
from triage_agent.adapters.http.rows import moment
from triage_agent.adapters.http.templating import Templates
from triage_agent.dicom.audit_message import audit_message
from triage_agent.domain.audit import AuditCursor, AuditEntry, AuditFilter, Deed
from triage_agent.domain.audit_rows import csv_header, csv_line, json_line
from triage_agent.prioritise.listing import located

PAGE_LINES = 100
# Sent at once: a line of its own each would cost more to send than to make.
_LINES_A_CHUNK = 500
_MEDIA_TYPES = {
    "csv": "text/csv; charset=utf-8",
    "jsonl": "application/x-ndjson",
    "xml": "application/x-ndxml",
}

_Text = Annotated[str, Query(max_length=200, pattern=r"^[^\x00-\x1f\x7f]*$")]
_StudyUID = Annotated[str, Query(pattern=r"^[0-9.]{0,64}$")]


def audit_routes(sources: Sources, templates: Templates) -> APIRouter:
    """Return the routes; looking at the trail is taken down in it too."""
    router = APIRouter(default_response_class=HTMLResponse)

    def asked(
        *,
        who: _Text = "",
        deed: Annotated[list[Deed | Literal[""]] | None, Query()] = None,
        study: _StudyUID = "",
        since: _Text = "",
        until: _Text = "",
        text: _Text = "",
    ) -> AuditFilter:
        zone = sources.facts.zone
        return AuditFilter(
            who=who.strip(),
            deeds=frozenset(each for each in deed or () if isinstance(each, Deed)),
            StudyInstanceUID=study,
            since=_instant(since, zone),
            until=_instant(until, zone),
            text=text.strip(),
        )

    Asked = Annotated[AuditFilter, Depends(asked)]

    @router.get("/audit")
    def trail(
        request: Request, visitor: Auditor, sought: Asked, before: _Text = "", after: _Text = ""
    ) -> HTMLResponse:
        place, end = _cursor(before), _cursor(after)
        if place and end:
            raise HTTPException(HTTP_404_NOT_FOUND)
        query = _query(sought, sources.facts.zone)
        note(sources, request, visitor, Deed.AUDIT_VIEWED, detail=query)
        found = sources.audit.search(sought, limit=PAGE_LINES + 1, before=place, after=end)
        # One more than is shown tells whether there are more in that direction.
        more = len(found) > PAGE_LINES
        shown = found[1:] if more and end else found[:PAGE_LINES]
        has_older, has_newer = (True, more) if end else (more, place is not None)
        now = sources.clock.now()
        return templates.page(
            "audit.html",
            lines=[(moment(each.line.at, now, sources.facts.zone), each) for each in shown],
            sought=sought,
            since=_local(sought.since, sources.facts.zone),
            until=_local(sought.until, sources.facts.zone),
            deeds=tuple(Deed),
            query=query,
            older=_further(query, "before", shown[-1]) if has_older and shown else "",
            newer=_further(query, "after", shown[0]) if has_newer and shown else "",
            newest=f"/audit?{query}" if place or end else "",
        )

    @router.get("/audit/export.{form}")
    def export(
        request: Request, visitor: Auditor, sought: Asked, form: Literal["csv", "jsonl", "xml"]
    ) -> Response:
        detail = f"{form}: {_query(sought, sources.facts.zone) or 'everything'}"
        note(sources, request, visitor, Deed.AUDIT_EXPORTED, detail=detail)
        text: dict[str, Callable[[AuditEntry], str]] = {
            "csv": csv_line,
            "jsonl": json_line,
            "xml": lambda entry: audit_message(entry, sources.facts.ae_title),
        }
        head = csv_header() if form == "csv" else ""
        name = f"audit-{sources.clock.now():%Y%m%d-%H%M%S}.{form}"
        return StreamingResponse(
            _chunks(head, map(text[form], sources.audit.export(sought))),
            media_type=_MEDIA_TYPES[form],
            headers={"Content-Disposition": f'attachment; filename="{name}"'},
        )

    return router


def _chunks(head: str, lines: Iterator[str]) -> Iterator[bytes]:
    waiting = [head]
    for line in lines:
        waiting.append(line)
        if len(waiting) >= _LINES_A_CHUNK:
            yield "".join(waiting).encode()
            waiting.clear()
    yield "".join(waiting).encode()


def _cursor(text: str) -> AuditCursor | None:
    try:
        return AuditCursor.from_text(text) if text else None
    except ValueError as error:
        raise HTTPException(HTTP_404_NOT_FOUND) from error


def _instant(typed: str, zone: tzinfo | None) -> datetime | None:
    """Read what a form sends of a day and time; without a zone it is that of the page."""
    if not typed:
        return None
    try:
        return located(datetime.fromisoformat(typed), zone)
    except (ValueError, OverflowError) as error:
        raise HTTPException(HTTP_404_NOT_FOUND) from error


def _local(instant: datetime | None, zone: tzinfo | None) -> str:
    """Return an instant as a form shows it."""
    return "" if instant is None else instant.astimezone(zone).strftime("%Y-%m-%dT%H:%M:%S")


def _query(sought: AuditFilter, zone: tzinfo | None) -> str:
    """Return the filter as it stands in an address, without what does not narrow."""
    pairs = [
        ("who", sought.who),
        *(("deed", each.value) for each in Deed if each in sought.deeds),
        ("study", sought.StudyInstanceUID),
        ("since", _local(sought.since, zone)),
        ("until", _local(sought.until, zone)),
        ("text", sought.text),
    ]
    return urlencode([(name, value) for name, value in pairs if value])


def _further(query: str, direction: str, entry: AuditEntry) -> str:
    place = urlencode({direction: str(entry.cursor)})
    return f"/audit?{query}&{place}" if query else f"/audit?{place}"
