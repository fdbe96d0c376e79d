import threading
from concurrent.futures import ThreadPoolExecutor

import pytest
import sqlalchemy as sa

from tests.contracts.accounts import SLOW, AccountsContract, make_session, make_user
from tests.factories import T0, after
from triage_agent.adapters.sql.accounts import SqlAccounts
from triage_agent.adapters.sql.accounts_tables import session, sign_in_failure
from triage_agent.adapters.sql.engine import Database


class TestSqlAccounts(AccountsContract):
    @pytest.fixture
    def accounts(self, database: Database) -> SqlAccounts:
        return SqlAccounts(database)


def test_attempts_made_at_once_do_not_slip_through(database: Database):
    accounts = SqlAccounts(database)
    barrier = threading.Barrier(8)

    def attempt(_: int) -> bool:
        barrier.wait(30)
        return accounts.count_attempt({"a": SLOW, "b": SLOW}, T0) is None

    with ThreadPoolExecutor(8) as threads:
        assert sum(threads.map(attempt, range(8))) == SLOW.free + 1


def test_names_that_are_tried_while_waiting_leave_no_rows(database: Database):
    accounts = SqlAccounts(database)
    for _ in range(2):
        accounts.count_attempt({"address": SLOW}, T0)
    for number in range(10):
        assert accounts.count_attempt({"address": SLOW, f"name {number}": SLOW}, T0) == after(1)
    with database.read() as connection:
        assert set(connection.scalars(sa.select(sign_in_failure.c.subject))) == {"address"}


def test_they_outlive_the_process(database: Database, sqlite_file):
    accounts = SqlAccounts(database)
    accounts.add_user(make_user())
    accounts.open_session(make_session(), checked_hash="hash of jane")
    for _ in range(2):
        accounts.count_attempt({"a": SLOW}, T0)
    database.dispose()
    again = Database(f"sqlite:///{sqlite_file}")
    assert SqlAccounts(again).session("1") is not None
    assert SqlAccounts(again).count_attempt({"a": SLOW}, T0) == after(1)
    again.dispose()


def test_a_local_session_keeps_no_roles_of_its_own(database: Database):
    accounts = SqlAccounts(database)
    accounts.add_user(make_user())
    accounts.open_session(make_session(), checked_hash="hash of jane")
    with database.read() as connection:
        assert connection.scalars(sa.select(session.c.roles)).all() == [None]
