"""The step that takes what is due for one destination and sends it."""

from dataclasses import dataclass, field
from datetime import datetime

from triage_agent.deliver.retry import RetryPolicy
from triage_agent.domain.delivery import Delivery
from triage_agent.errors import (
    DestinationBusy,
    DestinationRefused,
    DestinationUnreachable,
)
from triage_agent.ports.lists import Outbox
from triage_agent.ports.storage import InstanceStore
from triage_agent.ports.surroundings import Clock, Destination

SUCCESS = "0x0000"
# What the status of a delivery begins with when the failure is one that passes.
_BUSY = "busy"
_BROKEN = "association broke"
_UNREADABLE = "cannot be read"
_PASSING = (_BUSY, _BROKEN, _UNREADABLE)


def deliver_due(
    outbox: Outbox,
    name: str,
    destination: Destination,
    store: InstanceStore,
    *,
    clock: Clock,
    policy: RetryPolicy,
    batch: int,
) -> int:
    """Send up to `batch` due results to one destination, most urgent study first.

    What the destination says of an object is on record before the next object goes out, so an
    interruption repeats one object at most, under the same UID. An object that it has no room
    for, or breaks off at, is tried again without end, as is one whose file cannot be read for now;
    one that it refuses, or whose file is gone for good, is parked after a few tries. If it does not
    answer at all, it is left alone as a whole for a while; no other destination notices.

    Returns:
        How many objects the destination has taken.
    """
    deliveries = outbox.due(name, now=clock.now(), limit=batch)
    if not deliveries:
        return 0
    records = _Records(outbox, deliveries, store, clock, policy)
    paths = [store.path(each.result.stored.location) for each in deliveries]
    try:
        destination.send(paths, records.report)
    except DestinationUnreachable as error:
        if _answers(destination):
            # The peer is well: it is this object that it, or a box between, breaks off at.
            records.report_unanswered(error)
        else:
            _leave_alone(outbox, name, error, now=clock.now(), policy=policy)
    except Exception as error:
        if not records.report_unanswered(error):
            raise
    return records.taken


def _answers(destination: Destination) -> bool:
    try:
        destination.echo()
    except DestinationUnreachable:
        return False
    return True


def _leave_alone(
    outbox: Outbox, name: str, error: Exception, *, now: datetime, policy: RetryPolicy
) -> None:
    failures = outbox.health(name).failures + 1
    again = policy.next_attempt(failures, name, now)
    outbox.record_unreachable(name, str(error), next_attempt_at=again, now=now)


@dataclass
class _Records:
    """Puts every answer of the destination on record as it comes."""

    outbox: Outbox
    deliveries: tuple[Delivery, ...]
    store: InstanceStore
    clock: Clock
    policy: RetryPolicy
    taken: int = field(default=0, init=False)
    _unanswered: set[int] = field(init=False)

    def __post_init__(self) -> None:
        self._unanswered = set(range(len(self.deliveries)))

    def report(self, index: int, error: Exception | None) -> None:
        """Record one answer: taken if `error` is None."""
        delivery, now = self.deliveries[index], self.clock.now()
        if error is None:
            self.outbox.record_sent(delivery.id, SUCCESS, now=now)
            self.taken += 1
        else:
            passes = self.store.will_pass(error, delivery.result.stored.location)
            status = _status(error, passes=passes)
            # Attempts that ended in something that passes say nothing about refusals.
            is_refused = not passes and not delivery.last_status.startswith(_PASSING)
            again_or_park = self._again(delivery, now, is_refused=is_refused)
            self.outbox.record_failure(delivery.id, status, next_attempt_at=again_or_park, now=now)
        self._unanswered.remove(index)

    def report_unanswered(self, error: Exception) -> bool:
        """Record `error` against the object that was on its way; False if all were answered.

        Objects go in order, so it is the first without an answer. It must not stand in the way of
        those behind it for ever.
        """
        if not self._unanswered:
            return False
        self.report(min(self._unanswered), error)
        return True

    def _again(self, delivery: Delivery, now: datetime, *, is_refused: bool) -> datetime | None:
        failures, key = delivery.attempts + 1, delivery.result.SOPInstanceUID
        if is_refused:
            return self.policy.after_refusal(failures, key, now)
        return self.policy.next_attempt(failures, key, now)


def _status(error: Exception, *, passes: bool) -> str:
    """Say what happened without the peer's own words, which may name a patient."""
    match error:
        case DestinationBusy():
            return f"{_BUSY} 0x{error.status:04X}"
        case DestinationUnreachable():
            return _BROKEN
        case DestinationRefused(status=None):
            return "no context accepted"
        case DestinationRefused():
            return f"refused 0x{error.status:04X}"
        case OSError() if passes:
            return f"{_UNREADABLE}: {error.strerror or type(error).__name__}"
        case _:
            return f"cannot be sent: {type(error).__name__}"
