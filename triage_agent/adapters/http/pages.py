"""The pages for people and their live parts."""

from fastapi import APIRouter, HTTPException
from starlette.responses import HTMLResponse, Response, StreamingResponse

from triage_agent.adapters.http.addresses import Offset, StudyUID
from triage_agent.adapters.http.changes import Changes
from triage_agent.adapters.http.facts import Sources
from triage_agent.adapters.http.rows import moment, rows
from triage_agent.adapters.http.study_page import study_page
from triage_agent.adapters.http.templating import Templates

# More lines than a screen holds and fewer than a browser feels.
PAGE_STUDIES = 100


def page_routes(sources: Sources, templates: Templates, changes: Changes) -> APIRouter:
    """Return the routes. Functions without `async` run in threads, for the ports block."""
    router = APIRouter(default_response_class=HTMLResponse)

    def listing(template: str, offset: int) -> HTMLResponse:
        now = sources.clock.now()
        entries = sources.worklist.page(limit=PAGE_STUDIES, offset=offset)
        return templates.page(
            template,
            rows=rows(entries, offset + 1, now, sources.facts),
            total=sources.worklist.count(),
            offset=offset,
            step=PAGE_STUDIES,
            now=moment(now, now, sources.facts.zone),
        )

    @router.get("/")
    def worklist(offset: Offset = 0) -> HTMLResponse:
        return listing("worklist.html", offset)

    @router.get("/list")
    def list_alone(offset: Offset = 0) -> HTMLResponse:
        return listing("_list.html", offset)

    @router.get("/changes")
    async def events() -> Response:
        if changes.is_full:
            raise HTTPException(status_code=503)
        return StreamingResponse(changes.stream(), media_type="text/event-stream")

    @router.get("/studies/{uid}")
    def study(uid: StudyUID) -> HTMLResponse:
        page = study_page(sources, uid)
        return templates.page("study.html", page=page, shown=len(page.pictures))

    @router.get("/studies/{uid}/facts")
    def facts_alone(uid: StudyUID, shown: Offset = 0) -> HTMLResponse:
        return templates.page("_facts.html", page=study_page(sources, uid), shown=shown)

    return router
