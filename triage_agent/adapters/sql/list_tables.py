"""The words by which studies are found, whatever became of them.

An index beside the list, not a fact: whatever it says follows from the rows of `study`.
"""

import sqlalchemy as sa

from triage_agent.adapters.sql.column_types import UidText
from triage_agent.adapters.sql.schema import metadata

# No foreign key: to look the study up again for each word would cost more than to write the words.
study_word = sa.Table(
    "study_word",
    metadata,
    sa.Column("word", UidText, primary_key=True),
    sa.Column("StudyInstanceUID", UidText, primary_key=True),
    sqlite_with_rowid=False,
)
