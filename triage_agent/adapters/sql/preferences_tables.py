"""The table of what users prefer."""

import sqlalchemy as sa

from triage_agent.adapters.sql.column_types import ReceivedText
from triage_agent.adapters.sql.schema import metadata

preferences = sa.Table(
    "preferences",
    metadata,
    sa.Column("user_name", ReceivedText, primary_key=True),
    # Read tolerantly: a newer node may have known other columns.
    sa.Column("chosen", sa.JSON, nullable=False),
)
