"""The EventFeed port: the stories' lines in the order of their ids.

`story.append` gives ids out while it holds the lock on the list's version, one transaction after
the other, so ids rise in the order in which lines become visible.
"""

import sqlalchemy as sa

from triage_agent.adapters.sql import story
from triage_agent.adapters.sql.engine import Database
from triage_agent.adapters.sql.schema import event
from triage_agent.domain.worklist import Event


def after(connection: sa.Connection, number: int, limit: int) -> list[tuple[int, Event]]:
    """Return the first lines with a greater number, in their order."""
    statement = sa.select(event).where(event.c.id > number).order_by(event.c.id).limit(limit)
    rows = connection.execute(statement).mappings()
    return [(row["id"], story.event_from(row)) for row in rows]


def last(connection: sa.Connection) -> int:
    """Return the greatest number, 0 without lines."""
    return connection.execute(sa.select(sa.func.max(event.c.id))).scalar() or 0


class SqlEventFeed:
    """Keeps what `triage_agent.ports.feed.EventFeed` promises; may raise DatabaseUnavailable."""

    def __init__(self, database: Database) -> None:
        self._database = database

    def after(self, number: int, *, limit: int) -> tuple[tuple[int, Event], ...]:
        """Return the first lines with a greater number, in their order."""
        with self._database.read() as connection:
            return tuple(after(connection, number, limit))

    def last(self) -> int:
        """Return the greatest number, 0 where nothing has happened yet."""
        with self._database.read() as connection:
            return last(connection)
