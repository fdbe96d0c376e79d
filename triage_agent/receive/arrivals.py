"""Counts who sends how much, in memory: the receive step pays a microsecond for it."""

import threading
from collections.abc import Callable, Sequence
from dataclasses import replace
from datetime import date, datetime

from triage_agent.domain.instance import Instance
from triage_agent.domain.node_health import Arrivals

# Whoever calls under ever new titles must not fill the memory; what is more counts together.
MAXIMUM_TITLES = 500
OTHERS = "(others)"


class ArrivalCounter:
    """Adds up registered instances by sender and day, until somebody takes the sums away.

    Safe to use from several threads. What was not taken when the process is killed is lost: the
    instances themselves are registered, only these sums lack them.
    """

    def __init__(self, day_of: Callable[[datetime], date]) -> None:
        """Take the rule that says on which day of the site an instant lies."""
        self._day_of = day_of
        self._lock = threading.Lock()
        self._sums: dict[tuple[str, date], Arrivals] = {}

    def count(self, instance: Instance) -> None:
        """Count an instance that was registered."""
        self._add(
            Arrivals(
                ae_title=instance.source_ae_title,
                day=self._day_of(instance.received_at),
                images=1,
                size_bytes=instance.stored.size_bytes,
                last_at=instance.received_at,
            )
        )

    def take(self) -> tuple[Arrivals, ...]:
        """Return the sums and begin anew."""
        with self._lock:
            taken, self._sums = tuple(self._sums.values()), {}
        return taken

    def give_back(self, arrivals: Sequence[Arrivals]) -> None:
        """Add sums that were taken and could not be kept."""
        for each in arrivals:
            self._add(each)

    def _add(self, more: Arrivals) -> None:
        key = more.ae_title, more.day
        with self._lock:
            before = self._sums.get(key)
            if before is None and len(self._sums) >= MAXIMUM_TITLES:
                more = replace(more, ae_title=OTHERS)
                key = OTHERS, more.day
                before = self._sums.get(key)
            if before is not None:
                more = replace(
                    more,
                    images=before.images + more.images,
                    size_bytes=before.size_bytes + more.size_bytes,
                    last_at=max(before.last_at, more.last_at),
                )
            self._sums[key] = more
