"""The SQL adapters keep the contracts on SQLite."""

from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.contracts.list_queries import ListQueriesContract
from tests.contracts.outbox import OutboxContract
from tests.contracts.readers_at_once import ReadersAtOnceContract
from tests.contracts.reading_desk import ReadingDeskContract
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


class TestSqlListQueries(_OnSqlite, ListQueriesContract):
    pass


class TestSqlReadingDesk(_OnSqlite, ReadingDeskContract):
    pass


class TestReadersAtOnce(ReadersAtOnceContract):
    @pytest.fixture
    def several(self, sqlite_file: Path) -> Iterator[list[RegisterPorts]]:
        databases = [Database(f"sqlite:///{sqlite_file}") for _ in range(2)]
        yield [ports_on(each) for each in databases]
        for each in databases:
            each.dispose()


class TestSqlOutbox(_OnSqlite, OutboxContract):
    pass
