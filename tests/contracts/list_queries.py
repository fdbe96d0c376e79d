"""What every Worklist must do with filters, orders and changes.

What a filter and an order mean is said by the domain; here it is compared with what is found.
"""

import pytest

from tests.contracts.instance_states import EXCLUDED
from tests.contracts.register_ports import STUDY, RegisterPorts
from tests.factories import (
    T0,
    after,
    make_assessment,
    make_instance,
    make_placement,
    make_result,
    make_score,
    uid,
)
from triage_agent.domain.band import Band
from triage_agent.domain.region import Region
from triage_agent.domain.worklist import ReadingState, WorklistEntry
from triage_agent.domain.worklist_filter import WorklistFilter
from triage_agent.domain.worklist_order import ListColumn, WorklistOrder

ALL = frozenset(ReadingState)
READ = frozenset({ReadingState.READ})
NOW = after(4 * 3600)
STUDIES = 24
_NAMES = ("Müller^Anna", "MUELLER^ANNA", "doe^john", "Ångström^Eva-Lena", "", "100%^a_b", "Wrist^X")

# Each is also asked for among read entries, and among all.
FILTERS: dict[str, dict[str, object]] = {
    "everything": {},
    "regions": {"regions": {Region.WRIST, Region.HAND}},
    "no region": {"regions": {None}},
    "a region or none": {"regions": {Region.WRIST, None}},
    "high": {"bands": {Band.HIGH}, "high_from": 0.8},
    "not high": {"bands": {Band.ABNORMAL}, "high_from": 0.8},
    "no policy for high": {"bands": {Band.HIGH}},
    "abnormal": {"bands": {Band.ABNORMAL}},
    "two bands": {"bands": {Band.NOT_ASSESSED, Band.BELOW_THRESHOLD}, "high_from": 0.8},
    "mine": {"claimed_by": "reader"},
    "of nobody": {"claimed_by": ""},
    "sources": {"sources": {"ROOM1", "ROOM2"}},
    "no such source": {"sources": {"ROOM%"}},
    "modality": {"modalities": {"SR"}},
    "modalities": {"modalities": {"CR", "SR"}},
    "part of a modality": {"modalities": {"D"}},
    "from": {"arrived_from": after(3 * 3600)},
    "to": {"arrived_to": after(3 * 3600)},
    "between": {"arrived_from": after(3600), "arrived_to": after(3 * 3600)},
    "of late": {"arrived_within_hours": 2},
    "overdue": {"overdue": True},
    "not overdue": {"overdue": False},
    "provisional": {"provisional": True},
    "final": {"provisional": False},
    "name": {"text": "MULLER"},
    "beginning": {"text": "a"},
    "middle": {"text": "oe"},
    "two words": {"text": "anna mul"},
    "wildcard": {"text": "100%"},
    "number": {"text": "p7"},
    "description": {"text": "wri"},
    "nowhere": {"text": "zzz"},
    "much at once": {
        "regions": {Region.WRIST},
        "bands": {Band.BELOW_THRESHOLD, Band.ABNORMAL},
        "sources": {"ROOM0", "ROOM1"},
        "overdue": True,
        "text": "a",
    },
}


def make_list(ports: RegisterPorts) -> None:
    """Fill the list with studies that differ in whatever can be asked for."""
    regions = [Region.WRIST, Region.HAND, None, Region.ELBOW]
    for number in range(STUDIES):
        study = uid("study", number)
        image = make_instance(
            StudyInstanceUID=study,
            PatientName=_NAMES[number % len(_NAMES)],
            PatientID=f"P{number}",
            AccessionNumber="" if number % 3 else f"a-{number}",
            StudyDescription="Wrist ap" if number % 5 else "",
            Modality=("DX", "CR", "")[number % 3],
            region=regions[number % 4],
            source_ae_title=f"ROOM{number % 3}",
            received_at=after(600 * number),
        )
        # Many are due at the same time, so that arrival and UID decide.
        ports.arrive(image, due_in_seconds=3600 * (number % 5))
        if number % 4 == 1:
            other = make_instance(
                StudyInstanceUID=study,
                SeriesInstanceUID=uid("series", 2),
                Modality="SR",
                received_at=after(600 * number),
                **EXCLUDED,
            )
            ports.arrive(other)
        if number % 6:
            probability = number / STUDIES
            ports.register.record_score(
                image.header.SOPInstanceUID,
                make_score(probability),
                model=f"model {number % 2}",
                now=T0,
            )
            _assess(ports, study, probability if number % 6 > 1 else None)
    ports.register.close_due(after(600 * STUDIES / 2))
    for number in range(0, STUDIES, 3):
        reader = "Reader" if number % 2 else "reader"
        state = ReadingState.READ if number % 9 else ReadingState.CLAIMED
        ports.set_reading(uid("study", number), state, reader)


