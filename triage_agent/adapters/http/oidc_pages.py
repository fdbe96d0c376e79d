"""Signing in at an identity provider: the way there, and back."""

from hashlib import sha256
from urllib.parse import parse_qs, urlencode

import structlog
from fastapi import APIRouter, Request
from starlette.responses import RedirectResponse, Response
from starlette.status import HTTP_303_SEE_OTHER, HTTP_403_FORBIDDEN

from triage_agent.adapters.http.access import Access
from triage_agent.adapters.http.auditing import address_of, note
from triage_agent.adapters.http.cookies import (
    give_session,
    give_way_back,
    session_secret,
    take_way_back,
    way_back,
)
from triage_agent.adapters.http.facts import Sources
from triage_agent.adapters.http.gate import SIGN_IN
from triage_agent.adapters.http.sign_in_pages import local_address
from triage_agent.adapters.http.sign_ins import SignIns, new_secret
from triage_agent.adapters.http.templating import Templates
from triage_agent.domain.audit import Deed
from triage_agent.errors import IdentityRefused
from triage_agent.ports.identity import IdentityProvider

OIDC = f"{SIGN_IN}/oidc"
CALLBACK = f"{OIDC}/callback"

_log = structlog.get_logger()


def oidc_routes(
    sources: Sources,
    templates: Templates,
    sign_ins: SignIns,
    access: Access,
    provider: IdentityProvider,
) -> APIRouter:
    """Return the routes. What binds the two halves together is a cookie of the browser alone."""
    router = APIRouter()

    def redirect_uri(request: Request) -> str:
        # The Host header is one of the page's own names, or the request would not be here.
        return f"{'https' if access.is_secure else 'http'}://{request.headers['host']}{CALLBACK}"

    @router.get(OIDC)
    def go(request: Request) -> Response:
        secret = new_secret()
        address = provider.address(redirect_uri=redirect_uri(request), secret=secret)
        answer = RedirectResponse(address, HTTP_303_SEE_OTHER)
        wanted = local_address(request.query_params.get("next", "/"))
        give_way_back(answer, access, urlencode({"secret": secret, "next": wanted}))
        return answer

    @router.get(CALLBACK)
    def come_back(request: Request, code: str = "", state: str = "") -> Response:
        kept = parse_qs(way_back(request, access))
        secret, wanted = kept.get("secret", [""])[0], kept.get("next", ["/"])[0]
        try:
            if not secret or not code or not state:
                raise IdentityRefused("no sign-in was begun here, or it was broken off")  # noqa: TRY301 (answered as what the provider refuses)
            identity = provider.identity(
                code=code, state=state, redirect_uri=redirect_uri(request), secret=secret
            )
        except IdentityRefused as error:
            return refuse(request, str(error))
        if not identity.roles:
            return refuse(request, f"{identity.name} has no role here")
        if before := session_secret(request, access):
            sign_ins.end(before)
        done = sign_ins.open_for(identity.name, identity.roles, address_of(request))
        note(sources, request, done.visitor, Deed.SIGNED_IN, detail="by the identity provider")
        # Not a redirection: this request was begun by another site, and what it is led to would
        # be asked for without the cookie of the session.
        answer = templates.page("signed_in.html", next=local_address(wanted))
        take_way_back(answer, access)
        give_session(answer, access, done.secret)
        return answer

    def refuse(request: Request, reason: str) -> Response:
        reference = sha256(new_secret().encode()).hexdigest()[:8]
        _log.warning("oidc_sign_in_refused", reason=reason, reference=reference)
        detail = f"by the identity provider: {reason} ({reference})"
        note(sources, request, None, Deed.SIGN_IN_REFUSED, detail=detail)
        answer = templates.page(
            "not_signed_in.html", status_code=HTTP_403_FORBIDDEN, reference=reference
        )
        take_way_back(answer, access)
        return answer

    return router
