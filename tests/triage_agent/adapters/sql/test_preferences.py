import pytest
import sqlalchemy as sa

from tests.contracts.preferences import PreferenceStoreContract
from triage_agent.adapters.sql.engine import Database
from triage_agent.adapters.sql.preferences import SqlPreferenceStore
from triage_agent.adapters.sql.preferences_tables import preferences
from triage_agent.domain.preferences import Column, Preferences


class TestSqlPreferenceStore(PreferenceStoreContract):
    @pytest.fixture
    def store(self, database: Database) -> SqlPreferenceStore:
        return SqlPreferenceStore(database)


def test_what_another_version_kept_is_read_as_far_as_it_is_known(database: Database):
    with database.write() as connection:
        chosen = {"columns": ["model", "horoscope", "place"], "fortune": 1}
        connection.execute(sa.insert(preferences).values(user_name="reader", chosen=chosen))
    kept = SqlPreferenceStore(database).of("reader")
    assert kept == Preferences(columns=(Column.PLACE, Column.MODEL))
