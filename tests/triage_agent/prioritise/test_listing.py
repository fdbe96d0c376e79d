import json
from datetime import UTC, datetime, timedelta, timezone

from tests.factories import after, make_assessment, make_placement, make_study, uid
from triage_agent.domain.priority import PriorityClass
from triage_agent.domain.region import Region
from triage_agent.domain.study import StudyState
from triage_agent.domain.worklist import ReadingState, WorklistEntry
from triage_agent.prioritise.listing import iso, iso_or_none, list_studies


def entry(**study):
    return WorklistEntry(
        study=make_study(**study),
        reading_state=ReadingState.CLAIMED,
        claimed_by="someone",
        provisional=True,
        images=3,
        images_scored=2,
        claimed_until=after(60),
        read_by="an earlier one",
        read_at=after(30),
        read_images=2,
        modalities=("DX", "CR"),
        source_ae_title="ROOM1",
        model="net 1.0",
    )


def test_the_contract_for_scripts():
    abnormal = entry(
        assessment=make_assessment(0.9375),
        placement=make_placement(1200, priority_class=PriorityClass.ABNORMAL),
        state=StudyState.CLOSED,
        generation=2,
        arrived_at=datetime(2026, 1, 2, 3, 4, 5, 678_900, tzinfo=UTC),
    )
    not_assessed = entry(StudyInstanceUID=uid("study", 2), region=None)
    listed = list_studies([abnormal, not_assessed], first_place=51)
    assert json.loads(json.dumps(listed))[0] == {
        "place": 51,
        "study_uid": uid("study", 1),
        "accession_number": "A1",
        "region": "WRIST",
        "assessment": "abnormal",
        "reason": "above the operating point",
        "probability": 0.9375,
        "provisional": True,
        "priority_class": "abnormal",
        "arrived_at": "2026-01-02T03:04:05.678Z",
        "due_at": iso(after(1200)),
        "state": "claimed",
        "study_state": "closed",
        "generation": 2,
        "images": 3,
        "images_scored": 2,
        "laterality": "",
        "modalities": ["DX", "CR"],
        "source_ae_title": "ROOM1",
        "model": "net 1.0",
        "claimed_by": "someone",
        "claimed_until": iso(after(60)),
        "read_by": "an earlier one",
        "read_at": iso(after(30)),
        "new_images": 1,
    }
    assert listed[1]["place"] == 52
    assert (listed[1]["region"], listed[1]["probability"]) == (None, None)
    assert listed[1]["assessment"] == "not_assessed"
    assert listed[0]["region"] is Region.WRIST


def test_instants_are_given_in_utc():
    local = datetime(2026, 1, 1, 1, 0, tzinfo=timezone(timedelta(hours=2)))
    assert iso(local) == "2025-12-31T23:00:00.000Z"


def test_an_instant_that_is_not_known_is_null():
    assert iso_or_none(None) is None
    assert iso_or_none(after(0)) == iso(after(0))
