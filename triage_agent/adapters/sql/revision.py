"""At which revision a database is, and at which it should be: without Alembic, which loads slowly.

Every command of the node asks this, and only `migrate` has to run anything.
"""

from functools import cache
from pathlib import Path

import sqlalchemy as sa

from triage_agent.adapters.sql.engine import Database

_VERSIONS = Path(__file__).parent / "migrations" / "versions"

# Alembic's own table: one row, made by the first migration.
_alembic_version = sa.table("alembic_version", sa.column("version_num", sa.Text))


def current_revision(database: Database) -> str | None:
    """Return the revision of the database, None if it has no tables yet."""
    with database.read() as connection:
        if not sa.inspect(connection).has_table(_alembic_version.name):
            return None
        found: str | None = connection.execute(sa.select(_alembic_version)).scalar_one_or_none()
        return found


@cache
def newest_revision() -> str:
    """Return the revision that this version of the node needs: migrations are numbered."""
    return max(path.name.partition("_")[0] for path in _VERSIONS.glob("[0-9]*_*.py"))
