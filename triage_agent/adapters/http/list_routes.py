"""The list, whole and in parts, and the stream that says that it has changed."""

from fastapi import APIRouter, HTTPException, Request
from starlette.responses import (
    HTMLResponse,
    JSONResponse,
    RedirectResponse,
    Response,
    StreamingResponse,
)
from starlette.status import HTTP_303_SEE_OTHER

from triage_agent.adapters.http.addresses import Version
from triage_agent.adapters.http.asking import address_of, asked_of
from triage_agent.adapters.http.auditing import note
from triage_agent.adapters.http.changes import Changes
from triage_agent.adapters.http.facts import Sources
from triage_agent.adapters.http.list_page import ListPage, list_page, rows_of
from triage_agent.adapters.http.rights import AnyVisitor, Reader
from triage_agent.adapters.http.rows import moment
from triage_agent.adapters.http.templating import Templates
from triage_agent.domain.audit import Deed
from triage_agent.domain.band import Band
from triage_agent.domain.preferences import Column, Preferences
from triage_agent.domain.region import Region
from triage_agent.domain.visitor import Role, Visitor
from triage_agent.prioritise.list_query import REGION_UNKNOWN

# More changes at once than these are not shown one by one: the list is read again.
_CHANGES_AT_ONCE = 100


def list_routes(sources: Sources, templates: Templates, changes: Changes) -> APIRouter:
    """Return the routes. Functions without `async` run in threads, for the ports block."""
    router = APIRouter(default_response_class=HTMLResponse)

    def shown(request: Request, visitor: Visitor) -> tuple[ListPage, Preferences]:
        asked = asked_of(request, visitor, sources.facts)
        detail = address_of(asked, visitor)
        note(sources, request, visitor, Deed.LIST_VIEWED, detail=detail)
        preferences = sources.preferences.of(visitor.name)
        return list_page(sources, visitor, preferences, asked), preferences

    @router.get("/", response_model=None)
    def worklist(request: Request, visitor: AnyVisitor) -> Response:
        if not visitor.may(Role.READER):
            # Who is here for something else comes by this way too, from the sign-in.
            place = "/health" if visitor.may(Role.ADMINISTRATOR) else "/audit"
            return RedirectResponse(place, status_code=HTTP_303_SEE_OTHER)
        page, preferences = shown(request, visitor)
        return templates.page(
            "worklist.html",
            page=page,
            preferences=preferences,
            choices=sources.worklist.choices(),
            regions=[*(each.value for each in Region), REGION_UNKNOWN],
            bands=[each.value for each in Band],
            columns=tuple(Column),
        )

    @router.get("/list")
    def list_alone(request: Request, visitor: Reader) -> HTMLResponse:
        page, _ = shown(request, visitor)
        return templates.page("_list.html", page=page)

    @router.get("/list/chunk")
    def chunk(request: Request, visitor: Reader) -> HTMLResponse:
        page, _ = shown(request, visitor)
        return templates.page("_chunk.html", page=page)

    @router.get("/list/changes")
    def list_changes(request: Request, visitor: Reader, since: Version) -> JSONResponse:
        asked = asked_of(request, visitor, sources.facts)
        now = sources.clock.now()
        changed = sources.worklist.changed_since(since, limit=_CHANGES_AT_ONCE)
        lines = rows_of(sources, visitor, asked, changed.StudyInstanceUIDs, now)
        if lines:
            note(sources, request, visitor, Deed.LIST_VIEWED, detail=address_of(asked, visitor))
        preferences = sources.preferences.of(visitor.name)
        return JSONResponse(
            {
                "version": changed.version,
                "more": changed.more,
                "total": sources.worklist.count(asked.wanted, now=now),
                "now": moment(now, now, sources.facts.zone).machine,
                "rows": templates.text(
                    "_lines.html",
                    rows=lines,
                    columns=tuple(each.value for each in preferences.columns),
                    may_read=visitor.may(Role.READER),
                ),
                "gone": [each.study.StudyInstanceUID for each in lines if not each.place],
            }
        )

    @router.get("/changes")
    async def events(_: AnyVisitor) -> Response:
        if changes.is_full:
            raise HTTPException(status_code=503)
        return StreamingResponse(changes.stream(), media_type="text/event-stream")

    return router
