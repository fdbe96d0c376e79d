"""Announcements to other programs, and the programs."""

from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import Protocol

from triage_agent.domain.delivery import DeliveryState, DestinationHealth
from triage_agent.domain.webhook import WebhookDelivery, WebhookRule


class WebhookOutbox(Protocol):
    """Announcements on their way."""

    def enlist(self, names: Sequence[str]) -> None:
        """Say which webhooks there are; the others rest.

        One that is new, or was at rest, is told what happens from now on.
        """
        ...

    def announce(self, rule: WebhookRule, *, now: datetime, limit: int) -> int:
        """Put on their way what happened to studies since the last look, as far as it is wanted.

        Looks at `limit` lines of their story at most and returns at how many it has looked. What
        a study is and where it stands is taken down as it is now: of changes that followed each
        other before this look, the last is told, once for each event, generation and revision.
        The look and what comes of it are one transaction. A webhook that is not enlisted gets
        nothing.
        """
        ...

    def due(self, name: str, *, now: datetime, limit: int) -> tuple[WebhookDelivery, ...]:
        """Return pending announcements that may be tried, oldest first.

        Empty while the webhook as a whole waits for its next attempt. No wait is longer than the
        longest of RETRY_PAUSES: one that ends further ahead is of a clock that was ahead.
        """
        ...

    def record_sent(self, delivery_id: int, status: str, *, now: datetime) -> None:
        """Note that an announcement was taken; clears the webhook's failures."""
        ...

    def record_failure(
        self, delivery_id: int, status: str, *, next_attempt_at: datetime | None
    ) -> None:
        """Note one that was not taken; tried again at `next_attempt_at`, or parked if None.

        Nothing changes if it was sent or parked meanwhile.
        """
        ...

    def record_unreachable(self, name: str, error: str, *, next_attempt_at: datetime) -> None:
        """Note that a webhook does not answer at all; nothing is due until then."""
        ...

    def health(self, name: str) -> DestinationHealth:
        """Return how a webhook has answered of late."""
        ...

    def deliveries(
        self, *, webhook: str | None = None, limit: int = 1000
    ) -> tuple[WebhookDelivery, ...]:
        """Return announcements that are not sent, oldest first, then the newest sent ones."""
        ...

    def counts(self) -> Mapping[tuple[str, DeliveryState], int]:
        """Return how many announcements there are, by webhook and state, where there are any."""
        ...

    def retry(self, *, webhook: str | None, now: datetime) -> int:
        """Make every pending or parked announcement due at once; return how many."""
        ...


class WebhookEndpoint(Protocol):
    """Where a webhook's messages go."""

    def post(self, headers: Mapping[str, str], body: bytes) -> int:
        """Send one message and return the HTTP status of the answer; follows no redirect.

        Raises DestinationUnreachable when there is no answer, or the address may not be asked.
        """
        ...
