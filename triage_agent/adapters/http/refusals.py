"""Errors as answers: a page for people, an object for scripts; never a trace or what was sent."""

from collections.abc import Callable

import structlog
from fastapi import FastAPI, Request
from fastapi.exceptions import RequestValidationError
from starlette.exceptions import HTTPException
from starlette.requests import HTTPConnection
from starlette.responses import Response
from starlette.status import (
    HTTP_401_UNAUTHORIZED,
    HTTP_403_FORBIDDEN,
    HTTP_404_NOT_FOUND,
    HTTP_422_UNPROCESSABLE_CONTENT,
    HTTP_500_INTERNAL_SERVER_ERROR,
    HTTP_503_SERVICE_UNAVAILABLE,
)
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from triage_agent.adapters.http.auditing import note
from triage_agent.adapters.http.facts import Sources
from triage_agent.adapters.http.languages.choosing import Choose, present_words, speaking
from triage_agent.adapters.http.problems import problem
from triage_agent.adapters.http.rights import RoleMissing
from triage_agent.adapters.http.templating import Templates
from triage_agent.domain.audit import Deed
from triage_agent.domain.finding import translatable as _t
from triage_agent.errors import PixelsUnreadable, StudyUnknown, TransientError

_SENTENCES = {
    HTTP_401_UNAUTHORIZED: _t("Nobody is signed in."),
    HTTP_403_FORBIDDEN: _t(
        "This was not asked for by a page of this node, or the page is too old."
    ),
    HTTP_404_NOT_FOUND: _t("There is nothing at this address."),
    HTTP_422_UNPROCESSABLE_CONTENT: _t("This image cannot be shown: its pixels cannot be decoded."),
    HTTP_500_INTERNAL_SERVER_ERROR: _t(
        "The page failed. The studies and the list are not affected."
    ),
    HTTP_503_SERVICE_UNAVAILABLE: _t("This cannot be shown just now. It will be tried again."),
}

_OTHER = _t("This request is not served here.")

_log = structlog.get_logger()


def answer_refusals(app: FastAPI, sources: Sources, templates: Templates, choose: Choose) -> None:
    """Make every error of the application an answer of the page's own."""

    def answer(request: Request, status: int) -> Response:
        return _answer(request.url.path, status, templates)

    @app.exception_handler(HTTPException)
    def by_status(request: Request, error: HTTPException) -> Response:
        return answer(request, error.status_code)

    @app.exception_handler(RoleMissing)
    def forbidden(request: Request, error: RoleMissing) -> Response:
        return _forbid(request, error, sources, templates)

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

    app.add_middleware(AnswerFailures, templates=templates, choose=choose)


def answering(templates: Templates) -> Callable[[HTTPConnection, int], Response]:
    """Return what makes the answer to a request that is served by nobody, by its status."""
    return lambda request, status: _answer(request.url.path, status, templates)


def _forbid(
    request: Request, error: RoleMissing, sources: Sources, templates: Templates
) -> Response:
    """Say which role is needed, and take it down."""
    visitor = error.visitor
    route = getattr(request.scope.get("route"), "path", "")
    note(
        sources,
        request,
        visitor,
        Deed.REFUSED,
        str(request.path_params.get("uid", "")),
        f"{request.method} {route}",
    )
    needed, has = (", ".join(sorted(roles)) for roles in (error.roles, visitor.roles))
    if request.url.path.startswith("/api/"):
        return problem(HTTP_403_FORBIDDEN, f"This needs the role {needed}.", kind="forbidden")
    return templates.page("forbidden.html", status_code=HTTP_403_FORBIDDEN, needed=needed, has=has)


def _answer(path: str, status: int, templates: Templates) -> Response:
    sentence = present_words().say(_SENTENCES.get(status, _OTHER))
    if path.startswith("/api/"):
        return problem(status, sentence)
    return templates.page("error.html", status_code=status, sentence=sentence)


class AnswerFailures:
    """Answers 500 where nothing else caught an error, so that it goes no further.

    The message may quote what was sent; the error's type and the form of the route do not.
    """

    def __init__(self, app: ASGIApp, *, templates: Templates, choose: Choose) -> None:
        self._app = app
        self._templates = templates
        self._choose = choose

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Pass on a request."""
        if scope["type"] != "http":
            await self._app(scope, receive, send)
            return
        begun = False

        async def send_noting(message: Message) -> None:
            nonlocal begun
            begun = True
            await send(message)

        try:
            await self._app(scope, receive, send_noting)
        except Exception as error:  # noqa: BLE001 (the last place that can answer)
            route = getattr(scope.get("route"), "path", "")
            _log.error("page_failed", error=type(error).__name__, route=route)
            if not begun:
                # Nobody is looked up for it: what failed may be what says who asks.
                with speaking(self._choose, HTTPConnection(scope), None):
                    answer = _answer(scope["path"], HTTP_500_INTERNAL_SERVER_ERROR, self._templates)
                await answer(scope, receive, send)
