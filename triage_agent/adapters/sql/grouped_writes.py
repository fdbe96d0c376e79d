"""Group commit: writes of several threads that come at the same time share one transaction."""

import threading
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any, TypeVar

import sqlalchemy as sa

from triage_agent.adapters.sql.engine import Database
from triage_agent.errors import TransientError

Result = TypeVar("Result")


@dataclass(eq=False)
class _Write:
    work: Callable[[sa.Connection], Any]
    result: Any = None
    error: BaseException | None = None
    done: bool = False


class GroupedWrites:
    """Runs writes, each durable when its caller goes on; for SQLite, which fsyncs one by one.

    Whoever comes while nobody writes begins at once and waits for no one. Whoever comes meanwhile
    is part of the next group, which one of them writes for all: so many at once cost one fsync, and
    nobody waits longer than for two commits. On PostgreSQL, which commits in groups by itself, each
    has a transaction of its own.
    """

    def __init__(self, database: Database) -> None:
        self._database = database
        self._groups = database.engine.dialect.name == "sqlite"
        self._lock = threading.Lock()
        self._turn = threading.Lock()
        self._waiting: list[_Write] = []

    def run(self, work: Callable[[sa.Connection], Result]) -> Result:
        """Run `work` in a transaction and return what it returns, once that is durable.

        `work` may run in another thread, and again if another of its group fails. Raises what it
        raises (nothing of it is written then), StorageFull and DatabaseUnavailable.
        """
        mine = _Write(work)
        if not self._groups:
            self._write([mine])
        else:
            with self._lock:
                self._waiting.append(mine)
            with self._turn:
                if not mine.done:
                    with self._lock:
                        group, self._waiting = self._waiting, []
                    self._write_all(group)
        if mine.error is not None:
            raise mine.error
        result: Result = mine.result
        return result

    def _write_all(self, group: list[_Write]) -> None:
        self._write(group)
        failed = group[0].error
        if failed is not None and len(group) > 1 and not isinstance(failed, TransientError):
            # One of them cannot be written; the others need not suffer from it.
            for each in group:
                self._write([each])

    def _write(self, group: list[_Write]) -> None:
        error = None
        try:
            with self._database.write() as connection:
                results = [each.work(connection) for each in group]
        except BaseException as raised:  # noqa: BLE001 - each caller raises it
            error, results = raised, [None] * len(group)
        for each, result in zip(group, results, strict=True):
            each.result, each.error, each.done = result, error, True
