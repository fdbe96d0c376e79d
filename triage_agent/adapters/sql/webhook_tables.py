"""What is announced to other programs.

An announcement is taken down as it was published, so that every try sends the same.
"""

import sqlalchemy as sa

from triage_agent.adapters.sql.column_types import ReceivedText, UidText, UtcDateTime
from triage_agent.adapters.sql.schema import metadata

_Id = sa.BigInteger().with_variant(sa.Integer(), "sqlite")

webhook = sa.Table(
    "webhook",
    metadata,
    sa.Column("name", sa.Text, primary_key=True),
    sa.Column("is_enlisted", sa.Boolean, nullable=False),
    sa.Column("seen_event", sa.BigInteger, nullable=False),  # the last line of a story looked at
    sa.Column("failures", sa.Integer, nullable=False),
    sa.Column("next_attempt_at", UtcDateTime),
    sa.Column("last_error", ReceivedText, nullable=False),
)

webhook_delivery = sa.Table(
    "webhook_delivery",
    metadata,
    sa.Column("id", _Id, primary_key=True),
    sa.Column("webhook", sa.Text, sa.ForeignKey("webhook.name"), nullable=False),
    sa.Column("StudyInstanceUID", UidText, sa.ForeignKey("study.StudyInstanceUID"), nullable=False),
    sa.Column("event", sa.Text, nullable=False),
    sa.Column("generation", sa.Integer, nullable=False),
    sa.Column("revision", sa.Integer, nullable=False),
    sa.Column("at", UtcDateTime, nullable=False),
    sa.Column("AccessionNumber", ReceivedText, nullable=False),
    sa.Column("assessment_kind", sa.Text, nullable=False),
    sa.Column("probability", sa.Double),
    sa.Column("priority_class", sa.Text, nullable=False),
    sa.Column("due_at", UtcDateTime, nullable=False),
    sa.Column("provisional", sa.Boolean, nullable=False),
    sa.Column("state", sa.Text, nullable=False),
    sa.Column("attempts", sa.Integer, nullable=False),
    sa.Column("next_attempt_at", UtcDateTime, nullable=False),
    sa.Column("last_status", ReceivedText, nullable=False),
    sa.Column("sent_at", UtcDateTime),
    # The study is first: whenever one is new, its UID is looked for here.
    sa.UniqueConstraint(
        "StudyInstanceUID",
        "webhook",
        "event",
        "generation",
        "revision",
        name="uq_webhook_delivery_once",  # PostgreSQL cuts longer names off
    ),
)

IS_PENDING = webhook_delivery.c.state == sa.literal_column("'pending'")
IS_SENT = webhook_delivery.c.state == sa.literal_column("'sent'")
IS_NOT_SENT = webhook_delivery.c.state != sa.literal_column("'sent'")

sa.Index(
    "ix_webhook_delivery_not_sent",
    webhook_delivery.c.webhook,
    webhook_delivery.c.id,
    sqlite_where=IS_NOT_SENT,
    postgresql_where=IS_NOT_SENT,
)
# With its state, always "sent": SQLite would otherwise look into each row for it when counting.
sa.Index(
    "ix_webhook_delivery_sent_to",
    webhook_delivery.c.webhook,
    webhook_delivery.c.state,
    webhook_delivery.c.sent_at,
    webhook_delivery.c.id,
    sqlite_where=IS_SENT,
    postgresql_where=IS_SENT,
)
