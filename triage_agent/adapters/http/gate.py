"""Lets in who has signed in, and no change that another site asks a browser for."""

import time
from collections.abc import Callable, Sequence
from urllib.parse import urlencode, urlsplit

from starlette.concurrency import run_in_threadpool
from starlette.requests import HTTPConnection, Request
from starlette.responses import RedirectResponse, Response
from starlette.status import (
    HTTP_303_SEE_OTHER,
    HTTP_401_UNAUTHORIZED,
    HTTP_403_FORBIDDEN,
    HTTP_503_SERVICE_UNAVAILABLE,
)
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from triage_agent.adapters.http.access import Access
from triage_agent.adapters.http.bearer import BearerRefused, Bearers, is_bearer
from triage_agent.adapters.http.cookies import session_secret
from triage_agent.adapters.http.forms import LONGEST_FORM, fields_of, is_form
from triage_agent.adapters.http.languages.choosing import Choose, speaking
from triage_agent.adapters.http.rights import present_visitor
from triage_agent.adapters.http.sign_ins import SignIns, is_same
from triage_agent.domain.visitor import Visitor
from triage_agent.errors import TransientError

CSRF_HEADER = "x-csrf-token"
CSRF_FIELD = "csrf_token"
# Sent with what a page asks for by itself: that is no sign of a person.
BACKGROUND_HEADER = "x-background"
SIGN_IN = "/sign-in"
SESSION = "/session"
_BACKGROUND_PATHS = frozenset({"/changes", SESSION})
# The pictures of the list: a browser asks for them without a header of ours.
_BACKGROUND_END = "/view.jpg"
# Nobody is looked up for these: they say nothing of patients.
_FOR_ANYBODY = ("/static/", "/healthz")
_SAFE_METHODS = frozenset({"GET", "HEAD", "OPTIONS"})  # RFC 9110 section 9.2.1
# How often an open stream makes sure that its visitor is still let in.
_LOOK_SECONDS = 2.0

# Gives who asks, or None if that cannot be told this way; blocks. May raise DatabaseUnavailable.
Identify = Callable[[HTTPConnection], Visitor | None]
# Makes the answer to a request that is not passed on.
Answer = Callable[[HTTPConnection, int], Response]


