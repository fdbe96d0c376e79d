"""Errors as answers: a page for people, an object for scripts; never a trace or what was sent."""

import structlog
from fastapi import FastAPI, Request
from fastapi.exceptions import RequestValidationError
from starlette.exceptions import HTTPException
from starlette.responses import JSONResponse, Response
from starlette.status import (
    HTTP_404_NOT_FOUND,
    HTTP_422_UNPROCESSABLE_CONTENT,
    HTTP_500_INTERNAL_SERVER_ERROR,
    HTTP_503_SERVICE_UNAVAILABLE,
)

from triage_agent.adapters.http.templating import Templates
from triage_agent.errors import PixelsUnreadable, StudyUnknown, TransientError

_SENTENCES = {
    HTTP_404_NOT_FOUND: "There is nothing at this address.",
    HTTP_422_UNPROCESSABLE_CONTENT: "This image cannot be shown: its pixels cannot be decoded.",
    HTTP_500_INTERNAL_SERVER_ERROR: "The page failed. The studies and the list are not affected.",
    HTTP_503_SERVICE_UNAVAILABLE: "This cannot be shown just now. It will be tried again.",
}

_log = structlog.get_logger()


def answer_refusals(app: FastAPI, templates: Templates) -> None:
    """Make every error of the application an answer of the page's own."""

    def answer(request: Request, status: int) -> Response:
        sentence = _SENTENCES.get(status, "This request is not served here.")
        if request.url.path.startswith("/api/"):
            return JSONResponse({"error": sentence}, status_code=status)
        return templates.page("error.html", status_code=status, sentence=sentence)

    @app.exception_handler(HTTPException)
    def by_status(request: Request, error: HTTPException) -> Response:
        return answer(request, error.status_code)

    @app.exception_handler(RequestValidationError)  # an address that is none of ours
    @app.exception_handler(StudyUnknown)
    def unknown(request: Request, _: Exception) -> Response:
        return answer(request, HTTP_404_NOT_FOUND)

    @app.exception_handler(PixelsUnreadable)
    def unreadable(request: Request, _: PixelsUnreadable) -> Response:
        return answer(request, HTTP_422_UNPROCESSABLE_CONTENT)

    @app.exception_handler(TransientError)
    def passing(request: Request, _: TransientError) -> Response:
        return answer(request, HTTP_503_SERVICE_UNAVAILABLE)

    @app.exception_handler(Exception)
    def failed(request: Request, error: Exception) -> Response:
        # The message may quote what was sent; the type and the route's form do not.
        route = getattr(request.scope.get("route"), "path", "")
        _log.error("page_failed", error=type(error).__name__, route=route)
        return answer(request, HTTP_500_INTERNAL_SERVER_ERROR)
