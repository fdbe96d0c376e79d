"""The first tables.

Written out, not taken from schema.py: a migration says what the schema was in its day.
"""

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects import postgresql

revision = "0001"
down_revision = None
branch_labels = None
depends_on = None

Instant = sa.DateTime(timezone=True)
UidText = sa.Text().with_variant(postgresql.TEXT(collation="C"), "postgresql")
Id = sa.BigInteger().with_variant(sa.Integer(), "sqlite")


def _due_index(name: str, table: str, columns: list[str], where: str) -> None:
    op.create_index(
        name, table, columns, sqlite_where=sa.text(where), postgresql_where=sa.text(where)
    )


def upgrade() -> None:
    op.create_table(
        "destination",
        sa.Column("name", sa.Text(), nullable=False),
        sa.Column("failures", sa.Integer(), nullable=False),
        sa.Column("next_attempt_at", Instant),
        sa.Column("last_error", sa.Text(), nullable=False),
        sa.PrimaryKeyConstraint("name", name="pk_destination"),
    )
    op.create_table(
        "list_version",
        sa.Column("id", sa.Integer(), autoincrement=False, nullable=False),
        sa.Column("number", sa.BigInteger(), nullable=False),
        sa.PrimaryKeyConstraint("id", name="pk_list_version"),
    )
    op.create_table(
        "quarantine",
        sa.Column("id", Id, nullable=False),
        sa.Column("SOPInstanceUID", UidText, nullable=False),
        sa.Column("StudyInstanceUID", UidText, nullable=False),
        sa.Column("location", sa.Text(), nullable=False),
        sa.Column("digest", sa.Text(), nullable=False),
        sa.Column("size_bytes", sa.BigInteger(), nullable=False),
        sa.Column("source_ae_title", sa.Text(), nullable=False),
        sa.Column("received_at", Instant, nullable=False),
        sa.PrimaryKeyConstraint("id", name="pk_quarantine"),
        sa.UniqueConstraint("SOPInstanceUID", "digest", name="uq_quarantine_SOPInstanceUID_digest"),
    )
    op.create_table(
        "study",
        sa.Column("StudyInstanceUID", UidText, nullable=False),
        sa.Column("PatientID", sa.Text(), nullable=False),
        sa.Column("PatientName", sa.Text(), nullable=False),
        sa.Column("PatientBirthDate", sa.Text(), nullable=False),
        sa.Column("PatientSex", sa.Text(), nullable=False),
        sa.Column("AccessionNumber", sa.Text(), nullable=False),
        sa.Column("StudyDate", sa.Text(), nullable=False),
        sa.Column("StudyTime", sa.Text(), nullable=False),
        sa.Column("StudyDescription", sa.Text(), nullable=False),
        sa.Column("region", sa.Text()),
        sa.Column("laterality", sa.Text(), nullable=False),
        sa.Column("stat", sa.Boolean(), nullable=False),
        sa.Column("state", sa.Text(), nullable=False),
        sa.Column("generation", sa.Integer(), nullable=False),
        sa.Column("revision", sa.Integer(), nullable=False),
        sa.Column("assessed_revision", sa.Integer(), nullable=False),
        sa.Column("assessment_kind", sa.Text(), nullable=False),
        sa.Column("assessment_reason", sa.Text(), nullable=False),
        sa.Column("probability", sa.Double()),
        sa.Column("declared_instances", sa.BigInteger()),
        sa.Column("arrived_at", Instant, nullable=False),
        sa.Column("last_instance_at", Instant, nullable=False),
        sa.Column("closes_at", Instant, nullable=False),
        sa.Column("closed_at", Instant),
        sa.PrimaryKeyConstraint("StudyInstanceUID", name="pk_study"),
    )
    _due_index("ix_study_closed", "study", ["StudyInstanceUID"], "state = 'closed'")
    _due_index("ix_study_open", "study", ["closes_at"], "state = 'open'")
    _due_index(
        "ix_study_unassessed",
        "study",
        ["StudyInstanceUID"],
        "revision != assessed_revision",
    )
    op.create_table(
        "event",
        sa.Column("id", Id, nullable=False),
        sa.Column("StudyInstanceUID", UidText, nullable=False),
        sa.Column("at", Instant, nullable=False),
        sa.Column("what", sa.Text(), nullable=False),
        sa.Column("detail", sa.Text(), nullable=False),
        sa.ForeignKeyConstraint(
            ["StudyInstanceUID"], ["study.StudyInstanceUID"], name="fk_event_StudyInstanceUID_study"
        ),
        sa.PrimaryKeyConstraint("id", name="pk_event"),
    )
    op.create_index("ix_event_study", "event", ["StudyInstanceUID"])
    op.create_table(
        "reader_verdict",
        sa.Column("id", Id, nullable=False),
        sa.Column("StudyInstanceUID", UidText, nullable=False),
        sa.Column("generation", sa.Integer(), nullable=False),
        sa.Column("reader", sa.Text(), nullable=False),
        sa.Column("verdict", sa.Text(), nullable=False),
        sa.Column("at", Instant, nullable=False),
        sa.ForeignKeyConstraint(
            ["StudyInstanceUID"],
            ["study.StudyInstanceUID"],
            name="fk_reader_verdict_StudyInstanceUID_study",
        ),
        sa.PrimaryKeyConstraint("id", name="pk_reader_verdict"),
    )
    op.create_index("ix_reader_verdict_study", "reader_verdict", ["StudyInstanceUID"])
    op.create_table(
        "result",
        sa.Column("id", Id, nullable=False),
        sa.Column("StudyInstanceUID", UidText, nullable=False),
        sa.Column("generation", sa.Integer(), nullable=False),
        sa.Column("kind", sa.Text(), nullable=False),
        sa.Column("SOPClassUID", UidText, nullable=False),
        sa.Column("SOPInstanceUID", UidText, nullable=False),
        sa.Column("location", sa.Text(), nullable=False),
        sa.Column("digest", sa.Text(), nullable=False),
        sa.Column("size_bytes", sa.BigInteger(), nullable=False),
        sa.ForeignKeyConstraint(
            ["StudyInstanceUID"],
            ["study.StudyInstanceUID"],
            name="fk_result_StudyInstanceUID_study",
        ),
        sa.PrimaryKeyConstraint("id", name="pk_result"),
        sa.UniqueConstraint("SOPInstanceUID", name="uq_result_SOPInstanceUID"),
    )
    op.create_index("ix_result_study", "result", ["StudyInstanceUID"])
    op.create_table(
        "series",
        sa.Column("StudyInstanceUID", UidText, nullable=False),
        sa.Column("SeriesInstanceUID", UidText, nullable=False),
        sa.Column("Modality", sa.Text(), nullable=False),
        sa.Column("SeriesDescription", sa.Text(), nullable=False),
        sa.ForeignKeyConstraint(
            ["StudyInstanceUID"],
            ["study.StudyInstanceUID"],
            name="fk_series_StudyInstanceUID_study",
        ),
        sa.PrimaryKeyConstraint("StudyInstanceUID", "SeriesInstanceUID", name="pk_series"),
    )
    op.create_table(
        "worklist_entry",
        sa.Column("StudyInstanceUID", UidText, nullable=False),
        sa.Column("priority_class", sa.Text(), nullable=False),
        sa.Column("due_at", Instant, nullable=False),
        sa.Column("arrived_at", Instant, nullable=False),
        sa.Column("reading_state", sa.Text(), nullable=False),
        sa.Column("claimed_by", sa.Text(), nullable=False),
        sa.Column("claimed_until", Instant),
        sa.ForeignKeyConstraint(
            ["StudyInstanceUID"],
            ["study.StudyInstanceUID"],
            name="fk_worklist_entry_StudyInstanceUID_study",
        ),
        sa.PrimaryKeyConstraint("StudyInstanceUID", name="pk_worklist_entry"),
    )
    _due_index(
        "ix_worklist_entry_not_read",
        "worklist_entry",
        ["due_at", "arrived_at", "StudyInstanceUID"],
        "reading_state != 'read'",
    )
    op.create_table(
        "delivery",
        sa.Column("id", Id, nullable=False),
        sa.Column("result_id", Id, nullable=False),
        sa.Column("destination", sa.Text(), nullable=False),
        sa.Column("state", sa.Text(), nullable=False),
        sa.Column("attempts", sa.Integer(), nullable=False),
        sa.Column("next_attempt_at", Instant, nullable=False),
        sa.Column("last_status", sa.Text(), nullable=False),
        sa.Column("sent_at", Instant),
        sa.Column("committed_at", Instant),
        sa.ForeignKeyConstraint(
            ["destination"], ["destination.name"], name="fk_delivery_destination_destination"
        ),
        sa.ForeignKeyConstraint(["result_id"], ["result.id"], name="fk_delivery_result_id_result"),
        sa.PrimaryKeyConstraint("id", name="pk_delivery"),
        sa.UniqueConstraint("result_id", "destination", name="uq_delivery_result_id_destination"),
    )
    _due_index("ix_delivery_not_sent", "delivery", ["id"], "state != 'sent'")
    _due_index(
        "ix_delivery_pending",
        "delivery",
        ["destination", "next_attempt_at"],
        "state = 'pending'",
    )
    _due_index("ix_delivery_sent", "delivery", ["sent_at", "id"], "state = 'sent'")
    _due_index(
        "ix_delivery_sent_to",
        "delivery",
        ["destination", "state", "sent_at", "id"],
        "state = 'sent'",
    )
    op.create_table(
        "instance",
        sa.Column("SOPInstanceUID", UidText, nullable=False),
        sa.Column("StudyInstanceUID", UidText, nullable=False),
        sa.Column("SeriesInstanceUID", UidText, nullable=False),
        sa.Column("header", sa.JSON(), nullable=False),
        sa.Column("location", sa.Text(), nullable=False),
        sa.Column("digest", sa.Text(), nullable=False),
        sa.Column("size_bytes", sa.BigInteger(), nullable=False),
        sa.Column("state", sa.Text(), nullable=False),
        sa.Column("region", sa.Text()),
        sa.Column("reason", sa.Text(), nullable=False),
        sa.Column("received_at", Instant, nullable=False),
        sa.Column("source_ae_title", sa.Text(), nullable=False),
        sa.Column("attempts", sa.Integer(), nullable=False),
        sa.Column("probability", sa.Double()),
        sa.Column("activation_rows", sa.Integer()),
        sa.Column("activation_columns", sa.Integer()),
        sa.Column("activation", sa.LargeBinary()),
        sa.Column("model", sa.Text(), nullable=False),
        sa.ForeignKeyConstraint(
            ["StudyInstanceUID", "SeriesInstanceUID"],
            ["series.StudyInstanceUID", "series.SeriesInstanceUID"],
            name="fk_instance_StudyInstanceUID_SeriesInstanceUID_series",
            initially="DEFERRED",
            deferrable=True,
        ),
        sa.PrimaryKeyConstraint("SOPInstanceUID", name="pk_instance"),
    )
    op.create_index("ix_instance_study_state", "instance", ["StudyInstanceUID", "state"])
    _due_index(
        "ix_instance_unscored",
        "instance",
        ["StudyInstanceUID", "received_at"],
        "state = 'received'",
    )
    op.execute("INSERT INTO list_version (id, number) VALUES (1, 0)")


def downgrade() -> None:
    op.drop_table("instance")
    op.drop_table("delivery")
    op.drop_table("worklist_entry")
    op.drop_table("series")
    op.drop_table("result")
    op.drop_table("reader_verdict")
    op.drop_table("event")
    op.drop_table("study")
    op.drop_table("quarantine")
    op.drop_table("list_version")
    op.drop_table("destination")
