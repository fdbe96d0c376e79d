"""Who asks, and whether they may."""

from collections.abc import Callable
from typing import Annotated

from fastapi import Depends, HTTPException, Request
from starlette.status import HTTP_403_FORBIDDEN

from triage_agent.domain.visitor import Role, Visitor


def visitor_of(request: Request) -> Visitor:
    """Return who asks: the sign-in has put them into the request's state."""
    visitor: Visitor = request.state.visitor
    return visitor


AnyVisitor = Annotated[Visitor, Depends(visitor_of)]


def needs(*roles: Role) -> Callable[[Request], Visitor]:
    """Return a dependency that gives the visitor, or answers 403 who has none of the roles."""

    def check(request: Request) -> Visitor:
        visitor = visitor_of(request)
        if not visitor.may(*roles):
            raise HTTPException(HTTP_403_FORBIDDEN)
        return visitor

    return check


Reader = Annotated[Visitor, Depends(needs(Role.READER))]
Administrator = Annotated[Visitor, Depends(needs(Role.ADMINISTRATOR))]
Auditor = Annotated[Visitor, Depends(needs(Role.AUDITOR))]
