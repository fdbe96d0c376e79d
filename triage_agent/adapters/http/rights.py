"""Who asks, and whether they may."""

from collections.abc import Callable
from contextvars import ContextVar
from typing import Annotated

from fastapi import Depends, HTTPException, Request
from starlette.status import HTTP_401_UNAUTHORIZED, HTTP_403_FORBIDDEN

from triage_agent.domain.visitor import Role, Visitor

# Whom a page is made for: every page shows it, and no route has to pass it on.
present_visitor: ContextVar[Visitor | None] = ContextVar("present_visitor", default=None)


class RoleMissing(HTTPException):
    """The visitor has none of the roles that an address is for."""

    def __init__(self, visitor: Visitor, roles: tuple[Role, ...]) -> None:
        super().__init__(HTTP_403_FORBIDDEN)
        self.visitor = visitor
        self.roles = roles


def visitor_of(request: Request) -> Visitor:
    """Return who asks, or answer 401: the sign-in has put them into the request's state."""
    visitor: Visitor | None = request.state.visitor
    if visitor is None:
        raise HTTPException(HTTP_401_UNAUTHORIZED)
    return visitor


AnyVisitor = Annotated[Visitor, Depends(visitor_of)]


def needs(*roles: Role) -> Callable[[Request], Visitor]:
    """Return a dependency that gives the visitor, or answers 403 who has none of the roles."""

    def check(request: Request) -> Visitor:
        visitor = visitor_of(request)
        if not visitor.may(*roles):
            raise RoleMissing(visitor, roles)
        return visitor

    return check


Reader = Annotated[Visitor, Depends(needs(Role.READER))]
Administrator = Annotated[Visitor, Depends(needs(Role.ADMINISTRATOR))]
Auditor = Annotated[Visitor, Depends(needs(Role.AUDITOR))]
