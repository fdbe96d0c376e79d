"""Who has a study, who read it, and what of that can be undone."""

from typing import Any

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects import postgresql

revision = "0002"
down_revision = "0001"
branch_labels = None
depends_on = None

Instant = sa.DateTime(timezone=True)
UidText = sa.Text().with_variant(postgresql.TEXT(collation="C"), "postgresql")
Id = sa.BigInteger().with_variant(sa.Integer(), "sqlite")


def _entry_columns() -> list[sa.Column[Any]]:
    return [
        sa.Column("claimed_at", Instant),
        sa.Column("held_by", sa.Text(), nullable=False, server_default=""),
        sa.Column("held_until", Instant),
        sa.Column("read_by", sa.Text(), nullable=False, server_default=""),
        sa.Column("read_at", Instant),
        sa.Column("read_generation", sa.Integer(), nullable=False, server_default="0"),
        sa.Column("read_images", sa.Integer(), nullable=False, server_default="0"),
        sa.Column("next_priority_class", sa.Text()),
        sa.Column("next_due_at", Instant),
        sa.Column("undoable_act", Id),
    ]


def _verdict_columns() -> list[sa.Column[Any]]:
    return [
        sa.Column("reason", sa.Text(), nullable=False, server_default=""),
        sa.Column("text", sa.Text(), nullable=False, server_default=""),
        sa.Column("withdrawn_at", Instant),
    ]


def _due_index(name: str, table: str, columns: list[str], where: str) -> None:
    op.create_index(
        name, table, columns, sqlite_where=sa.text(where), postgresql_where=sa.text(where)
    )


def upgrade() -> None:
    for column in _entry_columns():
        op.add_column("worklist_entry", column)
    for column in _verdict_columns():
        op.add_column("reader_verdict", column)
    op.create_table(
        "reading_act",
        sa.Column("id", Id, nullable=False),
        sa.Column("StudyInstanceUID", UidText, nullable=False),
        sa.Column("reader", sa.Text(), nullable=False),
        sa.Column("deed", sa.Text(), nullable=False),
        sa.Column("at", Instant, nullable=False),
        sa.Column("undone_at", Instant),
        sa.Column("verdict_id", Id),
        sa.Column("reading_state", sa.Text(), nullable=False),
        sa.Column("claimed_by", sa.Text(), nullable=False),
        sa.Column("claimed_at", Instant),
        sa.Column("claimed_until", Instant),
        sa.Column("read_by", sa.Text(), nullable=False),
        sa.Column("read_at", Instant),
        sa.Column("read_generation", sa.Integer(), nullable=False),
        sa.Column("read_images", sa.Integer(), nullable=False),
        sa.PrimaryKeyConstraint("id", name="pk_reading_act"),
        sa.ForeignKeyConstraint(
            ["StudyInstanceUID"],
            ["study.StudyInstanceUID"],
            name="fk_reading_act_StudyInstanceUID_study",
        ),
    )
    op.create_index("ix_reading_act_study", "reading_act", ["StudyInstanceUID"])
    op.create_table(
        "reading_hold",
        sa.Column("StudyInstanceUID", UidText, nullable=False),
        sa.Column("reader", sa.Text(), nullable=False),
        sa.Column("until", Instant, nullable=False),
        sa.PrimaryKeyConstraint("StudyInstanceUID", "reader", name="pk_reading_hold"),
        sa.ForeignKeyConstraint(
            ["StudyInstanceUID"],
            ["study.StudyInstanceUID"],
            name="fk_reading_hold_StudyInstanceUID_study",
        ),
    )
    _due_index(
        "ix_worklist_entry_claimed",
        "worklist_entry",
        ["claimed_until"],
        "reading_state = 'claimed'",
    )
    _due_index(
        "ix_worklist_entry_opened", "worklist_entry", ["held_until"], "held_until IS NOT NULL"
    )


def downgrade() -> None:
    op.drop_index("ix_worklist_entry_opened", "worklist_entry")
    op.drop_index("ix_worklist_entry_claimed", "worklist_entry")
    op.drop_table("reading_hold")
    op.drop_table("reading_act")
    for column in _verdict_columns():
        op.drop_column("reader_verdict", column.name)
    for column in _entry_columns():
        op.drop_column("worklist_entry", column.name)
