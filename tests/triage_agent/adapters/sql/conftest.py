"""Databases for the tests of the SQL adapters."""

import shutil
from collections.abc import Iterator
from pathlib import Path

import pytest

from triage_agent.adapters.sql.engine import Database
from triage_agent.adapters.sql.migrate import upgrade


@pytest.fixture(scope="session")
def migrated_file(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A SQLite file with all tables and no rows, to be copied."""
    path = tmp_path_factory.mktemp("sqlite") / "empty.sqlite3"
    database = Database(f"sqlite:///{path}")
    upgrade(database)
    database.dispose()  # the last connection to go folds the write-ahead log into the file
    return path


@pytest.fixture
def sqlite_file(migrated_file: Path, tmp_path: Path) -> Path:
    """A test's own migrated SQLite file."""
    return Path(shutil.copy(migrated_file, tmp_path / "triage.sqlite3"))


@pytest.fixture
def database(sqlite_file: Path) -> Iterator[Database]:
    """A test's own migrated SQLite database."""
    database = Database(f"sqlite:///{sqlite_file}")
    yield database
    database.dispose()
