"""Between rows and domain values."""

import struct
from dataclasses import asdict, fields
from typing import Any

import sqlalchemy as sa

from triage_agent.adapters.sql.schema import instance, study, worklist_entry
from triage_agent.domain.assessment import Assessment, AssessmentKind
from triage_agent.domain.delivery import Result, ResultKind
from triage_agent.domain.instance import (
    ClassActivation,
    CodedConcept,
    ImageScore,
    Instance,
    InstanceHeader,
    InstanceState,
    StoredObject,
)
from triage_agent.domain.priority import Placement, PriorityClass
from triage_agent.domain.region import Region
from triage_agent.domain.study import Study, StudyState

Row = sa.RowMapping
Values = dict[str, Any]

# A study with its placement: what `study_from` needs.
STUDY_COLUMNS = (*study.c, worklist_entry.c.priority_class, worklist_entry.c.due_at)
PLACED_STUDY = study.join(worklist_entry)
URGENCY = (
    study.c.stat.desc(),
    worklist_entry.c.due_at,
    worklist_entry.c.arrived_at,
    worklist_entry.c.StudyInstanceUID,
)

_HEADER_FIELDS = frozenset(field.name for field in fields(InstanceHeader))


def study_from(row: Row) -> Study:
    """Return the study of a row of `STUDY_COLUMNS`."""
    return Study(
        StudyInstanceUID=row["StudyInstanceUID"],
        PatientID=row["PatientID"],
        PatientName=row["PatientName"],
        PatientBirthDate=row["PatientBirthDate"],
        PatientSex=row["PatientSex"],
        AccessionNumber=row["AccessionNumber"],
        StudyDate=row["StudyDate"],
        StudyTime=row["StudyTime"],
        StudyDescription=row["StudyDescription"],
        region=_region(row["region"]),
        laterality=row["laterality"],
        stat=row["stat"],
        state=StudyState(row["state"]),
        generation=row["generation"],
        revision=row["revision"],
        assessed_revision=row["assessed_revision"],
        assessment=Assessment(
            kind=AssessmentKind(row["assessment_kind"]),
            reason=row["assessment_reason"],
            probability=row["probability"],
        ),
        placement=Placement(
            priority_class=PriorityClass(row["priority_class"]), due_at=row["due_at"]
        ),
        arrived_at=row["arrived_at"],
        last_instance_at=row["last_instance_at"],
        closes_at=row["closes_at"],
        closed_at=row["closed_at"],
    )


def assessment_values(assessment: Assessment) -> Values:
    """Return the columns of `study` that hold an assessment."""
    return {
        "assessment_kind": assessment.kind.value,
        "assessment_reason": assessment.reason,
        "probability": assessment.probability,
    }


def placement_values(placement: Placement) -> Values:
    """Return the columns of `worklist_entry` that hold a placement."""
    return {"priority_class": placement.priority_class.value, "due_at": placement.due_at}


def instance_from(row: Row) -> Instance:
    """Return the instance of a whole row."""
    return Instance(
        header=_header_from(row["header"]),
        stored=_stored_from(row),
        state=InstanceState(row["state"]),
        region=_region(row["region"]),
        reason=row["reason"],
        received_at=row["received_at"],
        source_ae_title=row["source_ae_title"],
        attempts=row["attempts"],
        score=_score_from(row),
        model=row["model"],
    )


def instance_values(value: Instance) -> Values:
    """Return the whole row of an instance."""
    return {
        "SOPInstanceUID": value.header.SOPInstanceUID,
        "StudyInstanceUID": value.header.StudyInstanceUID,
        "SeriesInstanceUID": value.header.SeriesInstanceUID,
        "header": _header_values(value.header),
        **stored_values(value.stored),
        "state": value.state.value,
        "region": value.region.value if value.region is not None else None,
        "reason": value.reason,
        "received_at": value.received_at,
        "source_ae_title": value.source_ae_title,
        "attempts": value.attempts,
        "model": value.model,
        **(score_values(value.score) if value.score is not None else {}),
    }


def _header_values(header: InstanceHeader) -> Values:
    # As `asdict` does, which copies every text and takes longer than to write the row.
    values = {name: getattr(header, name) for name in _HEADER_FIELDS}
    return values | {"anatomic_regions": [asdict(code) for code in header.anatomic_regions]}


def score_values(score: ImageScore) -> Values:
    """Return the columns of `instance` that hold a score; the map is kept exactly."""
    activation = score.activation
    return {
        "probability": score.probability,
        "activation_rows": activation.rows,
        "activation_columns": activation.columns,
        "activation": struct.pack(f"<{len(activation.values)}d", *activation.values),
    }


def stored_values(stored: StoredObject) -> Values:
    """Return the columns that say where an object is kept."""
    return {"location": stored.location, "digest": stored.digest, "size_bytes": stored.size_bytes}


def result_from(row: Row) -> Result:
    """Return the result of a whole row."""
    return Result(
        StudyInstanceUID=row["StudyInstanceUID"],
        generation=row["generation"],
        kind=ResultKind(row["kind"]),
        SOPClassUID=row["SOPClassUID"],
        SOPInstanceUID=row["SOPInstanceUID"],
        stored=_stored_from(row),
    )


def result_values(value: Result) -> Values:
    """Return the row of a result, without its id."""
    return {
        "StudyInstanceUID": value.StudyInstanceUID,
        "generation": value.generation,
        "kind": value.kind.value,
        "SOPClassUID": value.SOPClassUID,
        "SOPInstanceUID": value.SOPInstanceUID,
        **stored_values(value.stored),
    }


def instance_of(SOPInstanceUID: str) -> sa.ColumnElement[bool]:
    """Return the condition that picks one instance."""
    return instance.c.SOPInstanceUID == SOPInstanceUID


def _region(text: str | None) -> Region | None:
    return Region(text) if text is not None else None


def _stored_from(row: Row) -> StoredObject:
    return StoredObject(
        location=row["location"], digest=row["digest"], size_bytes=row["size_bytes"]
    )


def _score_from(row: Row) -> ImageScore | None:
    if row["activation"] is None:
        return None
    rows, columns = row["activation_rows"], row["activation_columns"]
    values = struct.unpack(f"<{rows * columns}d", row["activation"])
    return ImageScore(
        probability=row["probability"],
        activation=ClassActivation(rows=rows, columns=columns, values=values),
    )


def _header_from(document: Values) -> InstanceHeader:
    # Another version of the node may have written attributes that this one does not know.
    known: Values = {
        name: tuple(value) if isinstance(value, list) else value
        for name, value in document.items()
        if name in _HEADER_FIELDS
    }
    known["anatomic_regions"] = tuple(
        CodedConcept(**code) for code in known.get("anatomic_regions", ())
    )
    return InstanceHeader(**known)
