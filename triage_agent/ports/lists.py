"""What people and destinations wait for: the worklist and the outbox."""

from collections.abc import Collection, Mapping, Sequence
from datetime import datetime
from typing import Protocol

from triage_agent.domain.delivery import Delivery, DeliveryState, DestinationHealth
from triage_agent.domain.worklist import ListChanges, ListChoices, WorklistEntry
from triage_agent.domain.worklist_filter import EVERYTHING_NOT_READ, WorklistFilter
from triage_agent.domain.worklist_order import BY_PRIORITY, WorklistOrder


class Worklist(Protocol):
    """The list that people work from.

    `now` must be given where `wanted.needs_now`, else ValueError is raised. What is asked of
    entries that are not read costs at most one look at each of them, however many were read; among
    read ones a text or a time of arrival should narrow the search.
    """

    def page(
        self,
        *,
        limit: int,
        offset: int = 0,
        wanted: WorklistFilter = EVERYTHING_NOT_READ,
        order: WorklistOrder = BY_PRIORITY,
        now: datetime | None = None,
    ) -> tuple[WorklistEntry, ...]:
        """Return the wanted entries from `offset` on; by default those not read, by priority."""
        ...

    def count(
        self,
        wanted: WorklistFilter = EVERYTHING_NOT_READ,
        *,
        now: datetime | None = None,
        at_most: int | None = None,
    ) -> int:
        """Return how many entries are wanted; counting stops at `at_most`."""
        ...

    def places(
        self,
        StudyInstanceUIDs: Collection[str],
        *,
        wanted: WorklistFilter = EVERYTHING_NOT_READ,
        order: WorklistOrder = BY_PRIORITY,
        now: datetime | None = None,
    ) -> Mapping[str, int]:
        """Return where these studies stand among the wanted entries, counted from 1.

        Those that are unknown or not wanted are left out.
        """
        ...

    def entry(self, StudyInstanceUID: str) -> WorklistEntry:
        """Return one entry, read or not. Raises StudyUnknown."""
        ...

    def entries(self, StudyInstanceUIDs: Sequence[str]) -> tuple[WorklistEntry, ...]:
        """Return entries, read or not, in the order in which they are named; none if unknown."""
        ...

    def version(self) -> int:
        """Return a number that rises whenever anything on the list may have changed.

        To miss nothing, ask for it before the page, and for the changes since it afterwards.
        """
        ...

    def changed_since(self, version: int, *, limit: int = 1000) -> ListChanges:
        """Return which studies changed after a version; no more than `limit` changes at a time.

        What is only delivered does not count as changed. No change is ever passed over, in
        whatever order writers commit.
        """
        ...

    def choices(self) -> ListChoices:
        """Return the sources and modalities of the entries that are not read."""
        ...


class Outbox(Protocol):
    """Results on their way."""

    def due(self, destination: str, *, now: datetime, limit: int) -> tuple[Delivery, ...]:
        """Return pending deliveries that may be tried, most urgent study first.

        Empty while the destination as a whole waits for its next attempt. No wait is longer than
        the longest of RETRY_PAUSES: one that ends further ahead is of a clock that was ahead.
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
