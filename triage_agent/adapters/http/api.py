"""The same facts for scripts."""

from fastapi import APIRouter
from starlette.responses import JSONResponse

from triage_agent.adapters.http.addresses import Limit, Offset, StudyUID
from triage_agent.adapters.http.facts import Sources
from triage_agent.adapters.http.study_page import study_json
from triage_agent.prioritise.listing import list_studies


def api_routes(sources: Sources) -> APIRouter:
    """Return the routes of version 1; keys are only ever added to what they answer."""
    router = APIRouter(prefix="/api/v1")

    @router.get("/worklist")
    def worklist(limit: Limit = 1000, offset: Offset = 0) -> JSONResponse:
        entries = sources.worklist.page(limit=limit, offset=offset)
        return JSONResponse(
            list_studies(entries, first_place=offset + 1),
            headers={"X-Total-Count": str(sources.worklist.count())},
        )

    @router.get("/studies/{uid}")
    def study(uid: StudyUID) -> JSONResponse:
        return JSONResponse(study_json(sources, uid))

    return router
