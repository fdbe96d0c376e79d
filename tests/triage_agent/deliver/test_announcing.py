from collections.abc import Mapping
from dataclasses import dataclass, field, replace

import pytest

from tests.contracts.webhook_ports import make_rule
from tests.factories import (
    T0,
    after,
    make_assessment,
    make_instance,
    make_opening,
    make_placement,
    uid,
)
from tests.fakes.clock import FakeClock
from tests.fakes.register_rows import RegisterRows
from tests.fakes.study_register import FakeStudyRegister
from tests.fakes.webhook_outbox import FakeWebhookOutbox
from triage_agent.deliver.announcing import GIVE_UP_AFTER, Announcer
from triage_agent.deliver.retry import RetryPolicy
from triage_agent.domain.delivery import DeliveryState
from triage_agent.errors import DestinationUnreachable

POLICY = RetryPolicy(first_seconds=10, longest_seconds=600, spread=0, refusals=3)
PENDING, SENT, PARKED = DeliveryState.PENDING, DeliveryState.SENT, DeliveryState.PARKED


@dataclass
class FakeEndpoint:
    """Answers what it is told to, then 200; an exception among the answers is raised."""

    answers: list[int | Exception] = field(default_factory=list)
    taken: list[tuple[Mapping[str, str], bytes]] = field(default_factory=list)

    def post(self, headers: Mapping[str, str], body: bytes) -> int:
        self.taken.append((headers, body))
        answer = self.answers.pop(0) if self.answers else 200
        if isinstance(answer, Exception):
            raise answer
        return answer


class Bench:
    """An Announcer over fakes."""

    def __init__(self) -> None:
        rows = RegisterRows()
        self.register = FakeStudyRegister(rows)
        self.outbox = FakeWebhookOutbox(rows)
        self.endpoint = FakeEndpoint()
        self.clock = FakeClock()
        self.outbox.enlist(["ris"])
        self.announcer = Announcer(
            outbox=self.outbox,
            rule=make_rule(),
            endpoint=self.endpoint,
            keys=lambda: (bytes(24),),
            with_accession=False,
            clock=self.clock,
            policy=POLICY,
        )

    def place(self, *numbers: int) -> None:
        for number in numbers:
            study = uid("study", number)
            self.register.register(
                make_instance(StudyInstanceUID=study), make_opening(), stat=False, quiet_seconds=10
            )
            revision = self.register.study_images(study).study.revision
            self.register.record_assessment(
                study, make_assessment(), make_placement(), revision=revision, now=T0
            )

    @property
    def states(self) -> list[DeliveryState]:
        return [each.state for each in self.outbox.kept.values()]


@pytest.fixture
def bench() -> Bench:
    return Bench()


def test_what_happened_is_told_once_and_in_order(bench):
    bench.place(1, 2, 3)
    assert bench.announcer.announce_due() == 3
    assert [uid("study", n).encode() in body for n, (_, body) in enumerate(bench.endpoint.taken, 1)]
    assert bench.states == [SENT] * 3
    assert bench.announcer.announce_due() == 0
    assert len(bench.endpoint.taken) == 3


def test_with_nothing_to_tell_not_even_the_secret_is_needed(bench):
    def none() -> tuple[bytes, ...]:
        raise ValueError("no secret")

    announcer = replace(bench.announcer, keys=none)
    assert announcer.announce_due() == 0
    assert bench.outbox.health("ris").failures == 0
    bench.place(1)
    assert announcer.announce_due() == 0
    assert bench.outbox.health("ris").last_error == "no secret"
    assert bench.endpoint.taken == []