class SignInGate:
    """Puts who asks into `request.state.visitor`; turns away who may not ask.

    The ways in are, in this order: a token of an API client, those of `identify`, the session
    cookie. A visitor with a `csrf_token` is one for whom a browser answers without being asked,
    so every change has to carry that token and to come from a page of this site.
    """

    def __init__(
        self,
        app: ASGIApp,
        *,
        access: Access,
        sign_ins: SignIns,
        answer: Answer,
        choose: Choose,
        bearers: Bearers | None = None,
        identify: Sequence[Identify] = (),
    ) -> None:
        self._app = app
        self._access = access
        self._sign_ins = sign_ins
        self._answer = answer
        self._choose = choose
        self._bearers = bearers
        self._identify = identify

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Pass on a request, or answer it."""
        if scope["type"] != "http":
            await self._app(scope, receive, send)
            return
        scope.setdefault("state", {})["visitor"] = None
        request = Request(scope, receive)
        if request.url.path.startswith(_FOR_ANYBODY):
            await self._app(scope, receive, send)
            return
        with speaking(self._choose, request, None):
            await self._look_at(request, receive, send)

    async def _look_at(self, request: Request, receive: Receive, send: Send) -> None:
        scope = request.scope
        try:
            visitor = await run_in_threadpool(self.visitor_of, request)
        except BearerRefused as error:
            await error.answer(scope, receive, send)
            return
        except TransientError:
            await self._answer(request, HTTP_503_SERVICE_UNAVAILABLE)(scope, receive, send)
            return
        if visitor is None and not _is_open(request.url.path):
            await self._turn_away(request)(scope, receive, send)
            return
        if request.method not in _SAFE_METHODS and not _is_client(visitor):
            is_allowed, receive = await self._may_change(request, visitor, receive)
            if not is_allowed:
                await self._answer(request, HTTP_403_FORBIDDEN)(scope, receive, send)
                return
        scope["state"]["visitor"] = visitor
        present = present_visitor.set(visitor)
        try:
            with speaking(self._choose, request, visitor):
                await self._app(scope, receive, self._ending_streams(request, visitor, send))
        finally:
            present_visitor.reset(present)

    def visitor_of(self, request: HTTPConnection) -> Visitor | None:
        """Return who asks, None if nobody; blocks. Raises BearerRefused, DatabaseUnavailable."""
        authorization = request.headers.get("authorization", "")
        if self._bearers is not None and is_bearer(authorization):
            return self._bearers.visitor_of(authorization)
        if not self._access.sign_in:
            return self._access.everybody
        for way in self._identify:
            if (visitor := way(request)) is not None:
                return visitor
        secret = session_secret(request, self._access)
        if not secret:
            return None
        return self._sign_ins.visitor_of(secret, did_something=not _is_background(request))

    async def _may_change(
        self, request: Request, visitor: Visitor | None, receive: Receive
    ) -> tuple[bool, Receive]:
        """Say whether a change comes from a page of this site; return what gives its body."""
        if not _is_from_here(request):
            return False, receive
        if visitor is None or request.url.path == SIGN_IN:
            return True, receive  # the sign-in has a token of its own
        given = request.headers.get(CSRF_HEADER, "")
        if not given and is_form(request.headers.get("content-type", "")):
            body, receive = await _peek(receive)
            given = fields_of(body).get(CSRF_FIELD, "") if len(body) <= LONGEST_FORM else ""
        return is_same(given, visitor.csrf_token), receive

    def _turn_away(self, request: Request) -> Response:
        if not _wants_page(request):
            answer = self._answer(request, HTTP_401_UNAUTHORIZED)
            answer.headers["WWW-Authenticate"] = "Bearer"
            return answer
        address = request.url.path + (f"?{request.url.query}" if request.url.query else "")
        wanted = address if request.method == "GET" and address != "/" else ""
        query = f"?{urlencode({'next': wanted})}" if wanted else ""
        return RedirectResponse(SIGN_IN + query, status_code=HTTP_303_SEE_OTHER)

    def _ending_streams(self, request: Request, visitor: Visitor | None, send: Send) -> Send:
        """Return a `send` that ends a stream of events once its visitor is not let in any more."""
        looked_at: float | None = None  # None: this is no stream
        has_ended = False

        async def send_while_allowed(message: Message) -> None:
            nonlocal looked_at, has_ended
            if has_ended:
                return
            if message["type"] == "http.response.start":
                if _is_stream(message):
                    looked_at = time.monotonic()
            elif looked_at is not None and time.monotonic() - looked_at >= _LOOK_SECONDS:
                looked_at = time.monotonic()
                if not await run_in_threadpool(self._is_still, request, visitor):
                    has_ended = True
                    message = {"type": "http.response.body", "body": b"", "more_body": False}
            await send(message)

        return send_while_allowed

    def _is_still(self, request: Request, visitor: Visitor | None) -> bool:
        try:
            return self.visitor_of(request) == visitor
        except TransientError:
            return True  # it could not be told; the next look will
        except BearerRefused:
            return False


def _is_open(path: str) -> bool:
    # What the metrics ask for is decided where they are made.
    return path in {SIGN_IN, SESSION, "/metrics"} or path.startswith(f"{SIGN_IN}/")


def _is_client(visitor: Visitor | None) -> bool:
    """Say whether a program asks, which no other site can make send its token."""
    return visitor is not None and not visitor.csrf_token


def _is_background(request: HTTPConnection) -> bool:
    path = request.url.path
    return (
        path in _BACKGROUND_PATHS
        or path.endswith(_BACKGROUND_END)
        or BACKGROUND_HEADER in request.headers
    )


def _is_from_here(request: Request) -> bool:
    """Say whether a browser sends this for a page of this site.

    Browsers say so since 2023 at the latest (Fetch Metadata); before, by the Origin. What is no
    browser says neither, and has no cookie that somebody else could make use of.
    """
    site = request.headers.get("sec-fetch-site")
    if site is not None:
        return site in {"same-origin", "none"}
    origin = request.headers.get("origin")
    return origin is None or urlsplit(origin).netloc.lower() == request.headers["host"].lower()


def _is_stream(start: Message) -> bool:
    return any(
        name.lower() == b"content-type" and value.startswith(b"text/event-stream")
        for name, value in start["headers"]
    )


def _wants_page(request: Request) -> bool:
    """Say whether a person would see the answer: no picture, no part of a page, no program."""
    return (
        "text/html" in request.headers.get("accept", "")
        and "hx-request" not in request.headers
        and request.headers.get("sec-fetch-dest", "document") == "document"
        and not request.url.path.startswith("/api/")
    )


async def _peek(receive: Receive) -> tuple[bytes, Receive]:
    """Return the first part of a body, as much as a form may have, and what gives it again."""
    taken: list[Message] = []
    body = b""
    while len(body) <= LONGEST_FORM:
        message = await receive()
        taken.append(message)
        if message["type"] != "http.request":
            break
        body += message.get("body", b"")
        if not message.get("more_body", False):
            break

    async def again() -> Message:
        return taken.pop(0) if taken else await receive()

    return body, again
