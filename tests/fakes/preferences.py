"""Preferences in memory."""

import threading
from collections.abc import Callable

from triage_agent.domain.preferences import Preferences


class FakePreferenceStore:
    """Keeps `triage_agent.ports.preferences.PreferenceStore`."""

    def __init__(self) -> None:
        self.kept: dict[str, Preferences] = {}
        self._turn = threading.Lock()

    def of(self, user: str) -> Preferences:
        return self.kept.get(user, Preferences())

    def change(self, user: str, revise: Callable[[Preferences], Preferences]) -> Preferences:
        with self._turn:
            self.kept[user] = revise(self.of(user))
            return self.kept[user]
