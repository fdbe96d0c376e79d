"""The other studies of a patient are found without looking at all of them."""

from alembic import op

revision = "0009"
down_revision = "0008"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.create_index("ix_study_patient", "study", ["PatientID", "arrived_at"])


def downgrade() -> None:
    op.drop_index("ix_study_patient", "study")
