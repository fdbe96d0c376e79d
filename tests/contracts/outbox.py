"""What every Outbox must do."""

import pytest

from tests.contracts.register_ports import STUDY, RegisterPorts
from tests.factories import T0, after, make_instance, make_placement, make_result, uid
from triage_agent.domain.delivery import Delivery, DeliveryState, Result, ResultKind


class OutboxContract:
    @pytest.fixture
    def ports(self) -> RegisterPorts:
        raise NotImplementedError

    def only(self, ports: RegisterPorts) -> Delivery:
        (delivery,) = ports.outbox.deliveries()
        return delivery

    def due(
        self, ports: RegisterPorts, destination: str = "pacs", seconds: float = 0
    ) -> list[Result]:
        found = ports.outbox.due(destination, now=after(seconds), limit=100)
        return [each.result for each in found]

    def test_a_new_delivery_is_due_at_once(self, ports: RegisterPorts) -> None:
        (result,) = ports.deliver(1, "pacs")
        (delivery,) = ports.outbox.due("pacs", now=T0, limit=10)
        assert delivery == self.only(ports)
        assert (delivery.result, delivery.destination) == (result, "pacs")
        assert (delivery.state, delivery.attempts) == (DeliveryState.PENDING, 0)
        assert (delivery.last_status, delivery.sent_at) == ("", None)
        assert ports.outbox.due("archive", now=T0, limit=10) == ()

    def test_the_most_urgent_study_goes_first_and_reports_before_overlays(
        self, ports: RegisterPorts
    ) -> None:
        expected = {}
        for number, due in ((1, 300), (2, 100), (3, 200)):
            study = uid("study", number)
            ports.complete(make_instance(StudyInstanceUID=study), due_in_seconds=due)
            made = [
                make_result(StudyInstanceUID=study, kind=kind)
                for kind in (
                    ResultKind.SECONDARY_CAPTURE,
                    ResultKind.STRUCTURED_REPORT,
                    ResultKind.SECONDARY_CAPTURE,
                )
            ]
            ports.report(made, "pacs", StudyInstanceUID=study)
            expected[number] = [made[1], made[0], made[2]]
        ports.arrive(make_instance(StudyInstanceUID=uid("study", 1)), stat=True)
        order = expected[1] + expected[2] + expected[3]
        assert self.due(ports) == order
        few = ports.outbox.due("pacs", now=T0, limit=4)
        assert [each.result for each in few] == order[:4]

    def test_the_order_follows_the_place_of_the_study(self, ports: RegisterPorts) -> None:
        (first,) = ports.deliver(1, "pacs", due_in_seconds=100)
        (second,) = ports.deliver(2, "pacs", due_in_seconds=200)
        assert self.due(ports) == [first, second]
        ports.arrive(make_instance(StudyInstanceUID=uid("study", 2)))
        ports.assess(uid("study", 2), make_placement(50))
        assert self.due(ports) == [second, first]

    def test_an_earlier_generation_goes_before_the_one_that_names_it(
        self, ports: RegisterPorts
    ) -> None:
        overlay = make_result(kind=ResultKind.SECONDARY_CAPTURE)
        ports.complete(make_instance())
        ports.report([overlay], "pacs")
        ports.complete(make_instance(received_at=after(1)))
        report = make_result(generation=2)
        ports.report([report], "pacs")
        assert self.due(ports) == [overlay, report]

    def test_a_sent_object_is_done(self, ports: RegisterPorts) -> None:
        ports.deliver(1, "pacs")
        number = self.only(ports).id
        ports.outbox.record_sent(number, "0x0000", now=after(5))
        sent = self.only(ports)
        assert (sent.state, sent.attempts) == (DeliveryState.SENT, 1)
        assert (sent.last_status, sent.sent_at) == ("0x0000", after(5))
        assert self.due(ports, seconds=1000) == []
        assert ports.story()[-1] == "delivered"
        told = ports.register.events(uid("study", 1))[-1]
        assert told.detail == f"sr {sent.result.SOPInstanceUID} to pacs"
        ports.outbox.record_sent(number, "0x0000", now=after(9))
        assert self.only(ports) == sent
        assert ports.register.events(uid("study", 1))[-1] == told

    def test_a_refused_object_waits_for_its_next_attempt(self, ports: RegisterPorts) -> None:
        refused, other = ports.deliver(1, "pacs", results=2)
        first = ports.outbox.due("pacs", now=T0, limit=1)[0]
        assert first.result == refused
        ports.outbox.record_failure(first.id, "0xA700", next_attempt_at=after(30), now=T0)
        assert self.due(ports, seconds=29) == [other]
        assert self.due(ports, seconds=30) == [refused, other]
        waiting = ports.outbox.due("pacs", now=after(30), limit=1)[0]
        assert (waiting.state, waiting.attempts) == (DeliveryState.PENDING, 1)
        assert (waiting.last_status, waiting.next_attempt_at) == ("0xA700", after(30))
        assert ports.story()[-1] == "delivery failed"

    def test_a_clock_that_was_ahead_makes_no_object_wait(self, ports: RegisterPorts) -> None:
        (result,) = ports.deliver(1, "pacs")
        number = self.only(ports).id
        ports.outbox.record_failure(number, "0xA700", next_attempt_at=after(601), now=T0)
        assert self.due(ports, seconds=1) == []
        assert self.due(ports, seconds=0) == [result]

    def test_a_clock_that_was_ahead_makes_no_destination_wait(self, ports: RegisterPorts) -> None:
        (result,) = ports.deliver(1, "pacs")
        ports.outbox.record_unreachable("pacs", "down", next_attempt_at=after(601), now=T0)
        assert self.due(ports, seconds=1) == []
        assert self.due(ports, seconds=0) == [result]

    def test_an_object_refused_for_good_is_parked(self, ports: RegisterPorts) -> None:
        ports.deliver(1, "pacs")
        number = self.only(ports).id
        ports.outbox.record_failure(number, "0xC000", next_attempt_at=None, now=T0)
        parked = self.only(ports)
        assert (parked.state, parked.attempts) == (DeliveryState.PARKED, 1)
        assert parked.last_status == "0xC000"
        assert self.due(ports, seconds=10**6) == []
        assert ports.story()[-2:] == ["delivery failed", "parked"]

    @pytest.mark.parametrize("sent", [True, False])
    def test_a_failure_that_comes_too_late_changes_nothing(
        self,
        ports: RegisterPorts,
        sent: bool,  # noqa: FBT001  a test's parameter
    ) -> None:
        ports.deliver(1, "pacs")
        number = self.only(ports).id
        if sent:
            ports.outbox.record_sent(number, "0x0000", now=T0)
        else:
            ports.outbox.park(destination=None, now=T0)
        before = self.only(ports)
        ports.outbox.record_failure(number, "0xA700", next_attempt_at=after(1), now=T0)
        assert self.only(ports) == before

    def test_a_parked_object_that_was_taken_after_all_is_sent(self, ports: RegisterPorts) -> None:
        ports.deliver(1, "pacs")
        ports.outbox.park(destination=None, now=T0)
        ports.outbox.record_sent(self.only(ports).id, "0x0000", now=T0)
        assert self.only(ports).state is DeliveryState.SENT

    def test_unknown_deliveries_are_named_as_such(self, ports: RegisterPorts) -> None:
        with pytest.raises(LookupError):
            ports.outbox.record_sent(7, "0x0000", now=T0)
        with pytest.raises(LookupError):
            ports.outbox.record_failure(7, "0xA700", next_attempt_at=None, now=T0)

    def test_nothing_is_due_while_the_destination_does_not_answer(
        self, ports: RegisterPorts
    ) -> None:
        (result,) = ports.deliver(1, "pacs", "archive")
        for seconds in (10, 20):
            ports.outbox.record_unreachable(
                "pacs", "no association", next_attempt_at=after(seconds), now=T0
            )
        health = ports.outbox.health("pacs")
        assert (health.failures, health.next_attempt_at) == (2, after(20))
        assert (health.destination, health.last_error) == ("pacs", "no association")
        assert self.due(ports, seconds=19) == []
        assert self.due(ports, "archive") == [result]
        assert self.due(ports, seconds=20) == [result]
        assert {each.attempts for each in ports.outbox.deliveries()} == {0}

    def test_a_sent_object_clears_the_destinations_failures(self, ports: RegisterPorts) -> None:
        ports.deliver(1, "pacs", "archive")
        for name in ("pacs", "archive"):
            ports.outbox.record_unreachable(name, "down", next_attempt_at=after(9), now=T0)
        (delivery,) = ports.outbox.deliveries(destination="pacs")
        ports.outbox.record_sent(delivery.id, "0x0000", now=after(9))
        health = ports.outbox.health("pacs")
        assert (health.failures, health.next_attempt_at, health.last_error) == (0, None, "")
        assert ports.outbox.health("archive").failures == 1

    def test_a_destination_never_heard_of_is_healthy(self, ports: RegisterPorts) -> None:
        health = ports.outbox.health("pacs")
        assert (health.failures, health.next_attempt_at, health.last_error) == (0, None, "")

    def test_an_unreachable_destination_without_deliveries_is_remembered(
        self, ports: RegisterPorts
    ) -> None:
        ports.outbox.record_unreachable("pacs", "down", next_attempt_at=after(9), now=T0)
        assert ports.outbox.health("pacs").failures == 1
        ports.deliver(1, "pacs")
        assert self.due(ports) == []

    def test_unsent_deliveries_are_listed_first_then_the_newest_sent(
        self, ports: RegisterPorts
    ) -> None:
        ports.deliver(1, "pacs", "archive", results=5)
        ids = {
            name: sorted(each.id for each in ports.outbox.deliveries(destination=name))
            for name in ("pacs", "archive")
        }
        a, b, c, d, e = ids["pacs"]
        ports.outbox.record_sent(b, "0x0000", now=after(1))
        ports.outbox.record_sent(a, "0x0000", now=after(2))
        ports.outbox.record_sent(d, "0x0000", now=after(3))
        ports.outbox.record_failure(c, "0xC000", next_attempt_at=None, now=after(4))
        listed = [each.id for each in ports.outbox.deliveries(destination="pacs")]
        assert listed == [c, e, d, a, b]
        for limit in range(1, 6):
            some = ports.outbox.deliveries(destination="pacs", limit=limit)
            assert [each.id for each in some] == listed[:limit]
        everything = [each.id for each in ports.outbox.deliveries()]
        assert everything == [*sorted([*ids["archive"], c, e]), d, a, b]

    def test_the_deliveries_of_one_study_are_found_behind_any_number_of_others(
        self, ports: RegisterPorts
    ) -> None:
        ports.deliver(1, "pacs", results=1001)
        mine = ports.deliver(2, "pacs", "archive", results=2)
        study = uid("study", 2)
        found = ports.outbox.deliveries(StudyInstanceUID=study)
        assert {(each.result, each.destination) for each in found} == {
            (result, name) for result in mine for name in ("pacs", "archive")
        }
        ids = sorted(each.id for each in found)
        ports.outbox.record_sent(ids[0], "0x0000", now=after(1))
        ports.outbox.record_sent(ids[1], "0x0000", now=after(2))
        listed = ports.outbox.deliveries(StudyInstanceUID=study)
        assert [each.id for each in listed] == [*ids[2:], ids[1], ids[0]]
        assert ports.outbox.deliveries(StudyInstanceUID=study, limit=3) == listed[:3]
        to_pacs = ports.outbox.deliveries(destination="pacs", StudyInstanceUID=study)
        assert to_pacs == tuple(each for each in listed if each.destination == "pacs")
        assert len(to_pacs) == 2

    def test_a_study_or_destination_without_deliveries_has_none(self, ports: RegisterPorts) -> None:
        ports.deliver(1, "pacs")
        ports.arrive(make_instance(StudyInstanceUID=uid("study", 2)))
        assert ports.outbox.deliveries(StudyInstanceUID=uid("study", 2)) == ()
        assert ports.outbox.deliveries(StudyInstanceUID=uid("study", 3)) == ()
        assert ports.outbox.deliveries(destination="archive", StudyInstanceUID=STUDY) == ()

    def test_every_delivery_is_counted_by_destination_and_state(self, ports: RegisterPorts) -> None:
        assert ports.outbox.counts() == {}
        ports.deliver(1, "pacs", results=1001)
        ports.deliver(2, "archive", results=3)
        assert ports.outbox.counts() == {
            ("pacs", DeliveryState.PENDING): 1001,
            ("archive", DeliveryState.PENDING): 3,
        }
        sent, refused = ports.outbox.deliveries(destination="pacs", limit=2)
        ports.outbox.record_sent(sent.id, "0x0000", now=T0)
        ports.outbox.record_failure(refused.id, "0xC000", next_attempt_at=None, now=T0)
        for each in ports.outbox.deliveries(destination="archive"):
            ports.outbox.record_sent(each.id, "0x0000", now=T0)
        ports.outbox.record_unreachable("silent", "down", next_attempt_at=after(9), now=T0)
        assert ports.outbox.counts() == {
            ("pacs", DeliveryState.PENDING): 999,
            ("pacs", DeliveryState.PARKED): 1,
            ("pacs", DeliveryState.SENT): 1,
            ("archive", DeliveryState.SENT): 3,
        }

    def test_retry_makes_everything_due_at_once(self, ports: RegisterPorts) -> None:
        ports.deliver(1, "pacs", "archive", results=3)
        sent, parked, waiting = ports.outbox.deliveries(destination="pacs")
        ports.outbox.record_sent(sent.id, "0x0000", now=T0)
        ports.outbox.record_failure(parked.id, "0xC000", next_attempt_at=None, now=T0)
        ports.outbox.record_failure(waiting.id, "0xA700", next_attempt_at=after(600), now=T0)
        for name in ("pacs", "archive"):
            ports.outbox.record_unreachable(name, "down", next_attempt_at=after(600), now=T0)
        assert ports.outbox.retry(destination="pacs", now=after(1)) == 2
        due = ports.outbox.due("pacs", now=after(1), limit=10)
        assert {each.id for each in due} == {parked.id, waiting.id}
        assert {each.attempts for each in due} == {1}
        assert ports.outbox.health("pacs").failures == 1
        assert self.due(ports, "archive", 1) == []
        assert ports.outbox.retry(destination=None, now=after(1)) == 5
        assert len(self.due(ports, "archive", 1)) == 3
        assert ports.story()[-1] == "retry asked for"

    def test_retry_of_nothing(self, ports: RegisterPorts) -> None:
        assert ports.outbox.retry(destination=None, now=T0) == 0
        assert ports.outbox.park(destination=None, now=T0) == 0

    def test_park_holds_back_all_that_is_pending(self, ports: RegisterPorts) -> None:
        ports.deliver(1, "pacs", "archive", results=2)
        sent, held = ports.outbox.deliveries(destination="pacs")
        ports.outbox.record_sent(sent.id, "0x0000", now=T0)
        assert ports.outbox.park(destination="pacs", now=T0) == 1
        assert self.due(ports, seconds=10**6) == []
        assert len(self.due(ports, "archive")) == 2
        parked = ports.outbox.deliveries(destination="pacs")[0]
        assert (parked.id, parked.state) == (held.id, DeliveryState.PARKED)
        assert ports.story()[-1] == "parked"
        assert ports.outbox.park(destination=None, now=T0) == 2
