"""The step that tells a webhook what is due for it."""

from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime, timedelta
from http import HTTPStatus

from triage_agent.deliver.retry import RetryPolicy
from triage_agent.deliver.webhook_message import message_body, message_id, signed_headers
from triage_agent.domain.webhook import WebhookDelivery, WebhookRule
from triage_agent.errors import DestinationUnreachable
from triage_agent.ports.surroundings import Clock
from triage_agent.ports.webhooks import WebhookEndpoint, WebhookOutbox

# Where a study stood three days ago helps nobody any more.
GIVE_UP_AFTER = timedelta(hours=72)
LOOKED_AT = 500  # lines of stories at one look
BATCH = 50  # messages, before the next look
# RFC 9110 section 15.5.9, RFC 8470, RFC 6585: these pass, as do those of the server's own.
_PASSING = frozenset(
    {HTTPStatus.REQUEST_TIMEOUT, HTTPStatus.TOO_EARLY, HTTPStatus.TOO_MANY_REQUESTS}
)
_BUSY = "busy"


@dataclass(frozen=True, kw_only=True)
class Announcer:
    """Tells one webhook: looks what is new for it, and sends what is due.

    `keys` returns the keys to sign with, the newest first, and is asked at every try, so that a
    secret can be changed while the node runs; it raises ValueError if there is none.
    """

    outbox: WebhookOutbox
    rule: WebhookRule
    endpoint: WebhookEndpoint
    keys: Callable[[], tuple[bytes, ...]]
    with_accession: bool
    clock: Clock
    policy: RetryPolicy

    def announce_due(self) -> int:
        """Look once and send a batch; return how many announcements were taken.

        The answer to one is on record before the next is sent: an interruption repeats one at
        most, under the same id. What is refused is parked after a few tries, what the receiver
        has no time for after `GIVE_UP_AFTER`. If it does not answer at all, it is left alone for
        a while.
        """
        name, now = self.rule.name, self.clock.now()
        self.outbox.announce(self.rule, now=now, limit=LOOKED_AT)
        due = self.outbox.due(name, now=now, limit=BATCH)
        if not due:
            return 0
        taken = 0
        try:
            keys = self.keys()
            for delivery in due:
                status = self._send(delivery, keys)
                taken += _is_taken(status)
                if _is_passing(status):
                    break  # a receiver that has too much to do gets no more just now
        except (DestinationUnreachable, ValueError) as error:
            self._leave_alone(due, error)
        return taken

    def _send(self, delivery: WebhookDelivery, keys: tuple[bytes, ...]) -> int:
        identifier = message_id(delivery.announcement)
        body = message_body(delivery.announcement, with_accession=self.with_accession)
        headers = signed_headers(identifier, body, keys, self.clock.now())
        status = self.endpoint.post(headers, body)
        now = self.clock.now()
        if _is_taken(status):
            self.outbox.record_sent(delivery.id, str(status), now=now)
        else:
            said = f"{_BUSY} {status}" if _is_passing(status) else f"refused {status}"
            again = self._again(delivery, identifier, now, is_passing=_is_passing(status))
            self.outbox.record_failure(delivery.id, said, next_attempt_at=again)
        return status

    def _again(
        self, delivery: WebhookDelivery, identifier: str, now: datetime, *, is_passing: bool
    ) -> datetime | None:
        if now - delivery.announcement.at >= GIVE_UP_AFTER:
            return None
        failures = delivery.attempts + 1
        # Tries that ended in something that passes say nothing about refusals.
        if is_passing or delivery.last_status.startswith(_BUSY):
            return self.policy.next_attempt(failures, identifier, now)
        return self.policy.after_refusal(failures, identifier, now)

    def _leave_alone(self, due: tuple[WebhookDelivery, ...], error: Exception) -> None:
        name, now = self.rule.name, self.clock.now()
        for delivery in due:
            if now - delivery.announcement.at >= GIVE_UP_AFTER:
                self.outbox.record_failure(delivery.id, "no answer", next_attempt_at=None)
        failures = self.outbox.health(name).failures + 1
        again = self.policy.next_attempt(failures, name, now)
        self.outbox.record_unreachable(name, str(error), next_attempt_at=again)


def _is_taken(status: int) -> bool:
    return HTTPStatus.OK <= status < HTTPStatus.MULTIPLE_CHOICES


def _is_passing(status: int) -> bool:
    return status in _PASSING or status >= HTTPStatus.INTERNAL_SERVER_ERROR
