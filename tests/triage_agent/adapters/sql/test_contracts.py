"""The SQL adapters keep the contracts on SQLite."""

import pytest

from tests.contracts.outbox import OutboxContract
from tests.contracts.register_on_sql import ports_on
from tests.contracts.register_ports import RegisterPorts
from tests.contracts.study_register import StudyRegisterContract
from tests.contracts.worklist import WorklistContract
from triage_agent.adapters.sql.engine import Database


class _OnSqlite:
    @pytest.fixture
    def ports(self, database: Database) -> RegisterPorts:
        return ports_on(database)


class TestSqlStudyRegister(_OnSqlite, StudyRegisterContract):
    pass


class TestSqlWorklist(_OnSqlite, WorklistContract):
    pass


class TestSqlOutbox(_OnSqlite, OutboxContract):
    pass
