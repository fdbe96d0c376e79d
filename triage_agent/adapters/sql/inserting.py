"""Insertion that leaves an existing row alone, in the dialect of the connection."""

from collections.abc import Mapping
from functools import cache

import sqlalchemy as sa
from sqlalchemy.dialects import postgresql, sqlite
from sqlalchemy.sql.dml import ReturningInsert


def insert_if_absent(
    connection: sa.Connection, table: sa.Table, values: Mapping[str, object]
) -> bool:
    """Insert a row; False if a row with one of its unique keys is there already.

    On PostgreSQL this waits for another transaction that is inserting the same key.
    """
    inserted = _statement(table, connection.dialect.name)
    return connection.execute(inserted, values).first() is not None


# Built once: with its values in it, each would be a new statement to look up.
@cache
def _statement(table: sa.Table, dialect: str) -> ReturningInsert[tuple[int]]:
    insert = sqlite.insert if dialect == "sqlite" else postgresql.insert
    # What is returned tells whether a row went in; not every driver counts rows here.
    return insert(table).on_conflict_do_nothing().returning(sa.literal(1))
