"""The tables of users, of sessions and of attempts to sign in that failed."""

import sqlalchemy as sa

from triage_agent.adapters.sql.column_types import ReceivedText, UidText, UtcDateTime
from triage_agent.adapters.sql.schema import metadata

_Id = sa.BigInteger().with_variant(sa.Integer(), "sqlite")

# "user" is a word of SQL itself.
account = sa.Table(
    "account",
    metadata,
    sa.Column("name", UidText, primary_key=True),  # ordered alike everywhere
    sa.Column("password_hash", sa.Text, nullable=False),
    sa.Column("roles", sa.Text, nullable=False),  # in order, with blanks between
    sa.Column("disabled", sa.Boolean, nullable=False),
    sa.Column("created_at", UtcDateTime, nullable=False),
    sa.Column("changed_at", UtcDateTime, nullable=False),
)

session = sa.Table(
    "session",
    metadata,
    sa.Column("digest", sa.Text, primary_key=True),
    # Of an account, unless somebody else answers for the name: there is no foreign key.
    sa.Column("name", ReceivedText, nullable=False),
    sa.Column("roles", sa.Text),  # None: those that the account has now
    sa.Column("began_at", UtcDateTime, nullable=False),
    sa.Column("seen_at", UtcDateTime, nullable=False),
    sa.Column("address", sa.Text, nullable=False),
)

sign_in_failure = sa.Table(
    "sign_in_failure",
    metadata,
    sa.Column("id", _Id, primary_key=True),
    sa.Column("subject", sa.Text, nullable=False),
    sa.Column("at", UtcDateTime, nullable=False),
)

sa.Index("ix_session_name", session.c.name)
sa.Index("ix_sign_in_failure_subject", sign_in_failure.c.subject, sign_in_failure.c.at)
sa.Index("ix_sign_in_failure_at", sign_in_failure.c.at)
