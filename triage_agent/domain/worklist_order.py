"""In which order entries of the worklist are listed."""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum

from triage_agent.domain.search import words_of_study
from triage_agent.domain.worklist import WorklistEntry


class ListColumn(StrEnum):
    """What the list can be sorted by; values serve in addresses and saved views."""

    PRIORITY = "priority"
    REGION = "region"
    SCORE = "score"  # studies that are not assessed come last
    PATIENT = "patient"  # by name, then ID, without case and accents
    PATIENT_ID = "patient-id"
    ACCESSION = "accession"
    DESCRIPTION = "description"
    MODALITY = "modality"
    SOURCE = "source"
    VIEWS = "views"  # images in scope
    ARRIVED = "arrived"
    STATE = "state"  # of reading
    MODEL = "model"
    READER = "reader"  # who claimed or read it; studies of nobody come last


_Value = str | float | datetime | None


@dataclass(frozen=True, slots=True, kw_only=True)
class WorklistOrder:
    """By a column, then by priority: due time, arrival, UID. Priority ends with the UID.

    Text is compared by code point. What is not known comes last in either direction. Descending
    priority is the exact reverse; under every other column equals stay in order of priority.
    """

    column: ListColumn = ListColumn.PRIORITY
    descending: bool = False

    def sorted(self, entries: Iterable[WorklistEntry]) -> list[WorklistEntry]:
        """Return entries in this order."""
        by_priority = sorted(entries, key=_priority)
        if self.column is ListColumn.PRIORITY:
            return by_priority[::-1] if self.descending else by_priority
        valued = [(_value(each, self.column), each) for each in by_priority]
        known = [pair for pair in valued if pair[0] is not None]
        # A stable sort in reverse keeps equals as they were.
        known.sort(key=lambda pair: pair[0], reverse=self.descending)  # type: ignore[arg-type,return-value]  # all of one type
        return [each for _, each in known] + [each for value, each in valued if value is None]


BY_PRIORITY = WorklistOrder()


def _priority(entry: WorklistEntry) -> tuple[datetime, datetime, str]:
    study = entry.study
    return study.placement.due_at, study.arrived_at, study.StudyInstanceUID


def _value(entry: WorklistEntry, column: ListColumn) -> _Value:
    study = entry.study
    values: dict[ListColumn, _Value] = {
        ListColumn.REGION: study.region,
        ListColumn.SCORE: study.assessment.probability,
        ListColumn.PATIENT: " ".join(words_of_study(study)) or None,
        ListColumn.PATIENT_ID: study.PatientID or None,
        ListColumn.ACCESSION: study.AccessionNumber or None,
        ListColumn.DESCRIPTION: study.StudyDescription or None,
        ListColumn.MODALITY: " ".join(entry.modalities) or None,
        ListColumn.SOURCE: entry.source_ae_title or None,
        ListColumn.VIEWS: entry.images,
        ListColumn.ARRIVED: study.arrived_at,
        ListColumn.STATE: entry.reading_state,
        ListColumn.MODEL: entry.model or None,
        ListColumn.READER: entry.claimed_by or entry.read_by or None,
    }
    return values[column]
