"""The ports of webhooks, and the rows from which they announce."""

from dataclasses import dataclass
from typing import Any

from tests.contracts.register_ports import STUDY, RegisterPorts
from tests.factories import (
    after,
    make_assessment,
    make_instance,
    make_placement,
    uid,
)
from triage_agent.domain.instance import Instance
from triage_agent.domain.webhook import Announcement, WebhookEvent, WebhookRule
from triage_agent.ports.feed import EventFeed
from triage_agent.ports.webhooks import WebhookOutbox


def make_rule(name: str = "ris", **overrides: Any) -> WebhookRule:
    values: dict[str, Any] = {"events": frozenset(WebhookEvent), "only_abnormal": False}
    return WebhookRule(name=name, **(values | overrides))


@dataclass(frozen=True, kw_only=True)
class WebhookPorts:
    """The ports under test, over the same rows as the register that fills them."""

    register: RegisterPorts
    webhooks: WebhookOutbox
    feed: EventFeed

    def place(self, probability: float | None, StudyInstanceUID: str = STUDY) -> None:
        """Assess a study from its present revision."""
        study = self.register.study(StudyInstanceUID)
        assert self.register.register.record_assessment(
            StudyInstanceUID,
            make_assessment(probability),
            make_placement(300),
            revision=study.revision,
            now=after(1),
        )

    def arrive_and_place(self, probability: float, number: int = 1) -> Instance:
        """Bring one more image of a study, scored, and its study's assessment by that alone."""
        instance = make_instance(StudyInstanceUID=uid("study", number))
        self.register.arrive(instance)
        self.register.score(instance, probability=probability)
        self.place(probability, uid("study", number))
        return instance

    def look(self, rule: WebhookRule) -> list[Announcement]:
        """Look at all that is new; return what is on its way and was not tried."""
        while self.webhooks.announce(rule, now=after(2), limit=3):
            pass
        due = self.webhooks.due(rule.name, now=after(2), limit=100)
        return [each.announcement for each in due if each.attempts == 0]