def _assess(ports: RegisterPorts, StudyInstanceUID: str, probability: float | None) -> None:
    study = ports.study(StudyInstanceUID)
    assert ports.register.record_assessment(
        StudyInstanceUID,
        make_assessment(probability),
        study.placement,
        revision=study.revision,
        now=T0,
    )


class ListQueriesContract:
    @pytest.fixture
    def ports(self) -> RegisterPorts:
        raise NotImplementedError

    def everything(self, ports: RegisterPorts) -> list[WorklistEntry]:
        return [ports.worklist.entry(uid("study", number)) for number in range(STUDIES)]

    def test_filters_find_what_they_mean(self, ports: RegisterPorts) -> None:
        make_list(ports)
        everything = self.everything(ports)
        found_by: dict[str, int] = {}
        for name, values in FILTERS.items():
            for states in (ALL, READ, WorklistFilter().reading_states, {ReadingState.CLAIMED}):
                wanted = WorklistFilter(reading_states=states, **values)  # type: ignore[arg-type]
                accepted = [each for each in everything if wanted.accepts(each, now=NOW)]
                expected = WorklistOrder().sorted(accepted)
                found = ports.worklist.page(limit=100, wanted=wanted, now=NOW)
                assert list(found) == expected, (name, states)
                assert ports.worklist.count(wanted, now=NOW) == len(expected)
                assert ports.worklist.count(wanted, now=NOW, at_most=3) == min(3, len(expected))
                found_by[name] = max(found_by.get(name, 0), len(expected))
        nothing = {name for name, number in found_by.items() if not number}
        assert nothing == {
            "no policy for high",
            "no such source",
            "part of a modality",
            "middle",
            "nowhere",
        }

    @pytest.mark.parametrize("states", [ALL, READ, WorklistFilter().reading_states])
    def test_orders_sort_as_they_mean(
        self, ports: RegisterPorts, states: frozenset[ReadingState]
    ) -> None:
        make_list(ports)
        wanted = WorklistFilter(reading_states=states)
        accepted = [each for each in self.everything(ports) if wanted.accepts(each)]
        for column in ListColumn:
            for descending in (False, True):
                order = WorklistOrder(column=column, descending=descending)
                expected = order.sorted(accepted)
                found = ports.worklist.page(limit=100, wanted=wanted, order=order)
                assert list(found) == expected, order
                part = ports.worklist.page(limit=3, offset=4, wanted=wanted, order=order)
                assert list(part) == expected[4:7]

    @pytest.mark.parametrize("states", [ALL, WorklistFilter().reading_states])
    def test_places_are_those_of_the_page(
        self, ports: RegisterPorts, states: frozenset[ReadingState]
    ) -> None:
        make_list(ports)
        uids = [uid("study", number) for number in range(0, STUDIES, 2)]
        wanted = WorklistFilter(reading_states=states, text="a")
        order = WorklistOrder(column=ListColumn.SCORE, descending=True)
        page = ports.worklist.page(limit=100, wanted=wanted, order=order)
        listed = [each.study.StudyInstanceUID for each in page]
        places = ports.worklist.places([*uids, "1.2.3"], wanted=wanted, order=order)
        assert places == {each: listed.index(each) + 1 for each in uids if each in listed}
        assert places
        assert ports.worklist.places([]) == {}

    def test_entries_come_as_they_are_named(self, ports: RegisterPorts) -> None:
        for number in (1, 2, 3):
            ports.arrive(make_instance(StudyInstanceUID=uid("study", number)))
        uids = [uid("study", number) for number in (3, 1)]
        found = ports.worklist.entries([uids[0], "1.2.3", uids[1]])
        assert [each.study.StudyInstanceUID for each in found] == uids
        assert ports.worklist.entries([]) == ()

    def test_an_entry_tells_where_it_came_from_and_what_scored_it(
        self, ports: RegisterPorts
    ) -> None:
        image = make_instance(Modality=" D X", source_ae_title="ROOM1")
        ports.arrive(image)
        entry = ports.worklist.entry(STUDY)
        assert (entry.modalities, entry.source_ae_title, entry.model) == (("DX",), "ROOM1", "")
        for number, Modality in enumerate(("SR", "DX", ""), 2):
            ports.arrive(
                make_instance(
                    SeriesInstanceUID=uid("series", number),
                    Modality=Modality,
                    source_ae_title="ROOM2",
                )
            )
        ports.score(image)
        entry = ports.worklist.entry(STUDY)
        assert (entry.modalities, entry.source_ae_title) == (("DX", "SR"), "ROOM1")
        assert entry.model == "test-model 1"

    @pytest.mark.parametrize("state", ["received", "excluded"])
    def test_a_study_is_found_by_what_a_later_instance_fills_in(
        self, ports: RegisterPorts, state: str
    ) -> None:
        ports.arrive(make_instance(PatientName="", StudyDescription=""))
        ports.assess()
        late = EXCLUDED if state == "excluded" else {}
        ports.arrive(make_instance(PatientName="Late^Name", StudyDescription="ap", **late))
        for reading in (ReadingState.UNREAD, ReadingState.READ):
            ports.set_reading(STUDY, reading, "")
            wanted = WorklistFilter(reading_states=ALL, text="late p1 ap")
            assert ports.worklist.count(wanted) == 1

    def test_what_depends_on_the_time_must_be_told_the_time(self, ports: RegisterPorts) -> None:
        wanted = WorklistFilter(overdue=True)
        with pytest.raises(ValueError, match="what time it is"):
            ports.worklist.page(limit=1, wanted=wanted)
        with pytest.raises(ValueError, match="what time it is"):
            ports.worklist.count(wanted)
        with pytest.raises(ValueError, match="what time it is"):
            ports.worklist.places([STUDY], wanted=wanted)

    def test_choices_are_those_of_entries_that_are_not_read(self, ports: RegisterPorts) -> None:
        for number, (Modality, source) in enumerate([("CR", "B"), ("DX", "A"), ("MG", "C")], 1):
            study = uid("study", number)
            ports.arrive(
                make_instance(StudyInstanceUID=study, Modality=Modality, source_ae_title=source)
            )
        ports.set_reading(uid("study", 3), ReadingState.READ, "reader")
        choices = ports.worklist.choices()
        assert (choices.sources, choices.modalities) == (("A", "B"), ("CR", "DX"))

    def test_changes_since_a_version(self, ports: RegisterPorts) -> None:
        first = make_instance(StudyInstanceUID=uid("study", 1))
        ports.arrive(first)
        before = ports.worklist.version()
        nothing = ports.worklist.changed_since(before)
        assert (nothing.version, nothing.StudyInstanceUIDs, nothing.more) == (before, (), False)
        for number in (2, 3):
            ports.arrive(make_instance(StudyInstanceUID=uid("study", number)))
        ports.score(first)
        ports.assess(uid("study", 2))
        changes = ports.worklist.changed_since(before)
        assert changes.StudyInstanceUIDs == tuple(uid("study", number) for number in (2, 3, 1))
        assert (changes.version, changes.more) == (ports.worklist.version(), False)

    def test_many_changes_come_in_parts_and_none_is_passed_over(self, ports: RegisterPorts) -> None:
        start = ports.worklist.version()
        for number in range(7):
            ports.arrive(make_instance(StudyInstanceUID=uid("study", number)))
        found: list[str] = []
        changes = ports.worklist.changed_since(start, limit=3)
        found += changes.StudyInstanceUIDs
        while changes.more:
            changes = ports.worklist.changed_since(changes.version, limit=3)
            found += changes.StudyInstanceUIDs
        assert list(dict.fromkeys(found)) == [uid("study", number) for number in range(7)]
        assert changes.version == ports.worklist.version()

    def test_what_is_only_delivered_has_not_changed(self, ports: RegisterPorts) -> None:
        ports.deliver(1, "pacs")
        before = ports.worklist.version()
        (delivery,) = ports.outbox.due("pacs", now=T0, limit=1)
        ports.outbox.record_failure(delivery.id, "0xA700", next_attempt_at=T0, now=T0)
        ports.outbox.park(destination="pacs", now=T0)
        ports.outbox.retry(destination="pacs", now=T0)
        ports.outbox.record_sent(delivery.id, "0x0000", now=T0)
        changes = ports.worklist.changed_since(before)
        assert changes.StudyInstanceUIDs == ()
        assert changes.version == ports.worklist.version() > before

    def test_a_report_and_a_placement_are_changes(self, ports: RegisterPorts) -> None:
        ports.complete(make_instance())
        before = ports.worklist.version()
        ports.report([make_result()], "pacs")
        assert ports.worklist.changed_since(before).StudyInstanceUIDs == (STUDY,)
        ports.arrive(make_instance(received_at=after(100)))
        before = ports.worklist.version()
        ports.assess(STUDY, make_placement(1))
        assert ports.worklist.changed_since(before).StudyInstanceUIDs == (STUDY,)
