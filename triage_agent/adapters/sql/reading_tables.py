"""What readers did, so that it can be undone, and which studies they have open."""

import sqlalchemy as sa

from triage_agent.adapters.sql.column_types import ReceivedText, UidText, UtcDateTime
from triage_agent.adapters.sql.schema import metadata

_Id = sa.BigInteger().with_variant(sa.Integer(), "sqlite")

# The columns that `worklist_entry` has also say what it was before.
reading_act = sa.Table(
    "reading_act",
    metadata,
    sa.Column("id", _Id, primary_key=True),
    sa.Column("StudyInstanceUID", UidText, sa.ForeignKey("study.StudyInstanceUID"), nullable=False),
    sa.Column("reader", ReceivedText, nullable=False),
    sa.Column("deed", sa.Text, nullable=False),
    sa.Column("at", UtcDateTime, nullable=False),
    sa.Column("undone_at", UtcDateTime),
    sa.Column("verdict_id", _Id),  # of `reader_verdict`; null for what is no verdict
    sa.Column("reading_state", sa.Text, nullable=False),
    sa.Column("claimed_by", ReceivedText, nullable=False),
    sa.Column("claimed_at", UtcDateTime),
    sa.Column("claimed_until", UtcDateTime),
    sa.Column("read_by", ReceivedText, nullable=False),
    sa.Column("read_at", UtcDateTime),
    sa.Column("read_generation", sa.Integer, nullable=False),
    sa.Column("read_images", sa.Integer, nullable=False),
)

sa.Index("ix_reading_act_study", reading_act.c.StudyInstanceUID)

reading_hold = sa.Table(
    "reading_hold",
    metadata,
    sa.Column(
        "StudyInstanceUID", UidText, sa.ForeignKey("study.StudyInstanceUID"), primary_key=True
    ),
    sa.Column("reader", ReceivedText, primary_key=True),
    sa.Column("until", UtcDateTime, nullable=False),
)
