"""How the database is opened, and what its transactions promise."""

import sqlite3
import sys
import time
from concurrent.futures import ThreadPoolExecutor
from contextlib import closing
from pathlib import Path

import pytest
import sqlalchemy as sa

from tests.contracts.register_on_sql import ports_on
from tests.contracts.register_ports import STUDY
from tests.factories import make_instance
from triage_agent.adapters.sql.engine import LOCK_SECONDS, Database, create_engine
from triage_agent.adapters.sql.schema import list_version, study
from triage_agent.errors import DatabaseUnavailable, SettingsInvalid, StorageFull


@pytest.mark.parametrize(
    ("pragma", "value"),
    [
        ("journal_mode", "wal"),
        ("synchronous", 2),  # FULL: every commit is fsynced
        ("foreign_keys", 1),
        ("busy_timeout", LOCK_SECONDS * 1000),
    ],
)
def test_every_connection_is_safe(database: Database, pragma: str, value: object) -> None:
    for transaction in (database.read, database.write):
        with transaction() as connection:
            assert connection.exec_driver_sql(f"PRAGMA {pragma}").scalar() == value


@pytest.mark.parametrize("scheme", ["postgresql", "postgresql+psycopg", "postgresql+psycopg2"])
def test_postgresql_is_spoken_through_psycopg_3(scheme: str) -> None:
    engine = create_engine(f"{scheme}://user:secret@localhost/node")
    assert engine.dialect.driver == "psycopg"
    assert "secret" not in repr(engine)


@pytest.mark.parametrize(
    ("url", "fault"),
    [
        ("not a url with secret", "cannot be read"),
        ("mysql://user:secret@localhost/node", "names mysql"),
        ("sqlite://", "names no file"),
        ("sqlite:///:memory:", "names no file"),
    ],
)
def test_a_url_that_cannot_serve_is_refused_without_repeating_it(url: str, fault: str) -> None:
    with pytest.raises(SettingsInvalid, match=fault) as caught:
        create_engine(url)
    assert "secret" not in str(caught.value)


def test_without_psycopg_it_says_what_to_install(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(sys.modules, "psycopg", None)
    with pytest.raises(SettingsInvalid, match=r"install triage-agent\[postgres\]"):
        create_engine("postgresql://localhost/node")


def _number(connection: sa.Connection) -> int:
    number: int = connection.execute(sa.select(list_version.c.number)).scalar_one()
    return number


def _count_up(connection: sa.Connection) -> None:
    connection.execute(sa.update(list_version).values(number=list_version.c.number + 1))


def test_a_transaction_that_fails_leaves_nothing(database: Database) -> None:
    def fail() -> None:
        with database.write() as connection:
            _count_up(connection)
            raise KeyError("something else")

    with pytest.raises(KeyError):
        fail()
    with database.read() as connection:
        assert _number(connection) == 0


def test_a_reading_transaction_sees_one_state(database: Database) -> None:
    with database.read() as reader:
        assert _number(reader) == 0
        with database.write() as writer:
            _count_up(writer)
        assert _number(reader) == 0
    with database.read() as reader:
        assert _number(reader) == 1


def test_threads_take_turns(database: Database) -> None:
    def count_up(_: int) -> None:
        with database.write() as connection:
            before = _number(connection)
            connection.execute(sa.update(list_version).values(number=before + 1))

    with ThreadPoolExecutor(8) as threads:
        list(threads.map(count_up, range(40)))
    with database.read() as connection:
        assert _number(connection) == 40


def test_a_lock_that_stays_is_unavailable(database: Database, sqlite_file: Path) -> None:
    other = Database(f"sqlite:///{sqlite_file}", lock_seconds=0)
    with database.write():
        with pytest.raises(DatabaseUnavailable, match="locked"):
            ports_on(other).arrive(make_instance())
        assert ports_on(other).worklist.count() == 0  # readers are not held up
    ports_on(other).arrive(make_instance())
    assert ports_on(database).worklist.count() == 1
    other.dispose()


def test_a_lock_is_waited_for_in_short_steps(
    database: Database, sqlite_file: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    slept: list[float] = []
    with closing(sqlite3.connect(sqlite_file, isolation_level=None)) as other:
        other.execute("BEGIN IMMEDIATE")

        def sleep(seconds: float) -> None:
            slept.append(seconds)
            if len(slept) == 20:
                other.execute("ROLLBACK")

        monkeypatch.setattr(time, "sleep", sleep)
        with database.write() as connection:
            _count_up(connection)

    assert len(slept) == 20
    assert max(slept) <= 0.001


def test_a_file_that_cannot_be_opened_is_unavailable(tmp_path: Path) -> None:
    with pytest.raises(DatabaseUnavailable, match="unable to open"):
        ports_on(Database(f"sqlite:///{tmp_path / 'absent' / 'x.sqlite3'}")).worklist.count()


def test_a_full_disk_is_told_and_passes(database: Database) -> None:
    ports = ports_on(database)
    ports.arrive(make_instance(StudyInstanceUID="1.2.3"))

    def limit_pages(connection: sa.Connection) -> None:
        pages = connection.exec_driver_sql("PRAGMA page_count").scalar_one()
        connection.exec_driver_sql(f"PRAGMA max_page_count = {pages}")

    sa.event.listen(database.engine, "begin", limit_pages)
    with pytest.raises(StorageFull):
        ports.arrive(make_instance(StudyDescription="x" * 100_000))
    assert ports.worklist.count() == 1
    sa.event.remove(database.engine, "begin", limit_pages)
    database.dispose()
    ports.arrive(make_instance(StudyDescription="x" * 100_000))
    assert ports.study(STUDY).revision == 1


def test_a_broken_promise_is_not_translated(database: Database) -> None:
    def write_half_a_study() -> None:
        with database.write() as connection:
            connection.execute(sa.insert(study).values(StudyInstanceUID="1.2.3"))

    with pytest.raises(sa.exc.IntegrityError):
        write_half_a_study()


def test_naive_instants_are_refused(database: Database) -> None:
    naive = make_instance().received_at.replace(tzinfo=None)
    with pytest.raises(sa.exc.StatementError, match="must be an aware datetime in UTC"):
        ports_on(database).arrive(make_instance(received_at=naive))
