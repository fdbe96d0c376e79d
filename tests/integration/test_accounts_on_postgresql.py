"""Accounts keep their contract on a real PostgreSQL server."""

import threading
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor

import pytest

from tests.contracts.accounts import SLOW, AccountsContract
from tests.factories import T0
from tests.peers.postgresql import PostgresqlCluster, postgresql_cluster
from triage_agent.adapters.sql.accounts import SqlAccounts
from triage_agent.adapters.sql.engine import Database
from triage_agent.adapters.sql.migrate import upgrade

pytestmark = pytest.mark.integration


@pytest.fixture(scope="module")
def cluster() -> Iterator[PostgresqlCluster]:
    with postgresql_cluster() as running:
        yield running


@pytest.fixture(scope="module")
def migrated(cluster: PostgresqlCluster) -> str:
    name = cluster.create_database()
    database = Database(cluster.url(name))
    upgrade(database)
    database.dispose()
    return name


@pytest.fixture
def database(cluster: PostgresqlCluster, migrated: str) -> Iterator[Database]:
    database = Database(cluster.url(cluster.create_database(migrated)))
    yield database
    database.dispose()


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
