"""What the list is filtered, searched and sorted by."""

import unicodedata

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects import postgresql

revision = "0003"
down_revision = "0002"
branch_labels = None
depends_on = None

Text = sa.Text().with_variant(postgresql.TEXT(collation="C"), "postgresql")
ADDED = ("modalities", "source_ae_title", "search_text")
ROWS_AT_ONCE = 1000


def _read_index(name: str, columns: list[str]) -> None:
    where = sa.text("reading_state = 'read'")
    op.create_index(name, "worklist_entry", columns, sqlite_where=where, postgresql_where=where)


def upgrade() -> None:
    for name in ADDED:
        op.add_column("worklist_entry", sa.Column(name, Text, nullable=False, server_default=""))
    op.create_table(
        "study_word",
        sa.Column("word", Text, nullable=False),
        sa.Column("StudyInstanceUID", Text, nullable=False),
        sa.PrimaryKeyConstraint("word", "StudyInstanceUID", name="pk_study_word"),
        sqlite_with_rowid=False,
    )
    _fill()
    _read_index("ix_worklist_entry_read", ["due_at", "arrived_at", "StudyInstanceUID"])
    _read_index("ix_worklist_entry_read_arrived", ["arrived_at", "StudyInstanceUID"])
    # With the model also, so that a line of the list is made without looking at its images.
    op.drop_index("ix_instance_study_state", "instance")
    op.create_index("ix_instance_study_state", "instance", ["StudyInstanceUID", "state", "model"])


def _fill() -> None:
    """Say of the studies that are there already what is said of new ones."""
    connection = op.get_bind()
    last = ""
    while rows := connection.execute(_STUDIES, {"last": last, "limit": ROWS_AT_ONCE}).all():
        last = rows[-1].uid
        words = {row.uid: _words(row.searched) for row in rows}
        connection.execute(
            _FILL_ENTRY,
            [
                {"uid": uid, "text": f" {' '.join(found)} " if found else ""}
                for uid, found in words.items()
            ],
        )
        pairs = [{"uid": uid, "word": word} for uid, found in words.items() for word in found]
        if pairs:
            connection.execute(_ADD_WORD, pairs)
    for uid, Modality in connection.execute(_SERIES).all():
        modality = "".join(Modality.split())
        if modality:
            connection.execute(_ADD_MODALITY, {"uid": uid, "modality": modality})


_STUDIES = sa.text(
    'SELECT "StudyInstanceUID" AS uid, "PatientName" || \' \' || "PatientID" || \' \' ||'
    ' "AccessionNumber" || \' \' || "StudyDescription" AS searched'
    ' FROM study WHERE "StudyInstanceUID" > :last ORDER BY "StudyInstanceUID" LIMIT :limit'
)
_FILL_ENTRY = sa.text(
    "UPDATE worklist_entry SET search_text = :text, source_ae_title = coalesce(("
    'SELECT source_ae_title FROM instance WHERE "StudyInstanceUID" = :uid'
    ' ORDER BY received_at, "SOPInstanceUID" LIMIT 1), \'\') WHERE "StudyInstanceUID" = :uid'
)
_ADD_WORD = sa.text('INSERT INTO study_word (word, "StudyInstanceUID") VALUES (:word, :uid)')
# In the order in which they came, as nearly as it is known.
_SERIES = sa.text(
    'SELECT "StudyInstanceUID", "Modality" FROM series JOIN (SELECT "SeriesInstanceUID" AS uid,'
    ' min(received_at) AS first FROM instance GROUP BY "SeriesInstanceUID") AS begun'
    ' ON begun.uid = series."SeriesInstanceUID" ORDER BY first, "SeriesInstanceUID"'
)
_ADD_MODALITY = sa.text(
    "UPDATE worklist_entry SET modalities = CASE WHEN modalities = '' THEN ' ' ELSE modalities END"
    " || :modality || ' ' WHERE \"StudyInstanceUID\" = :uid"
    " AND modalities NOT LIKE '% ' || :modality || ' %'"
)


def _words(text: str) -> list[str]:
    folded = unicodedata.normalize("NFKD", unicodedata.normalize("NFKD", text).casefold())
    bare = "".join(
        each if each.isalnum() else " " for each in folded if not unicodedata.combining(each)
    )
    return list(dict.fromkeys(word[:64] for word in bare.split()))[:40]


def downgrade() -> None:
    op.drop_index("ix_instance_study_state", "instance")
    op.create_index("ix_instance_study_state", "instance", ["StudyInstanceUID", "state"])
    op.drop_index("ix_worklist_entry_read_arrived", "worklist_entry")
    op.drop_index("ix_worklist_entry_read", "worklist_entry")
    op.drop_table("study_word")
    for name in reversed(ADDED):
        op.drop_column("worklist_entry", name)
