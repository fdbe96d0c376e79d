"""The fakes of clients and webhooks keep the same contracts as the real adapters."""

import pytest

from tests.contracts.client_tokens import ClientTokensContract
from tests.contracts.register_ports import RegisterPorts
from tests.contracts.webhook_outbox import WebhookOutboxContract
from tests.contracts.webhook_ports import WebhookPorts
from tests.fakes.client_tokens import FakeClientTokens
from tests.fakes.event_feed import FakeEventFeed
from tests.fakes.outbox import FakeOutbox
from tests.fakes.reading_desk import FakeReadingDesk
from tests.fakes.register_rows import RegisterRows
from tests.fakes.study_register import FakeStudyRegister
from tests.fakes.webhook_outbox import FakeWebhookOutbox
from tests.fakes.worklist import FakeWorklist


class TestFakeClientTokens(ClientTokensContract):
    @pytest.fixture
    def tokens(self) -> FakeClientTokens:
        return FakeClientTokens()


class TestFakeWebhookOutbox(WebhookOutboxContract):
    @pytest.fixture
    def webhook_ports(self) -> WebhookPorts:
        rows = RegisterRows()
        return WebhookPorts(
            register=RegisterPorts(
                register=FakeStudyRegister(rows),
                worklist=FakeWorklist(rows),
                outbox=FakeOutbox(rows),
                desk=FakeReadingDesk(rows),
                set_reading=lambda *_: None,
            ),
            webhooks=FakeWebhookOutbox(rows),
            feed=FakeEventFeed(rows),
        )
