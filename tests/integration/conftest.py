"""One PostgreSQL server for all tests here; each test has a database of its own."""

from collections.abc import Iterator

import pytest

from tests.peers.postgresql import PostgresqlCluster, postgresql_cluster
from triage_agent.adapters.sql.engine import Database
from triage_agent.adapters.sql.migrate import upgrade


@pytest.fixture(scope="session")
def cluster() -> Iterator[PostgresqlCluster]:
    with postgresql_cluster() as running:
        yield running


@pytest.fixture(scope="session")
def migrated(cluster: PostgresqlCluster) -> str:
    """Name of a database with all tables and no rows: copying it is quicker than migrating."""
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
