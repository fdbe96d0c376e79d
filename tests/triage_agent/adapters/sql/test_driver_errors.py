"""Every exception of the drivers has its meaning."""

import sqlite3

import psycopg
import pytest
import sqlalchemy as sa

from triage_agent.adapters.sql.driver_errors import translated, translation
from triage_agent.errors import DatabaseUnavailable, StorageFull, TransientError


def _sqlite_error(code: int) -> sqlite3.OperationalError:
    error = sqlite3.OperationalError("what SQLite says")
    error.sqlite_errorcode = code
    return error


@pytest.mark.parametrize(
    ("code", "meaning"),
    [
        (sqlite3.SQLITE_FULL, StorageFull),
        (sqlite3.SQLITE_IOERR_SHMSIZE, StorageFull),
        (sqlite3.SQLITE_BUSY, DatabaseUnavailable),
        (sqlite3.SQLITE_BUSY_SNAPSHOT, DatabaseUnavailable),
        (sqlite3.SQLITE_BUSY_RECOVERY, DatabaseUnavailable),
        (sqlite3.SQLITE_LOCKED, DatabaseUnavailable),
        (sqlite3.SQLITE_IOERR, DatabaseUnavailable),
        (sqlite3.SQLITE_IOERR_FSYNC, DatabaseUnavailable),
        (sqlite3.SQLITE_CANTOPEN, DatabaseUnavailable),
        (sqlite3.SQLITE_PROTOCOL, DatabaseUnavailable),
        (sqlite3.SQLITE_NOMEM, DatabaseUnavailable),
        (sqlite3.SQLITE_READONLY, DatabaseUnavailable),
        (sqlite3.SQLITE_ERROR, None),  # no such table
        (sqlite3.SQLITE_CORRUPT, None),
        (sqlite3.SQLITE_NOTADB, None),
        (sqlite3.SQLITE_CONSTRAINT_UNIQUE, None),
    ],
)
def test_what_sqlite_reports(code: int, meaning: type[TransientError] | None) -> None:
    ours = translation(_sqlite_error(code))
    assert (None if ours is None else type(ours)) is meaning


@pytest.mark.parametrize(
    ("error", "meaning"),
    [
        (psycopg.errors.DiskFull, StorageFull),
        (psycopg.errors.OutOfMemory, DatabaseUnavailable),
        (psycopg.errors.TooManyConnections, DatabaseUnavailable),
        (psycopg.errors.ConnectionFailure, DatabaseUnavailable),
        (psycopg.errors.SerializationFailure, DatabaseUnavailable),
        (psycopg.errors.DeadlockDetected, DatabaseUnavailable),
        (psycopg.errors.LockNotAvailable, DatabaseUnavailable),
        (psycopg.errors.AdminShutdown, DatabaseUnavailable),
        (psycopg.errors.CannotConnectNow, DatabaseUnavailable),
        (psycopg.errors.IoError, DatabaseUnavailable),
        (psycopg.errors.ConnectionTimeout, DatabaseUnavailable),
        (psycopg.OperationalError, DatabaseUnavailable),
        (psycopg.InterfaceError, DatabaseUnavailable),
        (psycopg.errors.UndefinedTable, None),
        (psycopg.errors.UniqueViolation, None),
        (psycopg.errors.InvalidPassword, None),
        (psycopg.DataError, None),
    ],
)
def test_what_postgresql_reports(
    error: type[psycopg.Error], meaning: type[TransientError] | None
) -> None:
    ours = translation(error("what PostgreSQL says"))
    assert (None if ours is None else type(ours)) is meaning


@pytest.mark.parametrize("error", [None, KeyError("x"), sqlite3.InterfaceError("ours")])
def test_what_no_server_reports(error: BaseException | None) -> None:
    assert translation(error) is None


def test_an_exhausted_pool_is_unavailable() -> None:
    with pytest.raises(DatabaseUnavailable), translated():
        raise sa.exc.TimeoutError("QueuePool limit reached")


def test_the_cause_is_kept() -> None:
    cause = sa.exc.OperationalError("SELECT 1", {}, _sqlite_error(sqlite3.SQLITE_BUSY))
    with pytest.raises(DatabaseUnavailable, match="what SQLite says") as caught, translated():
        raise cause
    assert caught.value.__cause__ is cause


def test_what_will_not_pass_is_left_as_it_is() -> None:
    error = sa.exc.OperationalError("SELECT 1", {}, _sqlite_error(sqlite3.SQLITE_ERROR))
    with pytest.raises(sa.exc.OperationalError) as caught, translated():
        raise error
    assert caught.value is error
