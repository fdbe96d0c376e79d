"""Clients, webhooks and the feed of events keep their contracts on a real PostgreSQL server."""

import threading
from concurrent.futures import ThreadPoolExecutor

import pytest
import sqlalchemy as sa

from tests.contracts.client_tokens import ClientTokensContract
from tests.contracts.register_on_sql import ports_on
from tests.contracts.webhook_outbox import WebhookOutboxContract
from tests.contracts.webhook_ports import WebhookPorts
from tests.factories import make_instance, uid
from triage_agent.adapters.sql import story
from triage_agent.adapters.sql.engine import Database
from triage_agent.adapters.sql.feed import SqlEventFeed
from triage_agent.adapters.sql.schema import list_version
from triage_agent.adapters.sql.tokens import SqlClientTokens
from triage_agent.adapters.sql.webhook_outbox import SqlWebhookOutbox

pytestmark = pytest.mark.integration

SECONDS = 60


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


def test_no_line_turns_up_later_under_a_smaller_number(database: Database):
    """A transaction that has appended, but is not over, holds back those after it."""
    ports, feed = ports_on(database), SqlEventFeed(database)
    for number in (1, 2):
        ports.arrive(make_instance(StudyInstanceUID=uid("study", number)))
    before = feed.last()
    has_appended, may_end = threading.Event(), threading.Event()
    (line,) = ports.register.events(uid("study", 1))[:1]

    def slow() -> None:
        with database.write() as connection:
            story.append(connection, [line])
            has_appended.set()
            assert may_end.wait(SECONDS)

    with ThreadPoolExecutor() as pool:
        first = pool.submit(slow)
        assert has_appended.wait(SECONDS)
        second = pool.submit(ports.arrive, make_instance(StudyInstanceUID=uid("study", 2)))
        _wait_for_a_lock(database)
        assert feed.after(before, limit=10) == ()
        may_end.set()
        first.result(SECONDS)
        second.result(SECONDS)
    numbers = [number for number, _ in feed.after(before, limit=10)]
    told = [each.StudyInstanceUID for _, each in feed.after(before, limit=10)]
    assert numbers == sorted(numbers)
    assert told == [uid("study", 1), uid("study", 2)]


def _wait_for_a_lock(database: Database) -> None:
    """Return once a transaction waits for the list's version."""
    waiting = sa.text("SELECT count(*) FROM pg_locks WHERE NOT granted")
    for _ in range(SECONDS * 20):
        with database.read() as connection:
            if connection.execute(waiting).scalar_one():
                return
            connection.execute(sa.select(sa.func.pg_sleep(0.05), list_version.c.id))
    raise AssertionError("nothing waits")
