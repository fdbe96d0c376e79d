"""Accounts keep their contract on a real PostgreSQL server."""

import threading
from concurrent.futures import ThreadPoolExecutor

import pytest

from tests.contracts.accounts import SLOW, AccountsContract
from tests.factories import T0
from triage_agent.adapters.sql.accounts import SqlAccounts
from triage_agent.adapters.sql.engine import Database

pytestmark = pytest.mark.integration


class TestSqlAccounts(AccountsContract):
    @pytest.fixture
    def accounts(self, database: Database) -> SqlAccounts:
        return SqlAccounts(database)


def test_attempts_made_at_once_do_not_slip_through(database: Database):
    accounts = SqlAccounts(database)
    barrier = threading.Barrier(8)

    def attempt(_: int) -> bool:
        barrier.wait(30)
        return accounts.count_attempt({"a": SLOW, "b": SLOW}, T0) is None

    with ThreadPoolExecutor(8) as threads:
        assert sum(threads.map(attempt, range(8))) == SLOW.free + 1
