import pytest

from tests.contracts.webhook_ports import make_rule
from tests.factories import make_announcement
from triage_agent.domain.assessment import AssessmentKind
from triage_agent.domain.webhook import WebhookEvent

ABNORMAL = make_announcement(assessment=AssessmentKind.ABNORMAL)
BELOW = make_announcement(assessment=AssessmentKind.BELOW_THRESHOLD, probability=0.1)
CLOSED = make_announcement(event=WebhookEvent.CLOSED)


@pytest.mark.parametrize(
    ("rule", "announcement", "told_abnormal", "wanted"),
    [
        (make_rule(), ABNORMAL, False, True),
        (make_rule(), BELOW, False, True),
        (make_rule(only_abnormal=True), ABNORMAL, False, True),
        (make_rule(only_abnormal=True), BELOW, False, False),
        (make_rule(only_abnormal=True), BELOW, True, True),
        (make_rule(events=frozenset({WebhookEvent.PLACED})), CLOSED, True, False),
    ],
)
def test_who_is_told_what(rule, announcement, told_abnormal, wanted):
    assert rule.wants(announcement, told_abnormal=told_abnormal) is wanted
