"""The clients that are let in to the API."""

from datetime import datetime
from typing import Protocol

from triage_agent.domain.client_token import ClientToken


class ClientTokens(Protocol):
    """Tokens by their digests."""

    def add(self, token: ClientToken, digest: str) -> bool:
        """Keep a new token; False, and nothing is kept, if its name was ever given before."""
        ...

    def listed(self) -> tuple[ClientToken, ...]:
        """Return all tokens by name, also those that let nobody in any more."""
        ...

    def revoke(self, name: str, *, now: datetime) -> bool:
        """Let nobody in by this token from now on; False if there is no such one to revoke."""
        ...

    def use(self, digest: str, *, now: datetime) -> ClientToken | None:
        """Return the token that lets in now, and note its use; None if there is none.

        A use within a minute of the last one that was noted is not noted again.
        """
        ...
