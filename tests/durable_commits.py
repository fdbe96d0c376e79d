"""How often a database has to make something durable."""

import re
from collections.abc import Callable

import sqlalchemy as sa

from triage_agent.adapters.sql.engine import Database

_CHANGES = re.compile("INSERT|UPDATE|DELETE|WITH", re.IGNORECASE)


def durable_commits(database: Database, act: Callable[[], object]) -> int:
    """Return how many transactions of `act` changed something; reading costs no fsync."""
    changed: set[sa.Connection] = set()
    durable = []

    def note(
        connection: sa.Connection, _: object, statement: str, __: object, ___: object, ____: object
    ) -> None:
        if _CHANGES.match(statement):
            changed.add(connection)

    def count(connection: sa.Connection) -> None:
        if connection in changed:
            changed.discard(connection)
            durable.append(connection)

    sa.event.listen(database.engine, "before_cursor_execute", note)
    sa.event.listen(database.engine, "commit", count)
    try:
        act()
    finally:
        sa.event.remove(database.engine, "before_cursor_execute", note)
        sa.event.remove(database.engine, "commit", count)
    return len(durable)
