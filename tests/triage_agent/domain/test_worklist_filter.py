from dataclasses import replace
from datetime import datetime

import pytest

from tests.factories import T0, after, make_assessment, make_placement, make_study
from triage_agent.domain.band import Band, band_of
from triage_agent.domain.region import Region
from triage_agent.domain.worklist import ReadingState, WorklistEntry
from triage_agent.domain.worklist_filter import EVERYTHING_NOT_READ, WorklistFilter

HOUR = 3600


def make_entry(**study: object) -> WorklistEntry:
    return WorklistEntry(
        study=make_study(**study),
        reading_state=ReadingState.UNREAD,
        claimed_by="",
        provisional=False,
        images=2,
        images_scored=2,
        modalities=("DX", "SR"),
        source_ae_title="ROOM1",
    )


def test_by_default_what_is_not_read_is_wanted() -> None:
    states = [
        state
        for state in ReadingState
        if EVERYTHING_NOT_READ.accepts(replace(make_entry(), reading_state=state))
    ]
    assert states == [ReadingState.UNREAD, ReadingState.CLAIMED]


@pytest.mark.parametrize(
    ("wanted", "unwanted"),
    [
        ({"regions": {Region.WRIST, None}}, {"regions": {None, Region.HAND}}),
        ({"bands": {Band.ABNORMAL}}, {"bands": {Band.HIGH}}),
        ({"bands": {Band.HIGH}, "high_from": 0.75}, {"bands": {Band.ABNORMAL}, "high_from": 0.75}),
        ({"sources": {"ROOM1"}}, {"sources": {"ROOM2"}}),
        ({"modalities": {"SR", "CR"}}, {"modalities": {"CR"}}),
        ({"claimed_by": ""}, {"claimed_by": "reader"}),
        ({"provisional": False}, {"provisional": True}),
        ({"arrived_from": T0}, {"arrived_from": after(1)}),
        ({"arrived_to": after(1)}, {"arrived_to": T0}),
        ({"arrived_within_hours": 2}, {"arrived_within_hours": 1}),
        (
            {"arrived_within_hours": 2, "arrived_from": T0},
            {"arrived_within_hours": 2, "arrived_from": after(1)},
        ),
        (
            {"arrived_within_hours": 2, "arrived_from": after(-9 * HOUR)},
            {"arrived_within_hours": 1, "arrived_from": after(-9 * HOUR)},
        ),
        ({"overdue": False}, {"overdue": True}),
        ({"text": "test p1"}, {"text": "test p2"}),
    ],
)
def test_each_condition_lets_in_and_keeps_out(
    wanted: dict[str, object], unwanted: dict[str, object]
) -> None:
    entry = make_entry(
        assessment=make_assessment(0.75), placement=make_placement(due_in_seconds=2 * HOUR)
    )
    now = after(1.5 * HOUR)
    assert WorklistFilter(**wanted).accepts(entry, now=now)  # type: ignore[arg-type]
    assert not WorklistFilter(**unwanted).accepts(entry, now=now)  # type: ignore[arg-type]


def test_a_study_is_overdue_after_the_instant_at_which_it_is_due() -> None:
    entry = make_entry(placement=make_placement(due_in_seconds=60))
    overdue = [seconds for seconds in (59, 60, 61) if _is_overdue(entry, after(seconds))]
    assert overdue == [61]


def _is_overdue(entry: WorklistEntry, now: datetime) -> bool:
    return WorklistFilter(overdue=True).accepts(entry, now=now)


@pytest.mark.parametrize("wanted", [{"overdue": True}, {"arrived_within_hours": 1}])
def test_what_depends_on_the_time_must_be_told_the_time(wanted: dict[str, int]) -> None:
    with pytest.raises(ValueError, match="what time it is"):
        WorklistFilter(**wanted).accepts(make_entry())  # type: ignore[arg-type]


@pytest.mark.parametrize(
    "nonsense",
    [
        {"reading_states": frozenset()},
        {"arrived_from": T0.replace(tzinfo=None)},
        {"arrived_within_hours": 0},
    ],
)
def test_nonsense_is_no_filter(nonsense: dict[str, object]) -> None:
    with pytest.raises(ValueError, match=r"at least|arrival"):
        WorklistFilter(**nonsense)  # type: ignore[arg-type]


def test_what_was_typed_is_not_in_what_is_logged() -> None:
    assert "Doe" not in repr(WorklistFilter(text="Doe"))


@pytest.mark.parametrize(
    ("probability", "high_from", "band"),
    [
        (0.9, 0.8, Band.HIGH),
        (0.8, 0.8, Band.HIGH),
        (0.7, 0.8, Band.ABNORMAL),
        (0.9, None, Band.ABNORMAL),
        (0.1, 0.0, Band.BELOW_THRESHOLD),
        (None, 0.0, Band.NOT_ASSESSED),
    ],
)
def test_bands(probability: float | None, high_from: float | None, band: Band) -> None:
    assert band_of(make_assessment(probability), high_from) is band
