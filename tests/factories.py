"""Domain values with defaults: a test names only what matters to it.

UIDs are made from small numbers under the documentation-like root "1.2.826.0.1.3680043.10.999",
so that `uid("study", 7)` is the same in every test and run. Instants count from `T0`.
"""

import hashlib
import itertools
from dataclasses import replace
from datetime import datetime, timedelta
from typing import Any

from tests.fakes.clock import START
from triage_agent.domain.assessment import Assessment, AssessmentKind
from triage_agent.domain.delivery import Result, ResultKind
from triage_agent.domain.instance import (
    ClassActivation,
    ImageScore,
    Instance,
    InstanceHeader,
    InstanceState,
    StoredObject,
)
from triage_agent.domain.priority import Placement, PriorityClass
from triage_agent.domain.region import Region
from triage_agent.domain.study import Study, StudyImages, StudyState
from triage_agent.domain.webhook import Announcement, WebhookEvent
from triage_agent.ports.register import StudyOpening

T0 = START
ROOT = "1.2.826.0.1.3680043.10.999"
DX_FOR_PRESENTATION = "1.2.840.10008.5.1.4.1.1.1.1"
EXPLICIT_VR_LITTLE_ENDIAN = "1.2.840.10008.1.2.1"
COMPREHENSIVE_3D_SR = "1.2.840.10008.5.1.4.1.1.88.34"
SECONDARY_CAPTURE = "1.2.840.10008.5.1.4.1.1.7"
MODEL = "test-model 1"

Value = Any  # of a field; which type is the field's own matter

_KINDS = {"study": 1, "series": 2, "instance": 3, "result": 4}
_serial = itertools.count(1)


def uid(kind: str, number: int) -> str:
    """Return the same valid UID for the same kind ("study", "series", ...) and number."""
    return f"{ROOT}.{_KINDS[kind]}.{number}"


def after(seconds: float) -> datetime:
    """Return the instant `seconds` after `T0`."""
    return T0 + timedelta(seconds=seconds)


def make_stored(content: str = "content", **overrides: Value) -> StoredObject:
    """Return a stored object whose digest follows from `content`."""
    digest = hashlib.sha256(content.encode()).hexdigest()
    values: dict[str, Value] = {
        "location": f"objects/{digest[:2]}/{digest}",
        "digest": digest,
        "size_bytes": 1000,
    }
    return StoredObject(**(values | overrides))


def make_header(**overrides: Value) -> InstanceHeader:
    """Return the header of a DX image of a wrist; SOP Instance UIDs differ from call to call."""
    values: dict[str, Value] = {
        "SOPClassUID": DX_FOR_PRESENTATION,
        "SOPInstanceUID": f"{ROOT}.9.{next(_serial)}",
        "StudyInstanceUID": uid("study", 1),
        "SeriesInstanceUID": uid("series", 1),
        "TransferSyntaxUID": EXPLICIT_VR_LITTLE_ENDIAN,
        "Modality": "DX",
        "PatientID": "P1",
        "PatientName": "Test^Patient",
        "PatientBirthDate": "19700101",
        "PatientSex": "O",
        "AccessionNumber": "A1",
        "StudyDate": "20260101",
        "StudyTime": "120000",
        "StudyDescription": "Wrist",
        "BodyPartExamined": "WRIST",
        "PresentationIntentType": "FOR PRESENTATION",
        "PhotometricInterpretation": "MONOCHROME2",
        "ImageType": ("ORIGINAL", "PRIMARY"),
        "InstanceNumber": 1,
        "Rows": 64,
        "Columns": 48,
    }
    return InstanceHeader(**(values | overrides))


def make_instance(header: InstanceHeader | None = None, **overrides: Value) -> Instance:
    """Return an instance in state RECEIVED.

    Overrides that are attributes of the header go there, the others to the instance.
    """
    in_header = {name: overrides.pop(name) for name in tuple(overrides) if _is_of_header(name)}
    header = replace(header, **in_header) if header is not None else make_header(**in_header)
    values: dict[str, Value] = {
        "header": header,
        "stored": make_stored(header.SOPInstanceUID),
        "state": InstanceState.RECEIVED,
        "region": Region.WRIST,
        "reason": "",
        "received_at": T0,
        "source_ae_title": "MODALITY",
    }
    return Instance(**(values | overrides))


