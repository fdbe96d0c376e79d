"""Insertion that leaves an existing row alone, in the dialect of the connection."""

from collections.abc import Mapping

import sqlalchemy as sa
from sqlalchemy.dialects import postgresql, sqlite


def insert_if_absent(
    connection: sa.Connection, table: sa.Table, values: Mapping[str, object]
) -> bool:
    """Insert a row; False if a row with one of its unique keys is there already.

    On PostgreSQL this waits for another transaction that is inserting the same key.
    """
    insert = sqlite.insert if connection.dialect.name == "sqlite" else postgresql.insert
    # What is returned tells whether a row went in; not every driver counts rows here.
    inserted = insert(table).values(values).on_conflict_do_nothing().returning(sa.literal(1))
    return connection.execute(inserted).first() is not None
