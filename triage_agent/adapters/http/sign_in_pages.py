"""Signing in and signing out."""

from math import ceil
from urllib.parse import urlsplit

from fastapi import APIRouter, Request
from starlette.responses import JSONResponse, RedirectResponse, Response
from starlette.status import (
    HTTP_200_OK,
    HTTP_303_SEE_OTHER,
    HTTP_403_FORBIDDEN,
    HTTP_429_TOO_MANY_REQUESTS,
)

from triage_agent.adapters.http.access import Access
from triage_agent.adapters.http.auditing import address_of, note
from triage_agent.adapters.http.cookies import (
    give_before_sign_in,
    give_session,
    secret_before_sign_in,
    session_secret,
    take_session,
)
from triage_agent.adapters.http.facts import Sources
from triage_agent.adapters.http.forms import Form
from triage_agent.adapters.http.gate import CSRF_FIELD, SESSION, SIGN_IN
from triage_agent.adapters.http.rights import AnyVisitor
from triage_agent.adapters.http.sign_ins import (
    Refused,
    SignedIn,
    SignIns,
    csrf_token,
    is_same,
    new_secret,
)
from triage_agent.adapters.http.templating import Templates
from triage_agent.domain.audit import Deed

_LONGEST_ADDRESS = 2000
_FIRST_PRINTABLE = "!"


def sign_in_routes(
    sources: Sources, templates: Templates, sign_ins: SignIns, access: Access
) -> APIRouter:
    """Return the routes."""
    router = APIRouter()
    desk = _Desk(sources, templates, sign_ins, access)

    @router.get(SIGN_IN)
    def ask(request: Request) -> Response:
        wanted = local_address(request.query_params.get("next", "/"))
        if request.state.visitor is not None:
            return RedirectResponse(wanted, HTTP_303_SEE_OTHER)
        return desk.form(request, wanted, status=HTTP_200_OK)

    @router.post(SIGN_IN)
    def sign_in(request: Request, fields: Form) -> Response:
        wanted = local_address(fields.get("next", "/"))
        name = fields.get("name", "")
        if not access.sign_in:
            return RedirectResponse(wanted, HTTP_303_SEE_OTHER)
        if not desk.gave(request, fields.get(CSRF_FIELD, "")):
            return desk.form(
                request, wanted, status=HTTP_403_FORBIDDEN, fault="old page", name=name
            )
        done = sign_ins.sign_in(name, fields.get("password", ""), address_of(request))
        if isinstance(done, SignedIn):
            return desk.let_in(request, wanted, done)
        return desk.refuse(request, wanted, name, done)

    @router.post("/sign-out")
    def sign_out(request: Request, visitor: AnyVisitor) -> Response:
        answer = RedirectResponse(SIGN_IN, HTTP_303_SEE_OTHER)
        if secret := session_secret(request, access):
            sign_ins.end(secret)
            note(sources, request, visitor, Deed.SIGNED_OUT)
        take_session(answer, access)
        return answer

    @router.get(SESSION)
    def is_signed_in(request: Request) -> Response:
        """Let a page find out, without an error in its log, whether somebody is signed in."""
        return JSONResponse({"signed_in": request.state.visitor is not None})

    return router


def local_address(wanted: str) -> str:
    """Return an address of this site as it was asked for, "/" in place of any other.

    What a browser could take for another site, or for a script, is never given back.
    """
    is_plain = len(wanted) <= _LONGEST_ADDRESS and all(each >= _FIRST_PRINTABLE for each in wanted)
    if not is_plain or not wanted.startswith("/") or wanted.startswith(("//", SIGN_IN)):
        return "/"
    if "\\" in wanted or urlsplit(wanted).netloc:
        return "/"
    return wanted


class _Desk:
    """Makes the form to sign in, and what it is answered with.

    The form is guarded by a cookie of its own: nobody has a session yet whose token it could
    carry; without one, another site could sign a person in under a name of its choice.
    """

    def __init__(
        self, sources: Sources, templates: Templates, sign_ins: SignIns, access: Access
    ) -> None:
        self._sources = sources
        self._templates = templates
        self._sign_ins = sign_ins
        self._access = access

    def form(
        self,
        request: Request,
        wanted: str,
        *,
        status: int,
        fault: str = "",
        name: str = "",
        seconds: int = 0,
    ) -> Response:
        """Return the form, with what was wrong with the last one."""
        secret = secret_before_sign_in(request, self._access) or new_secret()
        page = self._templates.page(
            "sign_in.html",
            status_code=status,
            next=wanted,
            token=csrf_token(secret),
            fault=fault,
            name=name,
            seconds=seconds,
        )
        give_before_sign_in(page, self._access, secret)
        return page

    def gave(self, request: Request, token: str) -> bool:
        """Say whether a form is one that this browser was given."""
        secret = secret_before_sign_in(request, self._access)
        return bool(secret) and is_same(token, csrf_token(secret))

    def let_in(self, request: Request, wanted: str, done: SignedIn) -> Response:
        """End what session there was, give the browser the new one and what it asked for."""
        if before := session_secret(request, self._access):
            self._sign_ins.end(before)
        note(self._sources, request, done.visitor, Deed.SIGNED_IN)
        answer = RedirectResponse(wanted, HTTP_303_SEE_OTHER)
        give_session(answer, self._access, done.secret)
        return answer

    def refuse(self, request: Request, wanted: str, name: str, done: Refused) -> Response:
        """Show the form again."""
        if done.until is None:
            # Never what was typed: it may be a password. Attempts that are not looked at are not
            # taken down: anybody could fill the trail with them.
            who = done.known_name
            detail = f"as {who}" if who else "as nobody who is known here"
            note(self._sources, request, None, Deed.SIGN_IN_REFUSED, detail=detail)
            return self.form(request, wanted, status=HTTP_403_FORBIDDEN, fault="wrong", name=name)
        seconds = seconds_until(done, self._sources)
        answer = self.form(
            request,
            wanted,
            status=HTTP_429_TOO_MANY_REQUESTS,
            fault="too often",
            name=name,
            seconds=seconds,
        )
        answer.headers["Retry-After"] = str(seconds)
        return answer


def seconds_until(refused: Refused, sources: Sources) -> int:
    """Return after how many seconds, at least one, the next attempt is looked at."""
    now = sources.clock.now()
    return max(1, ceil(((refused.until or now) - now).total_seconds()))
