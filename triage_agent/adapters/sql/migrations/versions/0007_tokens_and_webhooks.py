"""Clients of the API, and what is announced to other programs."""

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects import postgresql

revision = "0007"
down_revision = "0006"
branch_labels = None
depends_on = None

Instant = sa.DateTime(timezone=True)
UidText = sa.Text().with_variant(postgresql.TEXT(collation="C"), "postgresql")
Id = sa.BigInteger().with_variant(sa.Integer(), "sqlite")


def upgrade() -> None:
    op.create_table(
        "client_token",
        sa.Column("name", sa.Text(), nullable=False),
        sa.Column("digest", sa.Text(), nullable=False),
        sa.Column("roles", sa.Text(), nullable=False),
        sa.Column("created_at", Instant, nullable=False),
        sa.Column("expires_at", Instant, nullable=False),
        sa.Column("last_used_at", Instant),
        sa.Column("revoked_at", Instant),
        sa.PrimaryKeyConstraint("name", name="pk_client_token"),
        sa.UniqueConstraint("digest", name="uq_client_token_digest"),
    )
    op.create_table(
        "webhook",
        sa.Column("name", sa.Text(), nullable=False),
        sa.Column("is_enlisted", sa.Boolean(), nullable=False),
        sa.Column("seen_event", sa.BigInteger(), nullable=False),
        sa.Column("failures", sa.Integer(), nullable=False),
        sa.Column("next_attempt_at", Instant),
        sa.Column("last_error", sa.Text(), nullable=False),
        sa.PrimaryKeyConstraint("name", name="pk_webhook"),
    )
    op.create_table(
        "webhook_delivery",
        sa.Column("id", Id, nullable=False),
        sa.Column("webhook", sa.Text(), nullable=False),
        sa.Column("StudyInstanceUID", UidText, nullable=False),
        sa.Column("event", sa.Text(), nullable=False),
        sa.Column("generation", sa.Integer(), nullable=False),
        sa.Column("revision", sa.Integer(), nullable=False),
        sa.Column("at", Instant, nullable=False),
        sa.Column("AccessionNumber", sa.Text(), nullable=False),
        sa.Column("assessment_kind", sa.Text(), nullable=False),
        sa.Column("probability", sa.Double()),
        sa.Column("priority_class", sa.Text(), nullable=False),
        sa.Column("due_at", Instant, nullable=False),
        sa.Column("provisional", sa.Boolean(), nullable=False),
        sa.Column("state", sa.Text(), nullable=False),
        sa.Column("attempts", sa.Integer(), nullable=False),
        sa.Column("next_attempt_at", Instant, nullable=False),
        sa.Column("last_status", sa.Text(), nullable=False),
        sa.Column("sent_at", Instant),
        sa.ForeignKeyConstraint(
            ["webhook"], ["webhook.name"], name="fk_webhook_delivery_webhook_webhook"
        ),
        sa.ForeignKeyConstraint(
            ["StudyInstanceUID"],
            ["study.StudyInstanceUID"],
            name="fk_webhook_delivery_StudyInstanceUID_study",
        ),
        sa.PrimaryKeyConstraint("id", name="pk_webhook_delivery"),
        sa.UniqueConstraint(
            "StudyInstanceUID",
            "webhook",
            "event",
            "generation",
            "revision",
            name="uq_webhook_delivery_once",
        ),
    )
    _index("ix_webhook_delivery_not_sent", ["webhook", "id"], "state != 'sent'")
    _index("ix_webhook_delivery_sent_to", ["webhook", "state", "sent_at", "id"], "state = 'sent'")


def _index(name: str, columns: list[str], where: str) -> None:
    op.create_index(
        name,
        "webhook_delivery",
        columns,
        sqlite_where=sa.text(where),
        postgresql_where=sa.text(where),
    )


def downgrade() -> None:
    op.drop_table("webhook_delivery")
    op.drop_table("webhook")
    op.drop_table("client_token")
