"""Lets API clients in by their token: `Authorization: Bearer triage_...` (RFC 6750)."""

import threading
from datetime import datetime
from math import ceil

from starlette.responses import Response
from starlette.status import HTTP_401_UNAUTHORIZED, HTTP_429_TOO_MANY_REQUESTS

from triage_agent.adapters.http.problems import problem
from triage_agent.domain.client_token import token_digest
from triage_agent.domain.visitor import Visitor
from triage_agent.ports.surroundings import Clock
from triage_agent.ports.tokens import ClientTokens

# A program that asks ten times a second, without end, has gone wrong; a burst is served.
REQUESTS_PER_MINUTE = 600
_SCHEME = "bearer"
# Longer ones are none of ours and are not worth their digest.
_LONGEST_HEADER = 256


class BearerRefused(Exception):
    """A request with a token that is not let in; `answer` says so."""

    def __init__(self, answer: Response) -> None:
        super().__init__(answer.status_code)
        self.answer = answer


def is_bearer(authorization: str) -> bool:
    """Say whether an Authorization header is of this kind, so that no other way in is tried."""
    return authorization.partition(" ")[0].lower() == _SCHEME


class Bearers:
    """Knows the clients and how often each has asked of late. Safe to use from several threads."""

    def __init__(
        self,
        tokens: ClientTokens,
        clock: Clock,
        *,
        requests_per_minute: int = REQUESTS_PER_MINUTE,
    ) -> None:
        self._tokens = tokens
        self._clock = clock
        self._capacity = requests_per_minute
        self._lock = threading.Lock()
        # By client: how many requests it may make at once, and when that was so.
        self._allowances: dict[str, tuple[float, datetime]] = {}

    def visitor_of(self, authorization: str) -> Visitor:
        """Return whose token the header holds; blocks for the database.

        The visitor has no CSRF token and needs none: no browser sends this header by itself.
        Raises BearerRefused (401; 429 for a client that asks too often), DatabaseUnavailable,
        StorageFull.
        """
        now = self._clock.now()
        token = authorization.partition(" ")[2].strip()
        known = None
        if is_bearer(authorization) and len(authorization) <= _LONGEST_HEADER:
            known = self._tokens.use(token_digest(token), now=now)
        if known is None:
            raise BearerRefused(
                problem(
                    HTTP_401_UNAUTHORIZED,
                    "This token lets nobody in: it is unknown, has expired or was revoked.",
                    headers={"WWW-Authenticate": 'Bearer error="invalid_token"'},
                )
            )
        self._count(known.name, now)
        return known.visitor

    def _count(self, name: str, now: datetime) -> None:
        with self._lock:
            allowed, at = self._allowances.get(name, (float(self._capacity), now))
            per_second = self._capacity / 60
            earned = max(0.0, (now - at).total_seconds()) * per_second
            allowed = min(float(self._capacity), allowed + earned)
            is_served = allowed >= 1
            self._allowances[name] = (allowed - is_served, now)
        if not is_served:
            seconds = ceil((1 - allowed) / per_second)
            raise BearerRefused(
                problem(
                    HTTP_429_TOO_MANY_REQUESTS,
                    f"This client asks more than {self._capacity} times a minute.",
                    headers={"Retry-After": str(seconds)},
                )
            )
