"""What people and destinations wait for: the worklist and the outbox."""

from collections.abc import Mapping
from datetime import datetime
from typing import Protocol

from triage_agent.domain.delivery import Delivery, DeliveryState, DestinationHealth
from triage_agent.domain.worklist import WorklistEntry


class Worklist(Protocol):
    """The list that people work from."""

    def page(self, *, limit: int, offset: int = 0) -> tuple[WorklistEntry, ...]:
        """Return entries that are not read, in list order: due time, then arrival, then UID."""
        ...

    def count(self) -> int:
        """Return how many entries are not read."""
        ...

    def entry(self, StudyInstanceUID: str) -> WorklistEntry:
        """Return one entry, read or not. Raises StudyUnknown."""
        ...

    def version(self) -> int:
        """Return a number that differs whenever anything on the list may have changed."""
        ...


class Outbox(Protocol):
    """Results on their way."""

    def due(self, destination: str, *, now: datetime, limit: int) -> tuple[Delivery, ...]:
        """Return pending deliveries that may be tried, most urgent study first.

        Empty while the destination as a whole waits for its next attempt.
        """
        ...

    def record_sent(self, delivery_id: int, status: str, *, now: datetime) -> None:
        """Note that the destination has taken the object; clears the destination's failures."""
        ...

    def record_failure(
        self, delivery_id: int, status: str, *, next_attempt_at: datetime | None, now: datetime
    ) -> None:
        """Note a refused object; tried again at `next_attempt_at`, or parked if that is None."""
        ...

    def health(self, destination: str) -> DestinationHealth:
        """Return how the destination has answered of late."""
        ...

    def record_unreachable(
        self, destination: str, error: str, *, next_attempt_at: datetime, now: datetime
    ) -> None:
        """Note that the destination as a whole does not answer; nothing is due until then."""
        ...

    def deliveries(
        self,
        *,
        destination: str | None = None,
        StudyInstanceUID: str | None = None,
        limit: int = 1000,
    ) -> tuple[Delivery, ...]:
        """Return deliveries that are not sent, then the newest sent ones.

        Only those to `destination` and of the study, where they are given; none if either is
        unknown.
        """
        ...

    def counts(self) -> Mapping[tuple[str, DeliveryState], int]:
        """Return how many deliveries there are, by destination and state, all of one moment.

        Every delivery is counted; a pair that has none is left out.
        """
        ...

    def retry(self, *, destination: str | None, now: datetime) -> int:
        """Make every pending or parked delivery due at once; return how many."""
        ...

    def park(self, *, destination: str | None, now: datetime) -> int:
        """Park every pending delivery; return how many."""
        ...
