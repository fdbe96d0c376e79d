"""The tables, and the conditions that say what is due.

Columns that hold a DICOM element bear its keyword. The conditions are written with literals, not
bound values, because a partial index is only used by a query that repeats its condition.
"""

import sqlalchemy as sa

from triage_agent.adapters.sql.column_types import ListText, ReceivedText, UidText, UtcDateTime

metadata = sa.MetaData(
    naming_convention={
        "ix": "ix_%(table_name)s_%(column_0_name)s",
        "uq": "uq_%(table_name)s_%(column_0_N_name)s",
        "fk": "fk_%(table_name)s_%(column_0_N_name)s_%(referred_table_name)s",
        "pk": "pk_%(table_name)s",
    }
)

# SQLite gives a row id away again after the last row is deleted; nothing here is ever deleted.
_Id = sa.BigInteger().with_variant(sa.Integer(), "sqlite")

study = sa.Table(
    "study",
    metadata,
    sa.Column("StudyInstanceUID", UidText, primary_key=True),
    sa.Column("PatientID", ReceivedText, nullable=False),
    sa.Column("PatientName", ReceivedText, nullable=False),
    sa.Column("PatientBirthDate", ReceivedText, nullable=False),
    sa.Column("PatientSex", ReceivedText, nullable=False),
    sa.Column("AccessionNumber", ReceivedText, nullable=False),
    sa.Column("StudyDate", ReceivedText, nullable=False),
    sa.Column("StudyTime", ReceivedText, nullable=False),
    sa.Column("StudyDescription", ReceivedText, nullable=False),
    sa.Column("region", sa.Text),
    sa.Column("laterality", ReceivedText, nullable=False),
    sa.Column("stat", sa.Boolean, nullable=False),
    sa.Column("state", sa.Text, nullable=False),
    sa.Column("generation", sa.Integer, nullable=False),
    sa.Column("revision", sa.Integer, nullable=False),
    sa.Column("assessed_revision", sa.Integer, nullable=False),
    sa.Column("assessment_kind", sa.Text, nullable=False),
    sa.Column("assessment_reason", ReceivedText, nullable=False),
    sa.Column("probability", sa.Double),
    sa.Column("declared_instances", sa.BigInteger),
    sa.Column("arrived_at", UtcDateTime, nullable=False),
    sa.Column("last_instance_at", UtcDateTime, nullable=False),
    sa.Column("closes_at", UtcDateTime, nullable=False),
    sa.Column("closed_at", UtcDateTime),
)

series = sa.Table(
    "series",
    metadata,
    # A Series Instance UID that turns up in two studies is a fault of the sender, not ours.
    sa.Column(
        "StudyInstanceUID", UidText, sa.ForeignKey("study.StudyInstanceUID"), primary_key=True
    ),
    sa.Column("SeriesInstanceUID", UidText, primary_key=True),
    sa.Column("Modality", ReceivedText, nullable=False),
    sa.Column("SeriesDescription", ReceivedText, nullable=False),
)

instance = sa.Table(
    "instance",
    metadata,
    sa.Column("SOPInstanceUID", UidText, primary_key=True),
    sa.Column("StudyInstanceUID", UidText, nullable=False),
    sa.Column("SeriesInstanceUID", UidText, nullable=False),
    sa.Column("header", sa.JSON, nullable=False),
    sa.Column("location", sa.Text, nullable=False),
    sa.Column("digest", sa.Text, nullable=False),
    sa.Column("size_bytes", sa.BigInteger, nullable=False),
    sa.Column("state", sa.Text, nullable=False),
    sa.Column("region", sa.Text),
    sa.Column("reason", ReceivedText, nullable=False),
    sa.Column("received_at", UtcDateTime, nullable=False),
    sa.Column("source_ae_title", ReceivedText, nullable=False),
    sa.Column("attempts", sa.Integer, nullable=False),
    sa.Column("postponements", sa.Integer, nullable=False, server_default="0"),
    sa.Column("not_before", UtcDateTime),  # null if its scoring was never put off
    sa.Column("probability", sa.Double),
    sa.Column("activation_rows", sa.Integer),
    sa.Column("activation_columns", sa.Integer),
    sa.Column("activation", sa.LargeBinary),  # rows x columns little-endian doubles
    sa.Column("model", sa.Text, nullable=False),
    # Deferred: the instance goes in first, because its key decides whether anything is written.
    sa.ForeignKeyConstraint(
        ["StudyInstanceUID", "SeriesInstanceUID"],
        ["series.StudyInstanceUID", "series.SeriesInstanceUID"],
        deferrable=True,
        initially="DEFERRED",
    ),
)

