"""The page on which people change their own password."""

from collections.abc import Mapping

from fastapi import APIRouter, Request
from starlette.responses import RedirectResponse, Response
from starlette.status import (
    HTTP_200_OK,
    HTTP_303_SEE_OTHER,
    HTTP_403_FORBIDDEN,
    HTTP_422_UNPROCESSABLE_CONTENT,
    HTTP_429_TOO_MANY_REQUESTS,
)

from triage_agent.adapters.http.access import Access
from triage_agent.adapters.http.auditing import address_of, note
from triage_agent.adapters.http.cookies import give_session
from triage_agent.adapters.http.facts import Sources
from triage_agent.adapters.http.forms import Form
from triage_agent.adapters.http.rights import AnyVisitor
from triage_agent.adapters.http.sign_in_pages import seconds_until
from triage_agent.adapters.http.sign_ins import Refused, SignIns
from triage_agent.adapters.http.templating import Templates
from triage_agent.domain.account import SHORTEST_PASSWORD, normal_password, password_fault
from triage_agent.domain.audit import Deed
from triage_agent.domain.visitor import Visitor


def password_routes(
    sources: Sources, templates: Templates, sign_ins: SignIns, access: Access
) -> APIRouter:
    """Return the routes. A password is changed by who knows the present one."""
    router = APIRouter()

    def page(
        visitor: Visitor, status: int, *, fault: str = "", seconds: int = 0, changed: bool = False
    ) -> Response:
        return templates.page(
            "password.html",
            status_code=status,
            has_password=has_password(visitor),
            token=visitor.csrf_token,
            shortest=SHORTEST_PASSWORD,
            fault=fault,
            seconds=seconds,
            changed=changed,
        )

    def has_password(visitor: Visitor) -> bool:
        # A program has a token in place of one, and no cookie that could be renewed.
        is_person = access.sign_in and bool(visitor.csrf_token)
        return is_person and sign_ins.may_change_password(visitor.name)

    @router.get("/password")
    def ask(request: Request, visitor: AnyVisitor) -> Response:
        return page(visitor, HTTP_200_OK, changed="changed" in request.query_params)

    @router.post("/password")
    def change(request: Request, visitor: AnyVisitor, fields: Form) -> Response:
        if not has_password(visitor):
            return page(visitor, HTTP_403_FORBIDDEN)
        new = normal_password(fields.get("new", ""))
        if fault := _fault(new, visitor, fields):
            return page(visitor, HTTP_422_UNPROCESSABLE_CONTENT, fault=fault)
        old, address = fields.get("old", ""), address_of(request)
        done = sign_ins.change_password(visitor.name, old, new, address)
        if not isinstance(done, Refused):
            detail = f"{visitor.name}: own password"
            note(sources, request, visitor, Deed.USER_CHANGED, detail=detail)
            # Asked for anew, so that the page carries the token of the new session.
            answer = RedirectResponse("/password?changed", HTTP_303_SEE_OTHER)
            give_session(answer, access, done.secret)
            return answer
        if done.until is None:
            note(sources, request, visitor, Deed.SIGN_IN_REFUSED, detail="own password")
            return page(visitor, HTTP_403_FORBIDDEN, fault="wrong")
        seconds = seconds_until(done, sources)
        return page(visitor, HTTP_429_TOO_MANY_REQUESTS, fault="too often", seconds=seconds)

    return router


def _fault(new: str, visitor: Visitor, fields: Mapping[str, str]) -> str:
    if new != normal_password(fields.get("again", "")):
        return "differ"
    return password_fault(new, visitor.name) or ""
