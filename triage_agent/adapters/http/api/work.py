"""What a reader does with a study, for programs: the deeds of the pages."""

from fastapi import APIRouter, Request
from starlette.responses import Response
from starlette.status import HTTP_204_NO_CONTENT, HTTP_404_NOT_FOUND, HTTP_409_CONFLICT

from triage_agent.adapters.http import deeds
from triage_agent.adapters.http.addresses import StudyUID
from triage_agent.adapters.http.api.answers import refusals
from triage_agent.adapters.http.api.models import Work
from triage_agent.adapters.http.api.worklist_parameters import (
    WORKLIST_PARAMETERS,
    ParameterRefused,
    worklist_query,
)
from triage_agent.adapters.http.facts import Sources
from triage_agent.adapters.http.rights import Reader


def work_routes(sources: Sources) -> APIRouter:
    """Return the routes; every change is told to open pages within a second."""
    router = APIRouter(tags=["work"], responses=refusals(HTTP_404_NOT_FOUND, HTTP_409_CONFLICT))

    @router.post(
        "/worklist/next",
        operation_id="claim_next",
        summary="Claim the most urgent wanted study that nobody has",
        response_model=Work,
        responses={204: {"description": "There is none."}},
        openapi_extra={"parameters": WORKLIST_PARAMETERS},
    )
    def claim_next(request: Request, visitor: Reader) -> Work | Response:
        wanted = worklist_query(request, visitor, sources.facts).wanted
        claimed = deeds.claim_next(sources, request, visitor, wanted)
        if claimed is None:
            return Response(status_code=HTTP_204_NO_CONTENT)
        return Work.model_validate(claimed)

    @router.post(
        "/studies/{uid}/claim",
        operation_id="claim",
        summary="Claim a study, or keep one's own for longer",
    )
    def claim(request: Request, visitor: Reader, uid: StudyUID) -> Work:
        return Work.model_validate(deeds.claim(sources, request, visitor, uid))

    @router.post(
        "/studies/{uid}/release",
        operation_id="release",
        summary="Give a study back; administrators also those of others",
    )
    def release(request: Request, visitor: Reader, uid: StudyUID) -> Work:
        return Work.model_validate(deeds.release(sources, request, visitor, uid))

    @router.post(
        "/studies/{uid}/read",
        operation_id="mark_read",
        summary="Take a study off the list",
        description="Refused if more images have come than were shown.",
    )
    def read(request: Request, visitor: Reader, uid: StudyUID, shown: deeds.Shown) -> Work:
        return Work.model_validate(deeds.mark_read(sources, request, visitor, uid, shown))

    @router.post(
        "/studies/{uid}/verdict",
        operation_id="give_verdict",
        summary="Agree or disagree with what the node says of a study",
        description="A reason is needed to disagree, and there is none to agree.",
    )
    def verdict(request: Request, visitor: Reader, uid: StudyUID, said: deeds.Said) -> Work:
        try:
            given = deeds.give_verdict(sources, request, visitor, uid, said)
        except ValueError as error:
            raise ParameterRefused("reason", "a reason to disagree, none to agree") from error
        return Work.model_validate(given)

    @router.post(
        "/studies/{uid}/undo",
        operation_id="undo",
        summary="Undo what one did a few seconds ago",
    )
    def undo(request: Request, visitor: Reader, uid: StudyUID, asked: deeds.Undo) -> Work:
        return Work.model_validate(deeds.undo(sources, request, visitor, uid, asked))

    @router.post(
        "/studies/{uid}/hold",
        operation_id="hold",
        summary="Say that a study is open on a screen, so that it keeps its place",
    )
    def hold(visitor: Reader, uid: StudyUID) -> Work:
        return Work.model_validate(deeds.hold(sources, visitor, uid))

    return router
