"""Signs of life of the roles, senders by day, free space by hour, and figures of speed and scores.

Written out, not taken from health_tables.py: a migration says what the schema was in its day.
"""

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects import postgresql

revision = "0008"
down_revision = "0007"
branch_labels = None
depends_on = None

Instant = sa.DateTime(timezone=True)
UidText = sa.Text().with_variant(postgresql.TEXT(collation="C"), "postgresql")
Id = sa.BigInteger().with_variant(sa.Integer(), "sqlite")
TROUBLE = "what IN ('unreadable', 'delivery failed', 'parked', 'conflict quarantined')"


def upgrade() -> None:
    op.create_table(
        "role_heartbeat",
        sa.Column("role", sa.Text(), nullable=False),
        sa.Column("host", sa.Text(), nullable=False),
        sa.Column("pid", sa.Integer(), nullable=False),
        sa.Column("started_at", Instant, nullable=False),
        sa.Column("beat_at", Instant, nullable=False),
        sa.Column("facts", sa.JSON(), nullable=False),
        sa.PrimaryKeyConstraint("role", "host", name="pk_role_heartbeat"),
    )
    op.create_table(
        "device_day",
        sa.Column("day", sa.Date(), nullable=False),
        sa.Column("ae_title", sa.Text(), nullable=False),
        sa.Column("images", sa.BigInteger(), nullable=False),
        sa.Column("size_bytes", sa.BigInteger(), nullable=False),
        sa.Column("last_at", Instant, nullable=False),
        sa.PrimaryKeyConstraint("day", "ae_title", name="pk_device_day"),
    )
    op.create_table(
        "disk_hour",
        sa.Column("hour", sa.Integer(), autoincrement=False, nullable=False),
        sa.Column("at", Instant, nullable=False),
        sa.Column("free_bytes", sa.BigInteger(), nullable=False),
        sa.PrimaryKeyConstraint("hour", name="pk_disk_hour"),
    )
    op.create_table(
        "image_measure",
        sa.Column("id", Id, nullable=False),
        sa.Column("hour", sa.Integer(), nullable=False),
        sa.Column("seconds", sa.Double(), nullable=False),
        sa.PrimaryKeyConstraint("id", name="pk_image_measure"),
    )
    op.create_index("ix_image_measure_hour", "image_measure", ["hour", "seconds"])
    op.create_table(
        "study_measure",
        sa.Column("StudyInstanceUID", UidText, nullable=False),
        sa.Column("hour", sa.Integer(), nullable=False),
        sa.Column("ae_title", sa.Text(), nullable=False),
        sa.Column("region", sa.Text(), nullable=False),
        sa.Column("kind", sa.Text(), nullable=False),
        sa.Column("step", sa.Integer()),
        sa.Column("seconds", sa.Double(), nullable=False),
        sa.ForeignKeyConstraint(
            ["StudyInstanceUID"],
            ["study.StudyInstanceUID"],
            name="fk_study_measure_StudyInstanceUID_study",
        ),
        sa.PrimaryKeyConstraint("StudyInstanceUID", name="pk_study_measure"),
    )
    op.create_index(
        "ix_study_measure_hour",
        "study_measure",
        ["hour", "ae_title", "region", "kind", "step", "seconds"],
    )
    op.create_index(
        "ix_event_trouble",
        "event",
        ["at"],
        sqlite_where=sa.text(TROUBLE),
        postgresql_where=sa.text(TROUBLE),
    )


def downgrade() -> None:
    op.drop_index("ix_event_trouble", table_name="event")
    op.drop_table("study_measure")
    op.drop_table("image_measure")
    op.drop_table("disk_hour")
    op.drop_table("device_day")
    op.drop_table("role_heartbeat")
