"""The step that sends what is due for one destination."""

import errno
from collections.abc import Sequence
from datetime import timedelta
from pathlib import Path

import pytest

from tests.factories import T0, after, make_placement, make_result, make_stored, make_study, uid
from tests.fakes.clock import FakeClock
from tests.fakes.destination import FakeDestination
from tests.fakes.outbox import FakeOutbox
from triage_agent.deliver.retry import RetryPolicy
from triage_agent.deliver.sending import deliver_due
from triage_agent.domain.delivery import Delivery, DeliveryState
from triage_agent.errors import (
    DestinationBusy,
    DestinationRefused,
    DestinationUnreachable,
    will_pass,
)

POLICY = RetryPolicy(spread=0.0, refusals=3)
BUSY = DestinationBusy("out of resources: Doe^Jane", status=0xA700)
REFUSED = DestinationRefused("cannot understand: Doe^Jane", status=0xC000)
MISSING = FileNotFoundError(errno.ENOENT, "No such file or directory", "Doe^Jane")
NO_CONTEXT = DestinationRefused("no context", status=None)


class Store:
    """Names the file of a stored object after its location; those in `gone` are gone for good."""

    def __init__(self, gone: Sequence[str] = ()) -> None:
        self.gone = gone

    def will_pass(self, error: Exception, location: str) -> bool:
        is_gone = isinstance(error, FileNotFoundError) and location in self.gone
        return will_pass(error) and not is_gone

    def path(self, location: str) -> Path:
        return Path("store") / location


class Site:
    """An outbox with deliveries to one destination, and the step over it."""

    def __init__(
        self, *objects: str, due_in_seconds: Sequence[float] = (), gone: Sequence[str] = ()
    ) -> None:
        self.store = Store(gone)
        self.outbox = FakeOutbox()
        self.clock = FakeClock()
        for number, name in enumerate(objects, start=1):
            study = uid("study", number)
            due = due_in_seconds[number - 1] if due_in_seconds else number
            self.outbox.rows.studies[study] = make_study(
                StudyInstanceUID=study, placement=make_placement(due)
            )
            self.add(number, name, study)

    def add(self, number: int, name: str, study: str, destination: str = "pacs") -> None:
        self.outbox.rows.deliveries[number] = Delivery(
            id=number,
            result=make_result(StudyInstanceUID=study, stored=make_stored(name, location=name)),
            destination=destination,
            state=DeliveryState.PENDING,
            attempts=0,
            next_attempt_at=T0,
            last_status="",
            sent_at=None,
        )

    def deliver(self, destination: FakeDestination, batch: int = 10) -> int:
        return deliver_due(
            self.outbox,
            "pacs",
            destination,
            self.store,
            clock=self.clock,
            policy=POLICY,
            batch=batch,
        )

    def delivery(self, number: int) -> Delivery:
        return self.outbox.rows.deliveries[number]


def test_everything_due_is_sent_most_urgent_study_first():
    site = Site("late", "early", "middle", due_in_seconds=(900, 60, 300))
    peer = FakeDestination()
    assert site.deliver(peer) == 3
    assert peer.taken == ["early", "middle", "late"]
    assert peer.associations == 1
    assert {site.delivery(n).state for n in (1, 2, 3)} == {DeliveryState.SENT}
    assert site.delivery(1).sent_at == T0
    assert site.delivery(1).last_status == "0x0000"


def test_a_batch_is_no_larger_than_asked_for():
    site = Site("a", "b", "c")
    peer = FakeDestination()
    assert site.deliver(peer, batch=2) == 2
    assert peer.taken == ["a", "b"]
    assert site.deliver(peer, batch=2) == 1
    assert peer.taken == ["a", "b", "c"]


def test_without_anything_due_the_destination_is_not_called():
    site = Site()
    site.outbox.rows.studies[uid("study", 1)] = make_study()
    site.add(1, "elsewhere", uid("study", 1), destination="other")
    peer = FakeDestination()
    assert site.deliver(peer) == 0
    assert peer.associations == 0
    assert site.delivery(1).state is DeliveryState.PENDING


def test_a_busy_destination_is_tried_again_for_as_long_as_it_takes():
    site = Site("a")
    peer = FakeDestination({"a": BUSY})
    for wait in (2, 4, 8, 16, 32):
        assert site.deliver(peer) == 0
        assert site.delivery(1).next_attempt_at == site.clock.now() + timedelta(seconds=wait)
        assert site.delivery(1).last_status == "busy 0xA700"
        site.clock.advance(wait)
    peer.answers.clear()
    assert site.deliver(peer) == 1


def test_an_object_that_is_busy_does_not_hold_up_the_next():
    site = Site("a", "b")
    peer = FakeDestination({"a": BUSY})
    assert site.deliver(peer) == 1
    assert peer.taken == ["b"]


@pytest.mark.parametrize(
    ("error", "status"),
    [
        (REFUSED, "refused 0xC000"),
        (NO_CONTEXT, "no context accepted"),
        (MISSING, "cannot be sent: FileNotFoundError"),
        (OSError("Doe^Jane"), "cannot be sent: OSError"),
    ],
)
def test_a_refused_object_is_parked_after_a_few_tries(error: Exception, status: str):
    site = Site("a", gone=["a"])
    peer = FakeDestination({"a": error})
    for wait in (2, 4):
        site.deliver(peer)
        assert site.delivery(1).state is DeliveryState.PENDING
        assert site.delivery(1).next_attempt_at == site.clock.now() + timedelta(seconds=wait)
        site.clock.advance(wait)
    site.deliver(peer)
    assert site.delivery(1).state is DeliveryState.PARKED
    assert site.delivery(1).last_status == status
    assert site.deliver(peer) == 0