worklist_entry = sa.Table(
    "worklist_entry",
    metadata,
    sa.Column(
        "StudyInstanceUID", UidText, sa.ForeignKey("study.StudyInstanceUID"), primary_key=True
    ),
    sa.Column("priority_class", sa.Text, nullable=False),
    sa.Column("due_at", UtcDateTime, nullable=False),
    sa.Column("arrived_at", UtcDateTime, nullable=False),  # the study's; here for the list's index
    sa.Column("reading_state", sa.Text, nullable=False),
    sa.Column("claimed_by", ReceivedText, nullable=False),
    sa.Column("claimed_at", UtcDateTime),
    sa.Column("claimed_until", UtcDateTime),
    sa.Column("held_by", ReceivedText, nullable=False, server_default=""),
    sa.Column("held_until", UtcDateTime),  # the latest of the study's holds
    sa.Column("read_by", ReceivedText, nullable=False, server_default=""),
    sa.Column("read_at", UtcDateTime),
    sa.Column("read_generation", sa.Integer, nullable=False, server_default="0"),
    sa.Column("read_images", sa.Integer, nullable=False, server_default="0"),
    # Where it goes once nobody has it any more; null if it stands there.
    sa.Column("next_priority_class", sa.Text),
    sa.Column("next_due_at", UtcDateTime),
    sa.Column("undoable_act", _Id),  # null if something else has happened since
    # Each begins and ends with a blank, as does each of its words; empty if there is none.
    sa.Column("modalities", ListText, nullable=False, server_default=""),
    sa.Column("source_ae_title", ListText, nullable=False, server_default=""),
    sa.Column("search_text", ListText, nullable=False, server_default=""),
)

reader_verdict = sa.Table(
    "reader_verdict",
    metadata,
    sa.Column("id", _Id, primary_key=True),
    sa.Column("StudyInstanceUID", UidText, sa.ForeignKey("study.StudyInstanceUID"), nullable=False),
    sa.Column("generation", sa.Integer, nullable=False),
    sa.Column("reader", ReceivedText, nullable=False),
    sa.Column("verdict", sa.Text, nullable=False),
    sa.Column("reason", sa.Text, nullable=False, server_default=""),
    sa.Column("text", ReceivedText, nullable=False, server_default=""),
    sa.Column("at", UtcDateTime, nullable=False),
    sa.Column("withdrawn_at", UtcDateTime),
)

result = sa.Table(
    "result",
    metadata,
    sa.Column("id", _Id, primary_key=True),
    sa.Column("StudyInstanceUID", UidText, sa.ForeignKey("study.StudyInstanceUID"), nullable=False),
    sa.Column("generation", sa.Integer, nullable=False),
    sa.Column("kind", sa.Text, nullable=False),
    sa.Column("SOPClassUID", UidText, nullable=False),
    sa.Column("SOPInstanceUID", UidText, nullable=False, unique=True),
    sa.Column("location", sa.Text, nullable=False),
    sa.Column("digest", sa.Text, nullable=False),
    sa.Column("size_bytes", sa.BigInteger, nullable=False),
)

destination = sa.Table(
    "destination",
    metadata,
    sa.Column("name", sa.Text, primary_key=True),
    sa.Column("failures", sa.Integer, nullable=False),
    sa.Column("next_attempt_at", UtcDateTime),
    sa.Column("last_error", ReceivedText, nullable=False),
)

delivery = sa.Table(
    "delivery",
    metadata,
    sa.Column("id", _Id, primary_key=True),
    sa.Column("result_id", _Id, sa.ForeignKey("result.id"), nullable=False),
    sa.Column("destination", sa.Text, sa.ForeignKey("destination.name"), nullable=False),
    sa.Column("state", sa.Text, nullable=False),
    sa.Column("attempts", sa.Integer, nullable=False),
    sa.Column("next_attempt_at", UtcDateTime, nullable=False),
    sa.Column("last_status", ReceivedText, nullable=False),
    sa.Column("sent_at", UtcDateTime),
    sa.Column("committed_at", UtcDateTime),
    sa.UniqueConstraint("result_id", "destination"),
)

event = sa.Table(
    "event",
    metadata,
    sa.Column("id", _Id, primary_key=True),
    sa.Column("StudyInstanceUID", UidText, sa.ForeignKey("study.StudyInstanceUID"), nullable=False),
    sa.Column("at", UtcDateTime, nullable=False),
    sa.Column("what", sa.Text, nullable=False),
    sa.Column("detail", ReceivedText, nullable=False),
)

# One row. The greatest event id would not do: on PostgreSQL ids become visible out of order.
list_version = sa.Table(
    "list_version",
    metadata,
    sa.Column("id", sa.Integer, primary_key=True, autoincrement=False),
    sa.Column("number", sa.BigInteger, nullable=False),
)

