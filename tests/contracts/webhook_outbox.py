"""What every WebhookOutbox and EventFeed must do."""

import pytest

from tests.contracts.register_ports import STUDY
from tests.contracts.webhook_ports import WebhookPorts, make_rule
from tests.factories import (
    T0,
    after,
    make_instance,
    uid,
)
from triage_agent.domain.assessment import AssessmentKind
from triage_agent.domain.delivery import DeliveryState
from triage_agent.domain.instance import InstanceState
from triage_agent.domain.webhook import Announcement, WebhookEvent

PLACED, CLOSED = WebhookEvent.PLACED, WebhookEvent.CLOSED


class WebhookOutboxContract:
    """To inherit from, with a fixture `webhook_ports`."""

    def test_lines_are_numbered_in_the_order_in_which_they_came(
        self, webhook_ports: WebhookPorts
    ) -> None:
        feed = webhook_ports.feed
        assert feed.last() == 0
        assert feed.after(0, limit=10) == ()
        webhook_ports.arrive_and_place(0.9)
        webhook_ports.arrive_and_place(0.2, 2)
        lines = feed.after(0, limit=100)
        numbers = [number for number, _ in lines]
        assert numbers == sorted(set(numbers))
        assert numbers[-1] == feed.last()
        told = ["received", "opened", "scored", "assessed"]
        assert [line.what for _, line in lines] == told * 2
        assert [line for _, line in lines if line.StudyInstanceUID == STUDY] == list(
            webhook_ports.register.register.events(STUDY)
        )
        assert feed.after(numbers[1], limit=3) == lines[2:5]
        assert feed.after(numbers[-1], limit=3) == ()

    def test_a_placed_study_is_announced_as_it_stands(self, webhook_ports: WebhookPorts) -> None:
        webhook_ports.webhooks.enlist(["ris"])
        webhook_ports.arrive_and_place(0.9)
        study = webhook_ports.register.study()
        assert webhook_ports.look(make_rule()) == [
            Announcement(
                event=PLACED,
                at=after(1),
                StudyInstanceUID=STUDY,
                AccessionNumber="A1",
                assessment=AssessmentKind.ABNORMAL,
                probability=0.9,
                priority_class=study.placement.priority_class,
                due_at=study.placement.due_at,
                generation=1,
                revision=study.revision,
                provisional=True,
            )
        ]

    def test_a_closed_study_is_announced_once_for_each_generation(
        self, webhook_ports: WebhookPorts
    ) -> None:
        webhook_ports.webhooks.enlist(["ris"])
        webhook_ports.arrive_and_place(0.9)
        webhook_ports.look(make_rule())
        webhook_ports.register.register.close_due(after(3600))
        _, closed = webhook_ports.look(make_rule())
        assert (closed.event, closed.at, closed.provisional) == (CLOSED, after(3600), False)
        assert closed.generation == 1
        webhook_ports.arrive_and_place(0.2)
        *_, again = webhook_ports.look(make_rule())
        assert (again.event, again.generation) == (PLACED, 2)
        assert again.assessment is AssessmentKind.BELOW_THRESHOLD
        webhook_ports.register.register.close_due(after(9999))
        *_, closed = webhook_ports.look(make_rule())
        assert (closed.event, closed.generation) == (CLOSED, 2)
        assert webhook_ports.look(make_rule())[-1] == closed

    def test_a_study_with_images_to_come_or_to_score_is_provisional(
        self, webhook_ports: WebhookPorts
    ) -> None:
        webhook_ports.webhooks.enlist(["ris"])
        webhook_ports.arrive_and_place(0.9)
        webhook_ports.register.arrive(make_instance())
        webhook_ports.register.register.close_due(after(3600))
        _, closed = webhook_ports.look(make_rule())
        assert closed.provisional

    def test_what_is_not_assessed_is_announced_too(self, webhook_ports: WebhookPorts) -> None:
        webhook_ports.webhooks.enlist(["ris"])
        webhook_ports.register.arrive(
            make_instance(state=InstanceState.EXCLUDED, reason="a report", region=None)
        )
        webhook_ports.place(None)
        (told,) = webhook_ports.look(make_rule())
        assert (told.assessment, told.probability) == (AssessmentKind.NOT_ASSESSED, None)

    def test_what_was_overtaken_before_the_look_is_announced_as_it_is_now(
        self, webhook_ports: WebhookPorts
    ) -> None:
        webhook_ports.webhooks.enlist(["ris"])
        webhook_ports.arrive_and_place(0.2)
        webhook_ports.arrive_and_place(0.9)
        (told,) = [one for one in webhook_ports.look(make_rule()) if one.event is PLACED]
        assert told.probability == 0.9

    def test_a_study_that_was_opened_again_before_the_look_is_not_announced_as_closed(
        self, webhook_ports: WebhookPorts
    ) -> None:
        webhook_ports.webhooks.enlist(["ris"])
        webhook_ports.arrive_and_place(0.2)
        webhook_ports.register.register.close_due(after(3600))
        webhook_ports.register.arrive(make_instance())
        webhook_ports.webhooks.announce(make_rule(), now=after(2), limit=100)
        due = webhook_ports.webhooks.due("ris", now=after(2), limit=9)
        assert [each.announcement.event for each in due] == [PLACED]

    def test_a_look_ends_where_it_may(self, webhook_ports: WebhookPorts) -> None:
        webhook_ports.webhooks.enlist(["ris"])
        for number in range(1, 4):
            webhook_ports.arrive_and_place(0.9, number)
        looked = []
        while lines := webhook_ports.webhooks.announce(make_rule(), now=T0, limit=5):
            looked.append(lines)
        assert looked == [5, 5, 2]
        assert len(webhook_ports.webhooks.deliveries()) == 3

    def test_each_webhook_is_told_what_it_wants(self, webhook_ports: WebhookPorts) -> None:
        rules = [
            make_rule("all"),
            make_rule("closed", events=frozenset({CLOSED})),
            make_rule("abnormal", only_abnormal=True),
        ]
        webhook_ports.webhooks.enlist([rule.name for rule in rules])
        webhook_ports.arrive_and_place(0.9, 1)
        webhook_ports.arrive_and_place(0.2, 2)
        webhook_ports.register.register.close_due(after(3600))
        told = [
            {(one.event, one.StudyInstanceUID) for one in webhook_ports.look(rule)}
            for rule in rules
        ]
        one, two = uid("study", 1), uid("study", 2)
        assert told == [
            {(PLACED, one), (PLACED, two), (CLOSED, one), (CLOSED, two)},
            {(CLOSED, one), (CLOSED, two)},
            {(PLACED, one), (CLOSED, one)},
        ]

    def test_who_was_told_abnormal_is_told_that_it_is_no_longer(
        self, webhook_ports: WebhookPorts
    ) -> None:
        webhook_ports.webhooks.enlist(["ris", "late"])
        rule = make_rule(only_abnormal=True)
        webhook_ports.arrive_and_place(0.9)
        assert len(webhook_ports.look(rule)) == 1
        webhook_ports.arrive_and_place(0.1)
        *_, taken_back = webhook_ports.look(rule)
        assert taken_back.assessment is AssessmentKind.BELOW_THRESHOLD
        assert webhook_ports.look(make_rule("late", only_abnormal=True)) == []

    def test_a_webhook_is_told_what_happens_while_it_is_enlisted(
        self, webhook_ports: WebhookPorts
    ) -> None:
        webhooks = webhook_ports.webhooks
        webhook_ports.arrive_and_place(0.9, 1)
        assert webhook_ports.look(make_rule()) == []
        webhooks.enlist(["ris"])
        assert webhook_ports.look(make_rule()) == []
        webhook_ports.arrive_and_place(0.9, 2)
        webhooks.enlist(["ris", "other"])  # it was there before: nothing is left out
        webhook_ports.arrive_and_place(0.9, 3)
        webhooks.enlist([])
        webhook_ports.arrive_and_place(0.9, 4)
        assert webhook_ports.look(make_rule()) == []
        webhooks.enlist(["ris"])
        webhook_ports.arrive_and_place(0.9, 5)
        told = [one.StudyInstanceUID for one in webhook_ports.look(make_rule())]
        assert told == [uid("study", 5)]

    def test_what_is_sent_is_not_due(self, webhook_ports: WebhookPorts) -> None:
        (first, second) = self.two_due(webhook_ports)
        webhook_ports.webhooks.record_sent(first, "204", now=after(3))
        assert self.due(webhook_ports) == [second]
        webhook_ports.webhooks.record_failure(first, "500", next_attempt_at=after(4))
        *_, sent = webhook_ports.webhooks.deliveries()
        assert (sent.id, sent.state, sent.attempts) == (first, DeliveryState.SENT, 1)
        assert (sent.last_status, sent.sent_at) == ("204", after(3))
        webhook_ports.webhooks.record_sent(first, "200", now=after(9))
        assert webhook_ports.webhooks.deliveries()[-1] == sent

    def test_what_failed_is_due_later_or_parked(self, webhook_ports: WebhookPorts) -> None:
        (first, second) = self.two_due(webhook_ports)
        webhook_ports.webhooks.record_failure(first, "busy 503", next_attempt_at=after(60))
        webhook_ports.webhooks.record_failure(second, "refused 400", next_attempt_at=None)
        assert self.due(webhook_ports, 59) == []
        assert self.due(webhook_ports, 60) == [first]
        one, two = webhook_ports.webhooks.deliveries(webhook="ris")
        assert (one.state, one.attempts, one.last_status) == (DeliveryState.PENDING, 1, "busy 503")
        assert (two.state, two.attempts) == (DeliveryState.PARKED, 1)
        webhook_ports.webhooks.record_failure(second, "again", next_attempt_at=after(1))
        assert webhook_ports.webhooks.deliveries()[1] == two

    def test_nothing_is_due_while_the_webhook_does_not_answer(
        self, webhook_ports: WebhookPorts
    ) -> None:
        webhooks = webhook_ports.webhooks
        (first, second) = self.two_due(webhook_ports)
        for seconds in (10, 20):
            webhooks.record_unreachable("ris", "no answer", next_attempt_at=after(seconds))
        health = webhooks.health("ris")
        assert (health.failures, health.next_attempt_at) == (2, after(20))
        assert (health.destination, health.last_error) == ("ris", "no answer")
        assert self.due(webhook_ports, 19) == []
        assert self.due(webhook_ports, 20) == [first, second]
        webhooks.record_sent(first, "200", now=after(21))
        health = webhooks.health("ris")
        assert (health.failures, health.next_attempt_at, health.last_error) == (0, None, "")
        assert webhooks.health("never heard of").failures == 0

    def test_a_clock_that_was_ahead_makes_nothing_wait(self, webhook_ports: WebhookPorts) -> None:
        (first, second) = self.two_due(webhook_ports)
        webhook_ports.webhooks.record_failure(first, "busy 503", next_attempt_at=after(660))
        assert self.due(webhook_ports, 60) == [second]
        assert self.due(webhook_ports, 59) == [first, second]
        webhook_ports.webhooks.record_unreachable("ris", "no answer", next_attempt_at=after(670))
        assert self.due(webhook_ports, 70) == []
        assert self.due(webhook_ports, 59) == [first, second]

    def test_retry_makes_everything_due_at_once(self, webhook_ports: WebhookPorts) -> None:
        webhooks = webhook_ports.webhooks
        (first, second) = self.two_due(webhook_ports)
        webhooks.record_failure(first, "refused 400", next_attempt_at=None)
        webhooks.record_failure(second, "busy 503", next_attempt_at=after(600))
        webhooks.record_unreachable("ris", "no answer", next_attempt_at=after(600))
        assert webhooks.retry(webhook="other", now=after(3)) == 0
        assert self.due(webhook_ports, 3) == []
        assert webhooks.retry(webhook="ris", now=after(3)) == 2
        assert self.due(webhook_ports, 3) == [first, second]
        webhooks.record_sent(first, "200", now=after(4))
        assert webhooks.retry(webhook=None, now=after(5)) == 1

    def test_announcements_are_listed_and_counted(self, webhook_ports: WebhookPorts) -> None:
        webhooks = webhook_ports.webhooks
        assert webhooks.counts() == {}
        webhooks.enlist(["ris", "other"])
        for number in range(1, 6):
            webhook_ports.arrive_and_place(0.9, number)
        webhook_ports.look(make_rule())
        webhook_ports.look(make_rule("other"))
        a, b, c, d, e = (each.id for each in webhooks.deliveries(webhook="ris"))
        webhooks.record_sent(b, "200", now=after(1))
        webhooks.record_sent(a, "200", now=after(2))
        webhooks.record_failure(d, "refused 404", next_attempt_at=None)
        listed = [each.id for each in webhooks.deliveries(webhook="ris")]
        assert listed == [c, d, e, a, b]
        for limit in range(1, 6):
            some = webhooks.deliveries(webhook="ris", limit=limit)
            assert [each.id for each in some] == listed[:limit]
        assert webhooks.counts() == {
            ("ris", DeliveryState.PENDING): 2,
            ("ris", DeliveryState.PARKED): 1,
            ("ris", DeliveryState.SENT): 2,
            ("other", DeliveryState.PENDING): 5,
        }

    def test_no_delivery_is_made_up(self, webhook_ports: WebhookPorts) -> None:
        with pytest.raises(LookupError):
            webhook_ports.webhooks.record_sent(999, "200", now=T0)
        with pytest.raises(LookupError):
            webhook_ports.webhooks.record_failure(999, "500", next_attempt_at=None)

    def two_due(self, webhook_ports: WebhookPorts) -> tuple[int, int]:
        webhook_ports.webhooks.enlist(["ris"])
        for number in (1, 2):
            webhook_ports.arrive_and_place(0.9, number)
        webhook_ports.look(make_rule())
        first, second = self.due(webhook_ports)
        return first, second

    def due(self, webhook_ports: WebhookPorts, seconds: float = 2) -> list[int]:
        due = webhook_ports.webhooks.due("ris", now=after(seconds), limit=10)
        return [each.id for each in due]