def _is_of_header(name: str) -> bool:
    return name in InstanceHeader.__dataclass_fields__


def make_score(probability: float = 0.75, **overrides: Value) -> ImageScore:
    """Return a score with a map of 2 x 2; the map's values are exact in single precision."""
    values: dict[str, Value] = {
        "probability": probability,
        "activation": ClassActivation(rows=2, columns=2, values=(0.0, 0.25, -0.5, 1.5)),
    }
    return ImageScore(**(values | overrides))


def make_scored(probability: float = 0.75, **overrides: Value) -> Instance:
    """Return an instance in state SCORED."""
    values: dict[str, Value] = {
        "state": InstanceState.SCORED,
        "score": make_score(probability),
        "model": MODEL,
        "attempts": 1,
    }
    return make_instance(**(values | overrides))


def make_assessment(probability: float | None = 0.75, **overrides: Value) -> Assessment:
    """Return an assessment: abnormal from 0.5 on, not assessed without a probability."""
    if probability is None:
        kind, reason = AssessmentKind.NOT_ASSESSED, "no image has been scored yet"
    elif probability >= 0.5:  # the usual operating point
        kind, reason = AssessmentKind.ABNORMAL, "above the operating point"
    else:
        kind, reason = AssessmentKind.BELOW_THRESHOLD, "below the operating point"
    values: dict[str, Value] = {"kind": kind, "reason": reason, "probability": probability}
    return Assessment(**(values | overrides))


def make_placement(due_in_seconds: float = 5400, **overrides: Value) -> Placement:
    """Return a placement that is due so long after `T0`."""
    values: dict[str, Value] = {
        "priority_class": PriorityClass.NOT_ASSESSED,
        "due_at": after(due_in_seconds),
    }
    return Placement(**(values | overrides))


def make_opening(due_in_seconds: float = 5400, **overrides: Value) -> StudyOpening:
    """Return what a new study's row says: not assessed yet."""
    values: dict[str, Value] = {
        "assessment": make_assessment(None),
        "placement": make_placement(due_in_seconds),
    }
    return StudyOpening(**(values | overrides))


def make_study(**overrides: Value) -> Study:
    """Return an open study of a wrist with one instance that is not assessed yet."""
    values: dict[str, Value] = {
        "StudyInstanceUID": uid("study", 1),
        "PatientID": "P1",
        "PatientName": "Test^Patient",
        "PatientBirthDate": "19700101",
        "PatientSex": "O",
        "AccessionNumber": "A1",
        "StudyDate": "20260101",
        "StudyTime": "120000",
        "StudyDescription": "Wrist",
        "region": Region.WRIST,
        "laterality": "",
        "stat": False,
        "state": StudyState.OPEN,
        "generation": 1,
        "revision": 1,
        "assessed_revision": 0,
        "assessment": make_assessment(None),
        "placement": make_placement(),
        "arrived_at": T0,
        "last_instance_at": T0,
        "closes_at": after(10),
        "closed_at": None,
    }
    return Study(**(values | overrides))


def make_study_images(*instances: Instance, **overrides: Value) -> StudyImages:
    """Return a study with these instances (one in state RECEIVED if none are given)."""
    return StudyImages(study=make_study(**overrides), instances=instances or (make_instance(),))


def make_result(**overrides: Value) -> Result:
    """Return a structured report of the first generation; UIDs differ from call to call."""
    values: dict[str, Value] = {
        "StudyInstanceUID": uid("study", 1),
        "generation": 1,
        "kind": ResultKind.STRUCTURED_REPORT,
        "SOPClassUID": COMPREHENSIVE_3D_SR,
        "SOPInstanceUID": f"{ROOT}.8.{next(_serial)}",
    }
    values |= overrides
    values.setdefault("stored", make_stored(values["SOPInstanceUID"]))
    return Result(**values)


def make_announcement(**overrides: Value) -> Announcement:
    """Return the announcement of a wrist that was found abnormal."""
    values: dict[str, Value] = {
        "event": WebhookEvent.PLACED,
        "at": T0,
        "StudyInstanceUID": uid("study", 1),
        "AccessionNumber": "A1",
        "assessment": AssessmentKind.ABNORMAL,
        "probability": 0.75,
        "priority_class": PriorityClass.ABNORMAL,
        "due_at": after(2400),
        "generation": 1,
        "revision": 3,
        "provisional": True,
    }
    return Announcement(**(values | overrides))
