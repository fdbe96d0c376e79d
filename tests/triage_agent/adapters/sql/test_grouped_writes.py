"""Group commit: who comes while others write shares the next transaction, and waits for it."""

import threading
from collections.abc import Iterator
from concurrent.futures import Future, ThreadPoolExecutor
from contextlib import suppress
from pathlib import Path

import pytest
import sqlalchemy as sa

from triage_agent.adapters.sql.engine import Database
from triage_agent.adapters.sql.grouped_writes import GroupedWrites
from triage_agent.errors import DatabaseUnavailable

SECONDS = 20


class Counted(Database):
    """Counts the transactions that write."""

    def __init__(self, url: str, *, lock_seconds: int = 30) -> None:
        super().__init__(url, lock_seconds=lock_seconds)
        self.commits = 0
        sa.event.listen(self.engine, "commit", self._count)

    def _count(self, connection: sa.Connection) -> None:
        self.commits += bool(connection.get_execution_options().get("triage_agent_writes"))


@pytest.fixture
def database(tmp_path: Path) -> Iterator[Counted]:
    made = Counted(f"sqlite:///{tmp_path / 'rows.sqlite3'}")
    with made.write() as connection:
        connection.exec_driver_sql("CREATE TABLE number (value INTEGER PRIMARY KEY)")
    made.commits = 0
    yield made
    made.dispose()


@pytest.fixture
def threads() -> Iterator[ThreadPoolExecutor]:
    with ThreadPoolExecutor(16) as pool:
        yield pool


def numbers(database: Database) -> list[int]:
    with database.read() as connection:
        return list(connection.exec_driver_sql("SELECT value FROM number ORDER BY 1").scalars())


class Insertion:
    """Inserts a number and returns it doubled; may be held up, and may fail."""

    def __init__(self, value: int, error: Exception | None = None) -> None:
        self.value = value
        self.error = error
        self.begun = threading.Event()
        self.may_end = threading.Event()
        self.may_end.set()

    def __call__(self, connection: sa.Connection) -> int:
        self.begun.set()
        assert self.may_end.wait(SECONDS)
        connection.exec_driver_sql("INSERT INTO number VALUES (?)", (self.value,))
        if self.error is not None:
            raise self.error
        return 2 * self.value


def together(
    writes: GroupedWrites, threads: ThreadPoolExecutor, group: list[Insertion]
) -> list[Future[int]]:
    """Hand all in while another one is being written, so that they are one group."""
    first = Insertion(0)
    first.may_end.clear()
    leading = threads.submit(writes.run, first)
    assert first.begun.wait(SECONDS)
    handed_in = [threads.submit(writes.run, each) for each in group]
    pause = threading.Event()
    for _ in range(SECONDS * 100):
        if len(writes._waiting) == len(group):
            break
        pause.wait(0.01)
    first.may_end.set()
    assert leading.result(SECONDS) == 0
    return handed_in


def test_one_alone_is_committed_at_once(database: Counted) -> None:
    assert GroupedWrites(database).run(Insertion(7)) == 14

    assert numbers(database) == [7]
    assert database.commits == 1


def test_all_that_wait_share_one_commit(database: Counted, threads: ThreadPoolExecutor) -> None:
    writes = GroupedWrites(database)

    results = together(writes, threads, [Insertion(value) for value in range(1, 9)])

    assert [each.result(SECONDS) for each in results] == [2 * value for value in range(1, 9)]
    assert numbers(database) == list(range(9))
    assert database.commits == 2


def test_nobody_goes_on_before_the_commit(database: Counted, threads: ThreadPoolExecutor) -> None:
    writes = GroupedWrites(database)
    slow = Insertion(2)
    slow.may_end.clear()

    early, late = together(writes, threads, [Insertion(1), slow])

    assert slow.begun.wait(SECONDS)
    assert not early.done()
    assert numbers(database) == [0]
    slow.may_end.set()
    assert (early.result(SECONDS), late.result(SECONDS)) == (2, 4)


def test_one_that_cannot_be_written_leaves_the_others_alone(
    database: Counted, threads: ThreadPoolExecutor
) -> None:
    writes = GroupedWrites(database)

    good, bad, last = together(
        writes, threads, [Insertion(1), Insertion(2, ValueError("no")), Insertion(3)]
    )

    assert (good.result(SECONDS), last.result(SECONDS)) == (2, 6)
    with pytest.raises(ValueError, match="no"):
        bad.result(SECONDS)
    assert numbers(database) == [0, 1, 3]


def test_a_database_that_does_not_answer_is_told_to_all_of_the_group(
    database: Counted, threads: ThreadPoolExecutor
) -> None:
    writes = GroupedWrites(database)

    results = together(
        writes, threads, [Insertion(1), Insertion(2, DatabaseUnavailable("gone")), Insertion(3)]
    )

    for each in results:
        with pytest.raises(DatabaseUnavailable):
            each.result(SECONDS)
    assert numbers(database) == [0]


def test_after_a_failure_the_next_is_written(database: Counted) -> None:
    writes = GroupedWrites(database)
    with suppress(ValueError):
        writes.run(Insertion(1, ValueError("no")))

    assert writes.run(Insertion(1)) == 2
    assert numbers(database) == [1]
