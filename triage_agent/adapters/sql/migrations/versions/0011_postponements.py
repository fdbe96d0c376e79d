"""How often scoring of an image was put off, so that what never can be read holds up nothing."""

import sqlalchemy as sa
from alembic import op

revision = "0011"
down_revision = "0010"
branch_labels = None
depends_on = None


def upgrade() -> None:
    column = sa.Column("postponements", sa.Integer(), nullable=False, server_default="0")
    op.add_column("instance", column)


def downgrade() -> None:
    op.drop_column("instance", "postponements")
