"""The SQL adapters of clients and webhooks keep their contracts on SQLite."""

import pytest

from tests.contracts.client_tokens import ClientTokensContract
from tests.contracts.register_on_sql import ports_on
from tests.contracts.webhook_outbox import WebhookOutboxContract
from tests.contracts.webhook_ports import WebhookPorts
from triage_agent.adapters.sql.engine import Database
from triage_agent.adapters.sql.feed import SqlEventFeed
from triage_agent.adapters.sql.tokens import SqlClientTokens
from triage_agent.adapters.sql.webhook_outbox import SqlWebhookOutbox


class TestSqlClientTokens(ClientTokensContract):
    @pytest.fixture
    def tokens(self, database: Database) -> SqlClientTokens:
        return SqlClientTokens(database)


class TestSqlWebhookOutbox(WebhookOutboxContract):
    @pytest.fixture
    def webhook_ports(self, database: Database) -> WebhookPorts:
        return WebhookPorts(
            register=ports_on(database),
            webhooks=SqlWebhookOutbox(database),
            feed=SqlEventFeed(database),
        )
