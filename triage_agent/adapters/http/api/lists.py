"""The worklist and its studies."""

from fastapi import APIRouter, Request
from starlette.responses import JSONResponse
from starlette.status import HTTP_404_NOT_FOUND

from triage_agent.adapters.http.addresses import Limit, Offset, StudyUID
from triage_agent.adapters.http.api.answers import refusals
from triage_agent.adapters.http.api.models import StudyFacts, StudyImage, WorklistStudy
from triage_agent.adapters.http.api.studies import study_facts, study_images
from triage_agent.adapters.http.api.worklist_parameters import WORKLIST_PARAMETERS, worklist_query
from triage_agent.adapters.http.asking import address_of
from triage_agent.adapters.http.auditing import note
from triage_agent.adapters.http.facts import Sources
from triage_agent.adapters.http.rights import Reader
from triage_agent.domain.audit import Deed
from triage_agent.prioritise.listing import list_studies

TOTAL_HEADER = "X-Total-Count"


def list_routes(sources: Sources) -> APIRouter:
    """Return the routes. Functions without `async` run in threads, for the ports block."""
    router = APIRouter(tags=["worklist"])

    @router.get(
        "/worklist",
        operation_id="worklist",
        summary="The worklist, most urgent study first",
        response_model=list[WorklistStudy],
        responses={
            **refusals(),
            200: {
                "headers": {
                    TOTAL_HEADER: {
                        "description": "How many studies are wanted, on all pages.",
                        "required": True,
                        "schema": {"type": "integer", "minimum": 0},
                    }
                }
            },
        },
        openapi_extra={"parameters": WORKLIST_PARAMETERS},
    )
    def worklist(
        request: Request, visitor: Reader, limit: Limit = 1000, offset: Offset = 0
    ) -> JSONResponse:
        asked = worklist_query(request, visitor, sources.facts)
        note(sources, request, visitor, Deed.LIST_VIEWED, detail=address_of(asked, visitor))
        now = sources.clock.now()
        entries = sources.worklist.page(
            limit=limit, offset=offset, wanted=asked.wanted, order=asked.order, now=now
        )
        return JSONResponse(
            list_studies(entries, first_place=offset + 1),
            headers={TOTAL_HEADER: str(sources.worklist.count(asked.wanted, now=now))},
        )

    @router.get(
        "/studies/{uid}",
        operation_id="study",
        summary="A study with all that is known of it but the patient",
        responses=refusals(HTTP_404_NOT_FOUND),
    )
    def study(request: Request, visitor: Reader, uid: StudyUID) -> StudyFacts:
        facts = study_facts(sources, uid)
        note(sources, request, visitor, Deed.STUDY_VIEWED, uid)
        return facts

    @router.get(
        "/studies/{uid}/images",
        operation_id="images",
        summary="The facts of a study's images",
        responses=refusals(HTTP_404_NOT_FOUND),
    )
    def images(request: Request, visitor: Reader, uid: StudyUID) -> list[StudyImage]:
        facts = study_images(sources, uid)
        note(sources, request, visitor, Deed.STUDY_VIEWED, uid)
        return facts

    return router
