"""What a filter and an order of the list mean in SQL.

Every expression stands by itself beside any statement that selects from `worklist_entry`: other
tables are looked into from there, row by row.
"""

from collections.abc import Sequence
from datetime import datetime
from typing import Any

import sqlalchemy as sa

from triage_agent.adapters.sql.column_types import by_code_point
from triage_agent.adapters.sql.list_tables import study_word
from triage_agent.adapters.sql.schema import (
    IS_IN_SCOPE,
    IS_OPEN,
    IS_UNASSESSED,
    IS_WAITING_FOR_SCORE,
    instance,
    study,
    worklist_entry,
)
from triage_agent.domain.assessment import AssessmentKind
from triage_agent.domain.band import Band
from triage_agent.domain.search import words_typed
from triage_agent.domain.worklist_filter import WorklistFilter
from triage_agent.domain.worklist_order import ListColumn, WorklistOrder

Condition = sa.ColumnElement[bool]
Key = sa.ColumnElement[Any]  # each column of the list has its own type

_UID = worklist_entry.c.StudyInstanceUID
_BY_PRIORITY = (worklist_entry.c.due_at, worklist_entry.c.arrived_at, _UID)


def conditions(wanted: WorklistFilter, *, now: datetime | None) -> list[Condition]:
    """Return what an entry must meet besides its reading state.

    Raises ValueError if that depends on a time that is not given.
    """
    return [
        *_of_study(wanted),
        *_of_origin(wanted),
        *_of_times(wanted, now),
        *_of_provisional(wanted),
        *([] if wanted.claimed_by is None else [worklist_entry.c.claimed_by == wanted.claimed_by]),
        *(
            worklist_entry.c.search_text.contains(f" {word}", autoescape=True)
            for word in words_typed(wanted.text)
        ),
    ]


def may_have_word(beginning: str) -> Condition:
    """Return the condition that a word of a study may begin so, by the index of words.

    What is not assessed yet is not in the index, and so may always.
    """
    indexed = words_that_begin(beginning).with_only_columns(study_word.c.StudyInstanceUID)
    not_indexed = sa.select(study.c.StudyInstanceUID).where(IS_UNASSESSED)
    return _UID.in_(sa.union_all(indexed, not_indexed))


def words_that_begin(beginning: str) -> sa.Select[str, str]:
    """Return the query for the words of all studies that begin so."""
    # Greater than any character: every longer word lies before it.
    last = beginning + "\U0010ffff"
    return sa.select(study_word).where(study_word.c.word >= beginning, study_word.c.word < last)


def sort_keys(order: WorklistOrder) -> list[Key]:
    """Return the expressions to order by, without their direction."""
    if order.column is ListColumn.PRIORITY:
        return list(_BY_PRIORITY)
    return [_VALUES[order.column], *_BY_PRIORITY]


def directed(order: WorklistOrder, keys: Sequence[Key]) -> list[Key]:
    """Return keys, those of `sort_keys` or the columns that hold them, with their direction."""
    if order.column is ListColumn.PRIORITY:
        return [key.desc() for key in keys] if order.descending else list(keys)
    first = keys[0].desc() if order.descending else keys[0].asc()
    return [first.nulls_last(), *keys[1:]]


def _of_study(wanted: WorklistFilter) -> list[Condition]:
    meets: list[Condition] = []
    if wanted.regions:
        named = sorted(each.value for each in wanted.regions if each is not None)
        alternatives = [study.c.region.in_(named)] if named else []
        if None in wanted.regions:
            alternatives.append(study.c.region.is_(None))
        meets.append(sa.or_(*alternatives))
    if wanted.bands:
        meets.append(sa.or_(*(_in_band(each, wanted.high_from) for each in sorted(wanted.bands))))
    if not meets:
        return []
    # Not EXISTS: PostgreSQL may make a join of that, and look through all studies for it.
    return [_of_its_study(sa.and_(*meets))]


