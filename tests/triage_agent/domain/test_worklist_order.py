import pytest

from tests.factories import after, make_assessment, make_placement, make_study, uid
from triage_agent.domain.region import Region
from triage_agent.domain.worklist import ReadingState, WorklistEntry
from triage_agent.domain.worklist_order import BY_PRIORITY, ListColumn, WorklistOrder


def _entry(number: int, *, probability: float | None, **overrides: object) -> WorklistEntry:
    study = {
        "StudyInstanceUID": uid("study", number),
        "assessment": make_assessment(probability),
        "region": None,
        "PatientName": "",
        "PatientID": "",
        "AccessionNumber": "",
        "StudyDescription": "",
    }
    study |= {name: overrides.pop(name) for name in tuple(overrides) if name[0].isupper()}
    study |= {
        name: overrides.pop(name)
        for name in ("region", "arrived_at", "placement")
        if name in overrides
    }
    values: dict[str, object] = {
        "reading_state": ReadingState.UNREAD,
        "claimed_by": "",
        "provisional": False,
        "images": number,
        "images_scored": 0,
    }
    return WorklistEntry(study=make_study(**study), **(values | overrides))  # type: ignore[arg-type]


KNOWN = _entry(
    1,
    probability=0.1,
    region=Region.HAND,
    PatientName="Äbel",
    PatientID="1",
    AccessionNumber="1",
    StudyDescription="a",
    placement=make_placement(300),
    arrived_at=after(3),
    modalities=("CR",),
    source_ae_title="A",
    claimed_by="a",
    model="a 1",
    reading_state=ReadingState.CLAIMED,
)
OTHER = _entry(
    2,
    probability=0.9,
    region=Region.WRIST,
    PatientName="BELL",
    PatientID="2",
    AccessionNumber="2",
    StudyDescription="b",
    placement=make_placement(200),
    arrived_at=after(2),
    modalities=("DX",),
    source_ae_title="B",
    read_by="b",
    model="b 1",
)
EMPTY = _entry(3, probability=None, placement=make_placement(100), arrived_at=after(1))
ALSO_EMPTY = _entry(4, probability=None, placement=make_placement(100), arrived_at=after(1))
ALWAYS_KNOWN = {
    ListColumn.PRIORITY: [EMPTY, ALSO_EMPTY, OTHER, KNOWN],
    ListColumn.ARRIVED: [EMPTY, ALSO_EMPTY, OTHER, KNOWN],
    ListColumn.VIEWS: [KNOWN, OTHER, EMPTY, ALSO_EMPTY],
    ListColumn.STATE: [KNOWN, EMPTY, ALSO_EMPTY, OTHER],
}


@pytest.mark.parametrize("column", ListColumn)
def test_ascending(column: ListColumn) -> None:
    expected = ALWAYS_KNOWN.get(column, [KNOWN, OTHER, EMPTY, ALSO_EMPTY])
    assert WorklistOrder(column=column).sorted([OTHER, ALSO_EMPTY, EMPTY, KNOWN]) == expected


@pytest.mark.parametrize("column", ListColumn)
def test_descending_leaves_equals_by_priority_and_what_is_not_known_last(
    column: ListColumn,
) -> None:
    expected = {
        ListColumn.PRIORITY: [KNOWN, OTHER, ALSO_EMPTY, EMPTY],
        ListColumn.ARRIVED: [KNOWN, OTHER, EMPTY, ALSO_EMPTY],
        ListColumn.VIEWS: [ALSO_EMPTY, EMPTY, OTHER, KNOWN],
        ListColumn.STATE: [EMPTY, ALSO_EMPTY, OTHER, KNOWN],
    }.get(column, [OTHER, KNOWN, EMPTY, ALSO_EMPTY])
    order = WorklistOrder(column=column, descending=True)
    assert order.sorted([OTHER, ALSO_EMPTY, EMPTY, KNOWN]) == expected


def test_the_default_is_priority() -> None:
    assert WorklistOrder() == BY_PRIORITY
