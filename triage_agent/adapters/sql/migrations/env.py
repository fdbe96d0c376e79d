"""Run by Alembic: migrates the connection that it is given, within its transaction."""

from alembic import context

from triage_agent.adapters.sql import (  # noqa: F401 (they declare their tables)
    accounts_tables,
    audit_tables,
    health_tables,
    list_tables,
    preferences_tables,
    reading_tables,
    tokens_tables,
    webhook_tables,
)
from triage_agent.adapters.sql.schema import metadata

connection = context.config.attributes["connection"]
context.configure(connection=connection, target_metadata=metadata, render_as_batch=True)
with context.begin_transaction():
    context.run_migrations()
