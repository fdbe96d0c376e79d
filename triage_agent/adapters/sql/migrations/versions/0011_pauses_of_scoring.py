"""How often scoring of an image was put off, and until when: what cannot be read waits aside."""

import sqlalchemy as sa
from alembic import op

revision = "0011"
down_revision = "0010"
branch_labels = None
depends_on = None

INDEX = "ix_instance_unscored"


def upgrade() -> None:
    column = sa.Column("postponements", sa.Integer(), nullable=False, server_default="0")
    op.add_column("instance", column)
    op.add_column("instance", sa.Column("not_before", sa.DateTime(timezone=True)))
    _index("StudyInstanceUID", "state", "received_at", "not_before")


def downgrade() -> None:
    _index("StudyInstanceUID", "received_at")
    op.drop_column("instance", "not_before")
    op.drop_column("instance", "postponements")


def _index(*columns: str) -> None:
    op.drop_index(INDEX, "instance")
    where = sa.text("state = 'received'")
    op.create_index(INDEX, "instance", list(columns), sqlite_where=where, postgresql_where=where)
