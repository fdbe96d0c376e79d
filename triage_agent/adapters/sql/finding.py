"""What is kept beside a study so that the list can be filtered and searched."""

from collections.abc import Mapping, Sequence

import sqlalchemy as sa
from sqlalchemy.dialects import postgresql, sqlite

from triage_agent.adapters.sql.list_tables import study_word
from triage_agent.adapters.sql.rows import Values
from triage_agent.adapters.sql.schema import worklist_entry
from triage_agent.domain.instance import Instance
from triage_agent.domain.search import SEARCHED, words_of

# Built once, as many instances need them.
_STUDY = sa.bindparam("the_study", type_=sa.Text)
_OF_STUDY = worklist_entry.c.StudyInstanceUID == _STUDY
_WORDS = sa.select(worklist_entry.c.search_text).where(_OF_STUDY)
_SEARCH = sa.update(worklist_entry).where(_OF_STUDY)
_MODALITIES = sa.select(worklist_entry.c.modalities).where(_OF_STUDY)
_LEARN = {
    "sqlite": sqlite.insert(study_word).on_conflict_do_nothing(),
    "postgresql": postgresql.insert(study_word).on_conflict_do_nothing(),
}


def entry_values(value: Instance) -> Values:
    """Return what the list keeps of a study whose first instance this is."""
    header = value.header
    return {
        "modalities": _spaced([_one_word(header.Modality)]),
        "source_ae_title": value.source_ae_title,
        "search_text": _spaced(words_of(getattr(header, name) for name in SEARCHED)),
    }


def note_modality(connection: sa.Connection, StudyInstanceUID: str, Modality: str) -> None:
    """Add the modality of a new series of a known study, whose row is locked."""
    known = connection.execute(_MODALITIES, {"the_study": StudyInstanceUID}).scalar_one().split()
    modality = _one_word(Modality)
    if modality and modality not in known:
        changes = {"modalities": _spaced([*known, modality])}
        connection.execute(_SEARCH, changes | {"the_study": StudyInstanceUID})


def note_filled_in(
    connection: sa.Connection, before: sa.RowMapping, changes: Mapping[str, object]
) -> None:
    """Make a study found by attributes that were empty `before`, if any of them are searched."""
    if changes.keys().isdisjoint(SEARCHED):
        return
    words = words_of(str(changes.get(name, before[name])) for name in SEARCHED)
    the_study = str(before["StudyInstanceUID"])
    connection.execute(_SEARCH, {"search_text": _spaced(words), "the_study": the_study})
    _learn(connection, the_study, words)


def learn_words(connection: sa.Connection, StudyInstanceUID: str) -> None:
    """Bring a study's words into the index of words.

    Called when it is assessed, because on arrival nobody has time: until it is read, it is found
    without them.
    """
    text = connection.execute(_WORDS, {"the_study": StudyInstanceUID}).scalar_one()
    _learn(connection, StudyInstanceUID, text.split())


def _learn(connection: sa.Connection, StudyInstanceUID: str, words: Sequence[str]) -> None:
    rows = [{"word": word, "StudyInstanceUID": StudyInstanceUID} for word in words]
    if rows:
        connection.execute(_LEARN[connection.dialect.name], rows)


def _one_word(Modality: str) -> str:
    return "".join(Modality.split())


def _spaced(words: Sequence[str]) -> str:
    """Return words with a blank before, between and after them."""
    text = " ".join(each for each in words if each)
    return f" {text} " if text else ""
