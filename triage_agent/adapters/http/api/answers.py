"""Errors of the API as problems, and how the document tells of them."""

from typing import Any

import structlog
from fastapi import FastAPI, Request
from fastapi.exceptions import RequestValidationError
from starlette.exceptions import HTTPException
from starlette.responses import Response
from starlette.status import (
    HTTP_400_BAD_REQUEST,
    HTTP_401_UNAUTHORIZED,
    HTTP_403_FORBIDDEN,
    HTTP_404_NOT_FOUND,
    HTTP_405_METHOD_NOT_ALLOWED,
    HTTP_409_CONFLICT,
    HTTP_422_UNPROCESSABLE_CONTENT,
    HTTP_429_TOO_MANY_REQUESTS,
    HTTP_500_INTERNAL_SERVER_ERROR,
    HTTP_503_SERVICE_UNAVAILABLE,
)

from triage_agent.adapters.http.api.models import Problem
from triage_agent.adapters.http.api.worklist_parameters import ParameterRefused
from triage_agent.adapters.http.auditing import note
from triage_agent.adapters.http.conflicts import conflict
from triage_agent.adapters.http.facts import Sources
from triage_agent.adapters.http.problems import PROBLEM_TYPE, problem
from triage_agent.adapters.http.rights import RoleMissing
from triage_agent.domain.audit import Deed
from triage_agent.errors import ReadingConflict, StudyUnknown, TransientError

SENTENCES = {
    HTTP_401_UNAUTHORIZED: "Nobody is signed in, or the token lets nobody in.",
    HTTP_403_FORBIDDEN: "Whoever asks does not have the role that this needs.",
    HTTP_404_NOT_FOUND: "There is nothing at this address.",
    HTTP_405_METHOD_NOT_ALLOWED: "This address does not know that method.",
    HTTP_409_CONFLICT: "Somebody else, or a later image, was first.",
    HTTP_422_UNPROCESSABLE_CONTENT: "A parameter or the body means nothing here.",
    HTTP_429_TOO_MANY_REQUESTS: "This client asks too often.",
    HTTP_500_INTERNAL_SERVER_ERROR: "This failed. The studies and the list are not affected.",
    HTTP_503_SERVICE_UNAVAILABLE: "This cannot be answered just now. Try again.",
}
_ALWAYS = (
    HTTP_401_UNAUTHORIZED,
    HTTP_403_FORBIDDEN,
    HTTP_422_UNPROCESSABLE_CONTENT,
    HTTP_429_TOO_MANY_REQUESTS,
    HTTP_503_SERVICE_UNAVAILABLE,
)

_log = structlog.get_logger()


def refusals(*further: int) -> dict[int | str, dict[str, Any]]:
    """Return what the document tells of the answers that are none, for any operation."""
    return {
        status: {"model": Problem, "description": SENTENCES[status]}
        for status in sorted((*_ALWAYS, *further))
    }


def answer_problems(api: FastAPI, sources: Sources) -> None:
    """Make every error of the API a problem."""
    _answer_requests(api, sources)
    _answer_rows(api)

    @api.exception_handler(Exception)
    def failed(request: Request, error: Exception) -> Response:
        # The message may quote what was sent; the error's type and the form of the route do not.
        route = getattr(request.scope.get("route"), "path", "")
        _log.error("api_failed", error=type(error).__name__, route=route)
        return _answer(HTTP_500_INTERNAL_SERVER_ERROR)


def _answer_requests(api: FastAPI, sources: Sources) -> None:
    """Answer what is not asked for as it should be."""

    @api.exception_handler(HTTPException)
    def by_status(_: Request, error: HTTPException) -> Response:
        if error.status_code == HTTP_400_BAD_REQUEST:  # a body that is not even text
            return _refused("body")
        answered = _answer(error.status_code)
        answered.headers.update(error.headers or {})
        return answered

    @api.exception_handler(RoleMissing)
    def forbidden(request: Request, error: RoleMissing) -> Response:
        route = getattr(request.scope.get("route"), "path", "")
        uid = str(request.path_params.get("uid", ""))
        detail = f"{request.method} /api/v1{route}"
        note(sources, request, error.visitor, Deed.REFUSED, uid, detail)
        needed = " or ".join(sorted(error.roles))
        return problem(HTTP_403_FORBIDDEN, f"This needs the role {needed}.", kind="forbidden")

    @api.exception_handler(RequestValidationError)
    def invalid(_: Request, error: RequestValidationError) -> Response:
        places = [each["loc"] for each in error.errors()]
        if any(place[0] == "path" for place in places):  # an address that is none of ours
            return _answer(HTTP_404_NOT_FOUND)
        named = sorted({".".join(map(str, place[1:])) or str(place[0]) for place in places})
        return _refused(", ".join(named))

    @api.exception_handler(ParameterRefused)
    def meaningless(_: Request, error: ParameterRefused) -> Response:
        return _refused(error.parameter, allowed=error.allowed)


def _answer_rows(api: FastAPI) -> None:
    """Answer what the rows do not allow, or cannot tell."""

    @api.exception_handler(StudyUnknown)
    def unknown(_: Request, __: StudyUnknown) -> Response:
        return problem(HTTP_404_NOT_FOUND, "There is no such study.", kind="unknown")

    @api.exception_handler(ReadingConflict)
    def too_late(_: Request, error: ReadingConflict) -> Response:
        return conflict(error)

    @api.exception_handler(TransientError)
    def passing(_: Request, __: TransientError) -> Response:
        return _answer(HTTP_503_SERVICE_UNAVAILABLE)


def _answer(status: int) -> Response:
    return problem(status, SENTENCES.get(status, "This request is not served here."))


def _refused(parameter: str, **facts: str) -> Response:
    detail = f"This means nothing here: {parameter}."
    told = {"parameter": parameter, **facts}
    return problem(HTTP_422_UNPROCESSABLE_CONTENT, detail, kind="invalid", facts=told)


def tell_problem_type(document: dict[str, Any]) -> None:
    """Give the refusals in an OpenAPI document their media type; changes it."""
    for path in document["paths"].values():
        for operation in path.values():
            for status, answered in operation["responses"].items():
                if status >= "400" and "application/json" in answered.get("content", {}):
                    answered["content"] = {PROBLEM_TYPE: answered["content"]["application/json"]}
