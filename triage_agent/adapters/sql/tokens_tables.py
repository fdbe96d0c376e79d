"""The table of the clients that are let in to the API."""

import sqlalchemy as sa

from triage_agent.adapters.sql.column_types import UtcDateTime
from triage_agent.adapters.sql.schema import metadata

client_token = sa.Table(
    "client_token",
    metadata,
    sa.Column("name", sa.Text, primary_key=True),
    sa.Column("digest", sa.Text, nullable=False, unique=True),
    sa.Column("roles", sa.Text, nullable=False),  # joined by commas, in alphabetical order
    sa.Column("created_at", UtcDateTime, nullable=False),
    sa.Column("expires_at", UtcDateTime, nullable=False),
    sa.Column("last_used_at", UtcDateTime),
    sa.Column("revoked_at", UtcDateTime),
)
