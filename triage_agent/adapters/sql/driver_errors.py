"""Exceptions of the database drivers become ours here and nowhere else.

What is not listed (a broken constraint, a missing table, a damaged file) does not pass by itself
and is left as it is.
"""

import sqlite3
from collections.abc import Iterator
from contextlib import contextmanager

import sqlalchemy as sa

from triage_agent.errors import DatabaseUnavailable, StorageFull, TransientError

# https://www.sqlite.org/rescode.html; the low byte of an extended code is its primary code.
# The shared-memory file of the write-ahead log reports a full disk with a code of its own.
_SQLITE_FULL = frozenset({sqlite3.SQLITE_FULL, sqlite3.SQLITE_IOERR_SHMSIZE})
_SQLITE_WILL_PASS = frozenset(
    {
        sqlite3.SQLITE_BUSY,
        sqlite3.SQLITE_LOCKED,
        sqlite3.SQLITE_IOERR,
        sqlite3.SQLITE_CANTOPEN,
        sqlite3.SQLITE_PROTOCOL,
        sqlite3.SQLITE_NOMEM,
        sqlite3.SQLITE_READONLY,
    }
)
# https://www.postgresql.org/docs/current/errcodes-appendix.html
_POSTGRESQL_FULL = "53100"
# Connection, transaction rollback, resources, object in use, operator intervention, system.
_POSTGRESQL_WILL_PASS = ("08", "40", "53", "55", "57", "58")


@contextmanager
def translated() -> Iterator[None]:
    """Raise StorageFull or DatabaseUnavailable in place of the driver's exceptions."""
    try:
        yield
    except sa.exc.TimeoutError as error:
        raise DatabaseUnavailable(f"no database connection became free: {error}") from error
    except sa.exc.DBAPIError as error:
        ours = translation(error.orig)
        if ours is None:
            raise
        raise ours from error


def translation(error: BaseException | None) -> TransientError | None:
    """Return what a driver's exception means to the node, or None if it will not pass."""
    if isinstance(error, sqlite3.Error):
        return _of_sqlite(error)
    # psycopg is optional, so its exceptions are known by their state and not by their class.
    # Without a state there was no server to give one.
    state = getattr(error, "sqlstate", None)
    if state == _POSTGRESQL_FULL:
        return StorageFull(f"the database has no space left: {error}")
    if state is None and _is_of_psycopg(error):
        return DatabaseUnavailable(f"the database does not answer: {error}")
    if state is not None and state.startswith(_POSTGRESQL_WILL_PASS):
        return DatabaseUnavailable(f"the database is not available: {error}")
    return None


def is_locked(error: BaseException | None) -> bool:
    """Say whether another connection to a SQLite file has the lock that was asked for."""
    return getattr(error, "sqlite_errorcode", 0) & 0xFF == sqlite3.SQLITE_BUSY


def _of_sqlite(error: sqlite3.Error) -> TransientError | None:
    code = getattr(error, "sqlite_errorcode", None)  # the module's own errors have none
    if code is None:
        return None
    if code in _SQLITE_FULL:
        return StorageFull(f"the database has no space left: {error}")
    if code & 0xFF in _SQLITE_WILL_PASS:
        return DatabaseUnavailable(f"the database is not available: {error}")
    return None


def _is_of_psycopg(error: BaseException | None) -> bool:
    return any(
        kind.__module__.startswith("psycopg")
        and kind.__name__ in {"OperationalError", "InterfaceError"}
        for kind in type(error).__mro__
    )