quarantine = sa.Table(
    "quarantine",
    metadata,
    sa.Column("id", _Id, primary_key=True),
    sa.Column("SOPInstanceUID", UidText, nullable=False),
    sa.Column("StudyInstanceUID", UidText, nullable=False),  # as in the quarantined object
    sa.Column("location", sa.Text, nullable=False),
    sa.Column("digest", sa.Text, nullable=False),
    sa.Column("size_bytes", sa.BigInteger, nullable=False),
    sa.Column("source_ae_title", ReceivedText, nullable=False),
    sa.Column("received_at", UtcDateTime, nullable=False),
    sa.UniqueConstraint("SOPInstanceUID", "digest"),
)


def _is(column: sa.Column[str], value: str) -> sa.ColumnElement[bool]:
    return column == sa.literal_column(f"'{value}'")


def _is_not(column: sa.Column[str], value: str) -> sa.ColumnElement[bool]:
    return column != sa.literal_column(f"'{value}'")


IS_WAITING_FOR_SCORE = _is(instance.c.state, "received")
IS_SCORED = _is(instance.c.state, "scored")
IS_IN_SCOPE = _is_not(instance.c.state, "excluded")
IS_OPEN = _is(study.c.state, "open")
IS_CLOSED = _is(study.c.state, "closed")
IS_UNASSESSED = study.c.revision != study.c.assessed_revision
IS_NOT_READ = _is_not(worklist_entry.c.reading_state, "read")
IS_UNREAD = _is(worklist_entry.c.reading_state, "unread")
IS_CLAIMED = _is(worklist_entry.c.reading_state, "claimed")
IS_READ = _is(worklist_entry.c.reading_state, "read")
IS_OPENED = worklist_entry.c.held_until.is_not(None)
IS_PENDING = _is(delivery.c.state, "pending")
IS_SENT = _is(delivery.c.state, "sent")
IS_NOT_SENT = _is_not(delivery.c.state, "sent")


def _due_index(name: str, *columns: sa.Column[object], where: sa.ColumnElement[bool]) -> None:
    sa.Index(name, *columns, sqlite_where=where, postgresql_where=where)


# With the model, so that a line of the list is made without looking at its images.
sa.Index("ix_instance_study_state", instance.c.StudyInstanceUID, instance.c.state, instance.c.model)
sa.Index("ix_result_study", result.c.StudyInstanceUID)
sa.Index("ix_event_study", event.c.StudyInstanceUID)
sa.Index("ix_reader_verdict_study", reader_verdict.c.StudyInstanceUID)
# With its state, always "received": SQLite would otherwise look into each row for it.
_due_index(
    "ix_instance_unscored",
    instance.c.StudyInstanceUID,
    instance.c.state,
    instance.c.received_at,
    instance.c.not_before,
    where=IS_WAITING_FOR_SCORE,
)
sa.Index("ix_study_patient", study.c.PatientID, study.c.arrived_at)
_due_index("ix_study_unassessed", study.c.StudyInstanceUID, where=IS_UNASSESSED)
_due_index("ix_study_open", study.c.closes_at, where=IS_OPEN)
_due_index("ix_study_closed", study.c.StudyInstanceUID, where=IS_CLOSED)
_due_index(
    "ix_worklist_entry_not_read",
    worklist_entry.c.due_at,
    worklist_entry.c.arrived_at,
    worklist_entry.c.StudyInstanceUID,
    where=IS_NOT_READ,
)
_due_index(
    "ix_worklist_entry_read",
    worklist_entry.c.due_at,
    worklist_entry.c.arrived_at,
    worklist_entry.c.StudyInstanceUID,
    where=IS_READ,
)
_due_index(
    "ix_worklist_entry_read_arrived",
    worklist_entry.c.arrived_at,
    worklist_entry.c.StudyInstanceUID,
    where=IS_READ,
)
_due_index("ix_worklist_entry_claimed", worklist_entry.c.claimed_until, where=IS_CLAIMED)
_due_index("ix_worklist_entry_opened", worklist_entry.c.held_until, where=IS_OPENED)
_due_index(
    "ix_delivery_pending",
    delivery.c.destination,
    delivery.c.next_attempt_at,
    where=IS_PENDING,
)
_due_index("ix_delivery_not_sent", delivery.c.id, where=IS_NOT_SENT)
_due_index("ix_delivery_sent", delivery.c.sent_at, delivery.c.id, where=IS_SENT)
# With its state again: here for counting.
_due_index(
    "ix_delivery_sent_to",
    delivery.c.destination,
    delivery.c.state,
    delivery.c.sent_at,
    delivery.c.id,
    where=IS_SENT,
)
