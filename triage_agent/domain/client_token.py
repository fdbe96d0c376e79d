"""Tokens by which programs are let in to the API."""

import hashlib
from dataclasses import dataclass
from datetime import datetime

from triage_agent.domain.instant import require_utc
from triage_agent.domain.visitor import Role, Visitor

# Says in a log or a search for leaked secrets what was found.
TOKEN_PREFIX = "triage_"  # noqa: S105 (the part that is not secret)
# Nobody who signs in can be called so: what a program claims is never taken for a person's.
_NAME_PREFIX = "api:"


@dataclass(frozen=True, slots=True, kw_only=True)
class ClientToken:
    """What is known of a token, but not the token itself: only its digest is kept.

    Attributes:
        name: of the client; never given twice, for audit lines name it.
        roles: what the client may do.
        last_used_at: to about a minute, None before the first use.
        revoked_at: from when on it lets nobody in.
    """

    name: str
    roles: frozenset[Role]
    created_at: datetime
    expires_at: datetime
    last_used_at: datetime | None = None
    revoked_at: datetime | None = None

    def __post_init__(self) -> None:
        require_utc(self.created_at, "created_at")
        require_utc(self.expires_at, "expires_at")
        if not self.roles:
            raise ValueError("a token without a role lets nobody in")

    def lets_in(self, now: datetime) -> bool:
        """Whether a request of this instant is answered."""
        return self.revoked_at is None and now < self.expires_at

    @property
    def visitor(self) -> Visitor:
        """Who the client is to the routes; without a cookie it needs no CSRF token."""
        return Visitor(name=f"{_NAME_PREFIX}{self.name}", roles=self.roles)


def token_digest(token: str) -> str:
    """Return the SHA-256 (hex) by which a token is found.

    No salt and no slow hash: a token is 256 random bits, not a password that could be guessed.
    """
    return hashlib.sha256(token.encode("utf-8", "surrogatepass")).hexdigest()
