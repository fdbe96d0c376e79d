"""The schema's history leads to the declared schema."""

from pathlib import Path

import pytest
import sqlalchemy as sa
from alembic import command
from alembic.autogenerate import compare_metadata
from alembic.runtime.migration import MigrationContext
from alembic.script import ScriptDirectory

from tests.peers.register_writer import processes, start_upgrading
from triage_agent.adapters.sql.engine import Database
from triage_agent.adapters.sql.migrate import _config, upgrade
from triage_agent.adapters.sql.revision import current_revision, newest_revision
from triage_agent.adapters.sql.schema import metadata
from triage_agent.errors import SettingsInvalid

END_SECONDS = 30.0


@pytest.fixture
def empty(tmp_path: Path) -> Database:
    return Database(f"sqlite:///{tmp_path / 'new.sqlite3'}")


def _facts(database: Database) -> dict[str, object]:
    with database.read() as connection:
        inspector = sa.inspect(connection)
        tables = {
            name: (
                {(str(each["name"]), str(each["type"]), each["nullable"]) for each in columns},
                inspector.get_pk_constraint(name),
                sorted(inspector.get_foreign_keys(name), key=str),
                sorted(inspector.get_unique_constraints(name), key=str),
            )
            for name in inspector.get_table_names()
            if name != "alembic_version" and (columns := inspector.get_columns(name))
        }
        indexes = connection.exec_driver_sql(
            "SELECT name, sql FROM sqlite_master WHERE type = 'index' AND sql IS NOT NULL"
        ).all()
    return tables | {name: " ".join(text.split()) for name, text in indexes}


def test_the_migrated_schema_is_the_declared_one(database: Database, empty: Database) -> None:
    with database.read() as connection:
        assert compare_metadata(MigrationContext.configure(connection), metadata) == []
    with empty.write() as connection:
        metadata.create_all(connection)
    # compare_metadata does not look at the conditions of partial indexes.
    assert _facts(database) == _facts(empty)


def test_the_newest_revision_is_the_head_of_the_migrations() -> None:
    assert newest_revision() == ScriptDirectory.from_config(_config()).get_current_head()


def test_a_new_database_is_brought_to_the_newest_revision(empty: Database) -> None:
    assert current_revision(empty) is None
    upgrade(empty)
    assert current_revision(empty) == newest_revision()
    upgrade(empty)
    assert current_revision(empty) == newest_revision()


def test_the_way_back_leaves_nothing(database: Database) -> None:
    config = _config()
    with database.write() as connection:
        config.attributes["connection"] = connection
        command.downgrade(config, "base")
    with database.read() as connection:
        assert sa.inspect(connection).get_table_names() == ["alembic_version"]
    upgrade(database)


def test_an_interrupted_migration_leaves_nothing(empty: Database) -> None:
    def fail_at_the_last_table(_: object, __: object, statement: str, *___: object) -> None:
        if "INSERT INTO list_version" in statement:
            raise KeyboardInterrupt

    sa.event.listen(empty.engine, "before_cursor_execute", fail_at_the_last_table)
    with pytest.raises(KeyboardInterrupt):
        upgrade(empty)
    with empty.read() as connection:
        assert sa.inspect(connection).get_table_names() == []


def test_a_database_of_a_newer_node_is_refused(database: Database) -> None:
    with database.write() as connection:
        connection.exec_driver_sql("UPDATE alembic_version SET version_num = '9999'")
    with pytest.raises(SettingsInvalid, match="another version of the node"):
        upgrade(database)
    assert current_revision(database) == "9999"


def test_processes_that_start_at_once_upgrade_once(tmp_path: Path) -> None:
    url = f"sqlite:///{tmp_path / 'new.sqlite3'}"
    ends = [processes().Pipe() for _ in range(4)]
    children = [start_upgrading(url, theirs) for _, theirs in ends]
    for ours, _ in ends:
        ours.send("go")
    revisions = [ours.recv() for ours, _ in ends]
    for child in children:
        child.join(END_SECONDS)
    assert revisions == [newest_revision()] * 4
    assert [child.exitcode for child in children] == [0] * 4
