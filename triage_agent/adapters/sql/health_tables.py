"""The tables of the node's own health. All stay small, or are read by an index that covers it."""

import sqlalchemy as sa

from triage_agent.adapters.sql.column_types import ReceivedText, UidText, UtcDateTime
from triage_agent.adapters.sql.schema import event, metadata

_Id = sa.BigInteger().with_variant(sa.Integer(), "sqlite")
_Whole = sa.BigInteger

role_heartbeat = sa.Table(
    "role_heartbeat",
    metadata,
    sa.Column("role", sa.Text, primary_key=True),
    sa.Column("host", sa.Text, primary_key=True),
    sa.Column("pid", sa.Integer, nullable=False),
    sa.Column("started_at", UtcDateTime, nullable=False),
    sa.Column("beat_at", UtcDateTime, nullable=False),
    sa.Column("facts", sa.JSON, nullable=False),
)

# The day first: what is read is the last few weeks of all devices.
device_day = sa.Table(
    "device_day",
    metadata,
    sa.Column("day", sa.Date, primary_key=True),
    sa.Column("ae_title", ReceivedText, primary_key=True),
    sa.Column("images", _Whole, nullable=False),
    sa.Column("size_bytes", _Whole, nullable=False),
    sa.Column("last_at", UtcDateTime, nullable=False),
)

disk_hour = sa.Table(
    "disk_hour",
    metadata,
    sa.Column("hour", sa.Integer, primary_key=True, autoincrement=False),
    sa.Column("at", UtcDateTime, nullable=False),
    sa.Column("free_bytes", _Whole, nullable=False),
)

# `hour` counts whole hours of UTC since 1970: a number is grouped and compared without being read.
image_measure = sa.Table(
    "image_measure",
    metadata,
    sa.Column("id", _Id, primary_key=True),
    sa.Column("hour", sa.Integer, nullable=False),
    sa.Column("seconds", sa.Double, nullable=False),
)

study_measure = sa.Table(
    "study_measure",
    metadata,
    sa.Column(
        "StudyInstanceUID", UidText, sa.ForeignKey("study.StudyInstanceUID"), primary_key=True
    ),
    sa.Column("hour", sa.Integer, nullable=False),
    sa.Column("ae_title", ReceivedText, nullable=False),
    sa.Column("region", sa.Text, nullable=False),
    sa.Column("kind", sa.Text, nullable=False),
    sa.Column("step", sa.Integer),
    sa.Column("seconds", sa.Double, nullable=False),
)

TROUBLES = ("unreadable", "delivery failed", "parked", "conflict quarantined")
# With literals: a partial index is only used by a query that repeats its condition.
IS_TROUBLE = sa.text("what IN ({})".format(", ".join(f"'{what}'" for what in TROUBLES)))

sa.Index("ix_image_measure_hour", image_measure.c.hour, image_measure.c.seconds)
# Holds all that is counted, so that the rows themselves are never looked at.
sa.Index(
    "ix_study_measure_hour",
    study_measure.c.hour,
    study_measure.c.ae_title,
    study_measure.c.region,
    study_measure.c.kind,
    study_measure.c.step,
    study_measure.c.seconds,
)
sa.Index(
    "ix_event_trouble",
    event.c.at,
    sqlite_where=IS_TROUBLE,
    postgresql_where=IS_TROUBLE,
)
