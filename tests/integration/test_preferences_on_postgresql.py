"""Preferences keep their contract on a real PostgreSQL server."""

from collections.abc import Iterator

import pytest

from tests.contracts.preferences import PreferenceStoreContract
from tests.peers.postgresql import postgresql_cluster
from triage_agent.adapters.sql.engine import Database
from triage_agent.adapters.sql.migrate import upgrade
from triage_agent.adapters.sql.preferences import SqlPreferenceStore

pytestmark = pytest.mark.integration


class TestSqlPreferenceStore(PreferenceStoreContract):
    @pytest.fixture
    def store(self) -> Iterator[SqlPreferenceStore]:
        with postgresql_cluster() as cluster:
            database = Database(cluster.url(cluster.create_database()))
            upgrade(database)
            yield SqlPreferenceStore(database)
            database.dispose()
