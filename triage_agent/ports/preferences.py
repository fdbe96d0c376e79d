"""What is kept of how each user wants the pages to look."""

from collections.abc import Callable
from typing import Protocol

from triage_agent.domain.preferences import Preferences


class PreferenceStore(Protocol):
    """Preferences by user name."""

    def of(self, user: str) -> Preferences:
        """Return a user's preferences; the defaults if none were kept."""
        ...

    def change(self, user: str, revise: Callable[[Preferences], Preferences]) -> Preferences:
        """Replace a user's preferences by what `revise` makes of them, and return that.

        Nothing is lost where two pages of a user do so at once. What `revise` raises is raised,
        and nothing is changed.
        """
        ...
