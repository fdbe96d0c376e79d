"""Who answers for people that have no password here."""

from typing import Protocol

from triage_agent.domain.identity import Identity


class IdentityProvider(Protocol):
    """A provider of OpenID Connect, with the code flow. Its methods block.

    `secret` is a random text of one attempt, known to the browser alone that makes it: what binds
    the answer to that browser follows from it.
    """

    @property
    def label(self) -> str:
        """What people call it."""
        ...

    def address(self, *, redirect_uri: str, secret: str) -> str:
        """Return where the browser goes to sign in. Raises IdentityProviderUnavailable."""
        ...

    def identity(self, *, code: str, state: str, redirect_uri: str, secret: str) -> Identity:
        """Return who came back with a code.

        Raises IdentityRefused for an answer that does not hold, IdentityProviderUnavailable.
        """
        ...
