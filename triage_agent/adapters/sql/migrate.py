"""Brings a database to the schema of this version of the node."""

import sqlalchemy as sa
from alembic import command
from alembic.config import Config
from alembic.util import CommandError

from triage_agent.adapters.sql.engine import Database
from triage_agent.errors import SettingsInvalid

# Any number will do that no other program on the same PostgreSQL server uses.
_ADVISORY_LOCK = 7_240_116


def upgrade(database: Database) -> None:
    """Bring the database to the newest revision, in one transaction; nothing if it is there.

    Processes that do this at once wait for each other. Raises SettingsInvalid if the database
    was made by a newer version of the node, StorageFull, DatabaseUnavailable.
    """
    config = _config()
    with database.write() as connection:
        if connection.dialect.name == "postgresql":
            connection.execute(sa.select(sa.func.pg_advisory_xact_lock(_ADVISORY_LOCK)))
        config.attributes["connection"] = connection
        try:
            command.upgrade(config, "head")
        except CommandError as error:
            raise SettingsInvalid(
                f"the database was made by another version of the node ({error}): "
                "install that version or a newer one"
            ) from error


def _config() -> Config:
    config = Config()
    config.set_main_option("script_location", "triage_agent.adapters.sql:migrations")
    return config