@pytest.mark.parametrize("status", [300, 301, 307, 400, 401, 404, 410, 413, 422])
def test_what_is_refused_is_parked_after_a_few_tries(bench, status):
    bench.place(1)
    bench.endpoint.answers = [status] * 3
    for wait in (0, 10, 20):
        bench.clock.advance(wait)
        assert bench.states in ([], [PENDING])
        assert bench.announcer.announce_due() == 0
    assert bench.states == [PARKED]
    assert bench.outbox.deliveries()[0].last_status == f"refused {status}"
    ids = {headers["webhook-id"] for headers, _ in bench.endpoint.taken}
    stamps = [int(headers["webhook-timestamp"]) for headers, _ in bench.endpoint.taken]
    assert len(ids) == 1
    assert [stamp - stamps[0] for stamp in stamps] == [0, 10, 30]


@pytest.mark.parametrize("status", [408, 425, 429, 500, 502, 503])
def test_what_a_busy_receiver_does_not_take_is_tried_for_three_days(bench, status):
    bench.place(1)
    tries = 0
    while bench.states in ([], [PENDING]):
        bench.endpoint.answers = [status]
        assert bench.announcer.announce_due() == 0
        tries += 1
        bench.clock.advance(600)
    assert bench.states == [PARKED]
    assert bench.clock.now() - T0 > GIVE_UP_AFTER
    assert tries == 433  # every 600 s after the first few
    assert bench.outbox.deliveries()[0].last_status == f"busy {status}"


def test_tries_at_a_busy_receiver_say_nothing_of_refusals(bench):
    bench.place(1)
    bench.endpoint.answers = [503, 503, 503, 400]
    for _ in range(4):
        bench.announcer.announce_due()
        bench.clock.advance(600)
    assert bench.states == [PENDING]
    bench.endpoint.answers = [400]
    bench.announcer.announce_due()
    assert bench.states == [PARKED]


def test_a_busy_receiver_gets_no_more_at_once_and_one_message_holds_up_no_other(bench):
    bench.place(1, 2, 3)
    bench.endpoint.answers = [500, 500]
    assert bench.announcer.announce_due() == 0
    assert len(bench.endpoint.taken) == 1
    assert bench.announcer.announce_due() == 0
    assert bench.announcer.announce_due() == 1
    assert bench.states == [PENDING, PENDING, SENT]


def test_a_refused_message_does_not_keep_those_behind_it(bench):
    bench.place(1, 2)
    bench.endpoint.answers = [400]
    assert bench.announcer.announce_due() == 1
    assert bench.states == [PENDING, SENT]


def test_a_webhook_that_does_not_answer_is_left_alone_for_ever_longer(bench):
    bench.place(1, 2)
    bench.endpoint.answers = [200, DestinationUnreachable("no answer")]
    assert bench.announcer.announce_due() == 1
    bench.clock.advance(9)
    bench.announcer.announce_due()
    assert len(bench.endpoint.taken) == 2
    bench.endpoint.answers = [DestinationUnreachable("no answer")]
    bench.clock.advance(1)
    bench.announcer.announce_due()
    assert bench.outbox.health("ris").failures == 2
    assert bench.outbox.health("ris").next_attempt_at == after(30)
    bench.clock.set(after(30))
    assert bench.announcer.announce_due() == 1
    assert bench.outbox.health("ris").failures == 0
    assert bench.states == [SENT, SENT]


def test_what_nobody_took_for_three_days_is_parked(bench):
    bench.place(1)
    bench.announcer.outbox.announce(make_rule(), now=T0, limit=100)
    bench.clock.set(T0 + GIVE_UP_AFTER)
    bench.endpoint.answers = [DestinationUnreachable("no answer")]
    bench.announcer.announce_due()
    assert bench.states == [PARKED]
    assert bench.outbox.deliveries()[0].last_status == "no answer"


def test_what_was_refused_after_three_days_is_parked_at_once(bench):
    bench.place(1)
    bench.announcer.outbox.announce(make_rule(), now=T0, limit=100)
    bench.clock.set(T0 + GIVE_UP_AFTER)
    bench.endpoint.answers = [400]
    bench.announcer.announce_due()
    assert bench.states == [PARKED]
