"""The audit trail: lines, and the seals over them. The database itself refuses to change either."""

import sqlalchemy as sa

from triage_agent.adapters.sql.column_types import ReceivedText, UidText, UtcDateTime
from triage_agent.adapters.sql.schema import metadata

_Id = sa.BigInteger().with_variant(sa.Integer(), "sqlite")

audit_line = sa.Table(
    "audit_line",
    metadata,
    sa.Column("id", _Id, primary_key=True),
    sa.Column("at", UtcDateTime, nullable=False),
    sa.Column("who", ReceivedText, nullable=False),
    sa.Column("deed", sa.Text, nullable=False),
    sa.Column("StudyInstanceUID", UidText, nullable=False),  # no key: what is refused is unknown
    sa.Column("detail", ReceivedText, nullable=False),
    sa.Column("address", ReceivedText, nullable=False),
)

# Each covers the lines after the seal before it up to `last_line`, and that seal's digest.
audit_seal = sa.Table(
    "audit_seal",
    metadata,
    sa.Column("number", sa.BigInteger, primary_key=True, autoincrement=False),
    sa.Column("at", UtcDateTime, nullable=False),
    sa.Column("last_line", sa.BigInteger, nullable=False),
    sa.Column("lines", sa.BigInteger, nullable=False),
    sa.Column("digest", sa.Text, nullable=False),
)

sa.Index("ix_audit_line_at", audit_line.c.at, audit_line.c.id)
sa.Index("ix_audit_line_who", audit_line.c.who, audit_line.c.at, audit_line.c.id)
sa.Index("ix_audit_line_deed", audit_line.c.deed, audit_line.c.at, audit_line.c.id)
_of_a_study = audit_line.c.StudyInstanceUID != sa.literal_column("''")
sa.Index(
    "ix_audit_line_study",
    audit_line.c.StudyInstanceUID,
    audit_line.c.at,
    audit_line.c.id,
    sqlite_where=_of_a_study,
    postgresql_where=_of_a_study,
)
