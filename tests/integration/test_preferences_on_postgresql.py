"""Preferences keep their contract on a real PostgreSQL server."""

import pytest

from tests.contracts.preferences import PreferenceStoreContract
from triage_agent.adapters.sql.engine import Database
from triage_agent.adapters.sql.preferences import SqlPreferenceStore

pytestmark = pytest.mark.integration


class TestSqlPreferenceStore(PreferenceStoreContract):
    @pytest.fixture
    def store(self, database: Database) -> SqlPreferenceStore:
        return SqlPreferenceStore(database)