@pytest.mark.parametrize("told", ["answers", "raises"])
@pytest.mark.parametrize("error", [OSError(errno.EIO, "Input/output error", "Doe^Jane"), MISSING])
def test_a_file_that_cannot_be_read_for_now_is_never_given_up(told: str, error: OSError):
    unreadable = {"a": error}
    site = Site("a", "b")
    peer = FakeDestination(**{told: unreadable})
    for _ in range(10):
        site.deliver(peer)
        site.deliver(peer)
        assert site.delivery(1).state is DeliveryState.PENDING
        assert site.delivery(1).last_status == f"cannot be read: {error.strerror}"
        site.clock.advance(600)
    assert peer.taken == ["b"]
    peer.raises.clear()
    peer.answers["a"] = REFUSED
    site.deliver(peer)
    assert site.delivery(1).state is DeliveryState.PENDING


def test_what_is_answered_out_of_order_does_not_hide_what_broke():
    class Reordering(FakeDestination):
        def send(self, paths, report):
            report(len(paths) - 1, MISSING)
            super().send(paths[:-1], report)

    site = Site("breaks", "missing")
    peer = Reordering({"breaks": DestinationUnreachable("connection reset")})
    assert site.deliver(peer) == 0
    assert site.delivery(1).last_status == "association broke"
    assert site.delivery(2).last_status == "cannot be read: No such file or directory"
    assert site.delivery(1).attempts == site.delivery(2).attempts == 1


@pytest.mark.parametrize("passing", [BUSY, PermissionError(errno.EACCES, "Permission denied")])
def test_a_refusal_right_after_what_passes_does_not_park(passing: Exception):
    site = Site("a")
    peer = FakeDestination({"a": passing})
    for _ in range(5):
        site.deliver(peer)
        site.clock.advance(600)
    peer.answers["a"] = REFUSED
    site.deliver(peer)
    assert site.delivery(1).state is DeliveryState.PENDING
    assert site.delivery(1).last_status == "refused 0xC000"
    site.clock.advance(600)
    site.deliver(peer)
    assert site.delivery(1).state is DeliveryState.PARKED


def test_an_unreachable_destination_waits_as_a_whole():
    site = Site("a", "b")
    peer = FakeDestination(reachable=False)
    for failures, wait in enumerate((2, 4, 8), start=1):
        assert site.deliver(peer) == 0
        health = site.outbox.health("pacs")
        assert health.failures == failures
        assert health.next_attempt_at == site.clock.now() + timedelta(seconds=wait)
        assert health.last_error == "connection refused"
        site.clock.advance(wait - 1)
        assert site.deliver(peer) == 0
        assert peer.associations == failures
        site.clock.advance(1)
    assert site.delivery(1).attempts == 0
    peer.reachable = True
    assert site.deliver(peer) == 2
    assert site.outbox.health("pacs").failures == 0


def test_a_break_after_the_last_answer_costs_nothing():
    class Hasty(FakeDestination):
        def send(self, paths, report):
            super().send(paths, report)
            raise DestinationUnreachable("no answer to the release")

    site = Site("a")
    assert site.deliver(Hasty()) == 1
    assert site.delivery(1).state is DeliveryState.SENT


def test_an_object_at_which_the_peer_breaks_off_lets_the_others_pass_and_is_never_given_up():
    site = Site("bad", "b", "c")
    peer = FakeDestination({"bad": DestinationUnreachable("connection reset")})
    assert site.deliver(peer) == 0
    assert site.delivery(1).last_status == "association broke"
    assert site.outbox.health("pacs").failures == 0
    assert site.deliver(peer) == 2
    for _ in range(10):
        site.clock.advance(600)
        site.deliver(peer)
    assert site.delivery(1).state is DeliveryState.PENDING
    peer.answers.clear()
    site.clock.advance(600)
    assert site.deliver(peer) == 1
    assert peer.taken == ["b", "c", "bad"]


def test_what_was_taken_before_the_association_broke_is_not_sent_again():
    site = Site("a", "b", "c")
    peer = FakeDestination({"b": DestinationUnreachable("connection reset")})
    assert site.deliver(peer) == 1
    assert site.delivery(1).state is DeliveryState.SENT
    assert site.delivery(2).state is DeliveryState.PENDING
    peer.answers.clear()
    site.clock.set(after(600))
    assert site.deliver(peer) == 2
    assert peer.taken == ["a", "b", "c"]


def test_an_object_that_breaks_the_sender_does_not_stand_in_the_way_for_ever():
    site = Site("a", "broken", "c")
    peer = FakeDestination(raises={"broken": KeyError("Doe^Jane")})
    assert site.deliver(peer) == 1
    assert site.delivery(2).last_status == "cannot be sent: KeyError"
    assert site.deliver(peer) == 1
    assert peer.taken == ["a", "c"]
    for _ in range(2):
        site.clock.advance(600)
        site.deliver(peer)
    assert site.delivery(2).state is DeliveryState.PARKED


def test_a_fault_after_the_last_answer_is_not_hidden():
    class Faulty(FakeDestination):
        def send(self, paths, report):
            super().send(paths, report)
            raise RuntimeError("after the last object")

    site = Site("a")
    with pytest.raises(RuntimeError, match="after the last object"):
        site.deliver(Faulty())
    assert site.delivery(1).state is DeliveryState.SENT