def _in_band(band: Band, high_from: float | None) -> Condition:
    kind, probability = study.c.assessment_kind, study.c.probability
    is_abnormal = kind == AssessmentKind.ABNORMAL.value
    match band:
        case Band.BELOW_THRESHOLD:
            return kind == AssessmentKind.BELOW_THRESHOLD.value
        case Band.NOT_ASSESSED:
            return kind == AssessmentKind.NOT_ASSESSED.value
        case Band.HIGH:
            return sa.false() if high_from is None else is_abnormal & (probability >= high_from)
        case Band.ABNORMAL:
            return is_abnormal if high_from is None else is_abnormal & (probability < high_from)


def _of_origin(wanted: WorklistFilter) -> list[Condition]:
    meets: list[Condition] = []
    if wanted.sources:
        meets.append(worklist_entry.c.source_ae_title.in_(sorted(wanted.sources)))
    if wanted.modalities:
        meets.append(
            sa.or_(
                *(
                    worklist_entry.c.modalities.contains(f" {each} ", autoescape=True)
                    for each in sorted(wanted.modalities)
                )
            )
        )
    return meets


def _of_times(wanted: WorklistFilter, now: datetime | None) -> list[Condition]:
    now, earliest = wanted.time(now), wanted.earliest_arrival(now)
    meets: list[Condition] = []
    if earliest is not None:
        meets.append(worklist_entry.c.arrived_at >= earliest)
    if wanted.arrived_to is not None:
        meets.append(worklist_entry.c.arrived_at < wanted.arrived_to)
    if wanted.overdue is not None:
        due_at = worklist_entry.c.due_at
        meets.append(due_at < now if wanted.overdue else due_at >= now)
    return meets


def _of_provisional(wanted: WorklistFilter) -> list[Condition]:
    if wanted.provisional is None:
        return []
    # Three sets that partial indexes hold, and that are small however many studies there are.
    provisional = sa.union_all(
        sa.select(study.c.StudyInstanceUID).where(IS_OPEN),
        sa.select(study.c.StudyInstanceUID).where(IS_UNASSESSED),
        # By a column that only the partial index holds, or SQLite scans all of another.
        sa.select(instance.c.StudyInstanceUID).where(
            IS_WAITING_FOR_SCORE, instance.c.received_at.is_not(None)
        ),
    )
    return [_UID.in_(provisional) if wanted.provisional else _UID.not_in(provisional)]


def _of_instances(value: Key, *where: Condition) -> Key:
    return (
        sa.select(value)
        .where(instance.c.StudyInstanceUID == _UID, *where)
        .correlate(worklist_entry)
        .scalar_subquery()
    )


def _of_its_study(value: Key) -> Key:
    return (
        sa.select(value)
        .where(study.c.StudyInstanceUID == _UID)
        .correlate(worklist_entry)
        .scalar_subquery()
    )


def _text(value: Key) -> Key:
    return by_code_point(sa.func.nullif(value, ""))


_VALUES: dict[ListColumn, Key] = {
    ListColumn.REGION: _of_its_study(by_code_point(study.c.region)),
    ListColumn.SCORE: _of_its_study(study.c.probability),
    ListColumn.PATIENT: _text(worklist_entry.c.search_text),
    ListColumn.PATIENT_ID: _of_its_study(_text(study.c.PatientID)),
    ListColumn.ACCESSION: _of_its_study(_text(study.c.AccessionNumber)),
    ListColumn.DESCRIPTION: _of_its_study(_text(study.c.StudyDescription)),
    ListColumn.MODALITY: _text(worklist_entry.c.modalities),
    ListColumn.SOURCE: _text(worklist_entry.c.source_ae_title),
    ListColumn.VIEWS: _of_instances(sa.func.count(), IS_IN_SCOPE),
    ListColumn.ARRIVED: worklist_entry.c.arrived_at,
    ListColumn.STATE: by_code_point(worklist_entry.c.reading_state),
    ListColumn.MODEL: _text(_of_instances(sa.func.max(instance.c.model))),
    ListColumn.READER: _text(
        sa.func.coalesce(sa.func.nullif(worklist_entry.c.claimed_by, ""), worklist_entry.c.read_by)
    ),
}
