"""The database: how it is opened, and the two kinds of transaction."""

import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager, nullcontext
from functools import partial
from typing import Any

import sqlalchemy as sa
from sqlalchemy.engine.interfaces import DBAPIConnection
from sqlalchemy.pool import ConnectionPoolEntry

from triage_agent.adapters.sql.driver_errors import is_locked, translated
from triage_agent.errors import SettingsInvalid

# As long as the longest commit on a slow disk may hold the others up.
LOCK_SECONDS = 30
CONNECT_SECONDS = 10
# A receiver runs a thread per association, and each needs a connection while it registers.
_SPARE_CONNECTIONS = 100
_LOCK_CHECK_SECONDS = 0.0005, 0.01  # at least, and at most
_WRITES = "triage_agent_writes"


def create_engine(url: str, *, lock_seconds: int = LOCK_SECONDS) -> sa.Engine:
    """Return an engine for a SQLite file or a PostgreSQL server (with psycopg).

    Its connections keep foreign keys; on SQLite they use the write-ahead log, fsync every commit
    and wait up to `lock_seconds` for a lock. To be made in the process that uses it, never
    inherited through a fork. Raises SettingsInvalid if the URL names anything else.
    """
    parsed = _parsed(url)
    if parsed.get_backend_name() == "sqlite":
        engine = sa.create_engine(
            parsed,
            connect_args={"timeout": lock_seconds},
            max_overflow=_SPARE_CONNECTIONS,
            # The connection that wrote last: what it has cached is still true.
            pool_use_lifo=True,
        )
        sa.event.listen(engine, "connect", _set_pragmas)
        sa.event.listen(engine, "begin", partial(_begin_sqlite, lock_seconds=lock_seconds))
        return engine
    try:
        return sa.create_engine(
            parsed.set(drivername="postgresql+psycopg"),
            pool_pre_ping=True,
            connect_args={
                "connect_timeout": CONNECT_SECONDS,
                # A server that vanished is noticed, by what is sent to it or by its silence.
                "tcp_user_timeout": lock_seconds * 1000,
                "keepalives_idle": 10,
                "keepalives_interval": 5,
                "keepalives_count": 3,
                "options": f"-c lock_timeout={lock_seconds}s",
            },
        )
    except ImportError as error:
        raise SettingsInvalid(
            f"PostgreSQL needs psycopg ({error}): install triage-agent[postgres]"
        ) from error


def _parsed(url: str) -> sa.URL:
    # The URL itself may hold a password and is not repeated in messages.
    try:
        parsed = sa.make_url(url)
    except sa.exc.ArgumentError as error:
        raise SettingsInvalid(
            "database.url cannot be read: write sqlite:////folder/file or "
            "postgresql://user:password@host/name"
        ) from error
    backend = parsed.drivername.partition("+")[0]
    if backend not in ("sqlite", "postgresql"):
        raise SettingsInvalid(f"database.url names {backend}: use sqlite or postgresql")
    if backend == "sqlite" and parsed.database in (None, "", ":memory:"):
        raise SettingsInvalid("database.url names no file: several processes share the database")
    return parsed


def _set_pragmas(connection: DBAPIConnection, _: ConnectionPoolEntry) -> None:
    # Transactions are begun by `_begin_sqlite`; the driver's own would begin too late.
    connection.isolation_level = None
    cursor = connection.cursor()
    cursor.execute("PRAGMA journal_mode = WAL")
    cursor.execute("PRAGMA synchronous = FULL")
    cursor.execute("PRAGMA foreign_keys = ON")
    cursor.close()


def _begin_sqlite(connection: sa.Connection, *, lock_seconds: int) -> None:
    if not connection.get_execution_options().get(_WRITES, False):
        connection.exec_driver_sql("BEGIN")
        return
    # Left alone, SQLite sleeps ever longer, up to 100 ms, for another process's few milliseconds.
    driver: Any = connection.connection.driver_connection
    driver.execute("PRAGMA busy_timeout = 0")
    try:
        _begin_writing(connection, lock_seconds)
    finally:
        driver.execute(f"PRAGMA busy_timeout = {lock_seconds * 1000}")


def _begin_writing(connection: sa.Connection, lock_seconds: int) -> None:
    begun = time.monotonic()
    while True:
        try:
            # One that reads first and writes later cannot wait for the lock: it fails at once.
            connection.exec_driver_sql("BEGIN IMMEDIATE")
        except sa.exc.OperationalError as error:
            waited = time.monotonic() - begun
            if not is_locked(error.orig) or waited >= lock_seconds:
                raise
            shortest, longest = _LOCK_CHECK_SECONDS
            time.sleep(min(max(shortest, waited / 20), longest))
        else:
            return


class Database:
    """Transactions on one database; all adapters of a process share one of these.

    Safe to use from several threads and beside other processes.
    """

    def __init__(self, url: str, *, lock_seconds: int = LOCK_SECONDS) -> None:
        self.engine = create_engine(url, lock_seconds=lock_seconds)
        is_sqlite = self.engine.dialect.name == "sqlite"
        self._reader = (
            self.engine
            if is_sqlite
            else self.engine.execution_options(isolation_level="REPEATABLE READ")
        )
        self._writer = self.engine.execution_options(**{_WRITES: True})
        # SQLite waits for a lock by sleeping ever longer; threads of one process queue instead.
        self._turn = threading.Lock() if is_sqlite else nullcontext()

    @contextmanager
    def read(self) -> Iterator[sa.Connection]:
        """Run one read-only transaction: all its statements see the same state.

        Raises DatabaseUnavailable.
        """
        with translated(), self._reader.connect() as connection, connection.begin():
            yield connection

    @contextmanager
    def write(self) -> Iterator[sa.Connection]:
        """Run one transaction, durable when the block is left, undone if it raises.

        Raises StorageFull, DatabaseUnavailable.
        """
        with translated(), self._turn, self._writer.begin() as connection:
            yield connection

    def dispose(self) -> None:
        """Close all connections that are not in use."""
        self.engine.dispose()
