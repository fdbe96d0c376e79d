"""What every Worklist must do."""

import pytest

from tests.contracts.instance_states import EXCLUDED, UNREADABLE
from tests.contracts.register_ports import STUDY, RegisterPorts
from tests.factories import after, make_instance, make_placement, make_result, make_score, uid
from triage_agent.domain.worklist import ReadingState
from triage_agent.errors import StudyUnknown


class WorklistContract:
    @pytest.fixture
    def ports(self) -> RegisterPorts:
        raise NotImplementedError

    def order(self, ports: RegisterPorts) -> list[str]:
        return [each.study.StudyInstanceUID for each in ports.worklist.page(limit=100)]

    def test_an_empty_list(self, ports: RegisterPorts) -> None:
        assert ports.worklist.page(limit=10) == ()
        assert ports.worklist.count() == 0
        assert isinstance(ports.worklist.version(), int)

    def test_any_number_of_entries_is_found_at_once(self, ports: RegisterPorts) -> None:
        ports.arrive(make_instance())
        unknown = [f"9.{number}" for number in range(70_000)]
        [entry] = ports.worklist.entries([*unknown, STUDY])
        assert entry.study.StudyInstanceUID == STUDY

    def test_the_order_is_due_time_then_arrival_then_uid(self, ports: RegisterPorts) -> None:
        # As text in most languages' order "1.2.10" would stand elsewhere than by code point.
        places = [("1.2.9", 50, 9), ("1.21", 100, 1), ("1.2.10", 100, 2), ("1.2.2", 100, 2)]
        for study, due, received in reversed(places):
            instance = make_instance(StudyInstanceUID=study, received_at=after(received))
            ports.arrive(instance, due_in_seconds=due)
        assert self.order(ports) == [study for study, _, _ in places]

    def test_pages_follow_each_other(self, ports: RegisterPorts) -> None:
        for number in range(1, 6):
            instance = make_instance(StudyInstanceUID=uid("study", number))
            ports.arrive(instance, due_in_seconds=number)
        whole = ports.worklist.page(limit=10)
        assert len(whole) == ports.worklist.count() == 5
        parts = [ports.worklist.page(limit=2, offset=offset) for offset in (0, 2, 4, 6)]
        assert [len(part) for part in parts] == [2, 2, 1, 0]
        assert sum(parts, ()) == whole

    def test_an_entry_is_the_study_with_its_numbers(self, ports: RegisterPorts) -> None:
        scored, waiting = make_instance(), make_instance()
        for instance in (scored, waiting, make_instance(**UNREADABLE), make_instance(**EXCLUDED)):
            ports.arrive(instance)
        ports.score(scored)
        (entry,) = ports.worklist.page(limit=10)
        assert entry == ports.worklist.entry(STUDY)
        assert entry.study == ports.study()
        assert (entry.images, entry.images_scored) == (3, 1)
        assert (entry.reading_state, entry.claimed_by) == (ReadingState.UNREAD, "")

    def test_an_entry_is_provisional_until_all_is_dealt_with(self, ports: RegisterPorts) -> None:
        instance = make_instance()
        ports.arrive(instance)
        ports.assess()
        assert ports.worklist.entry(STUDY).provisional  # open
        ports.register.close_due(after(100))
        assert ports.worklist.entry(STUDY).provisional  # an image waits for its score
        ports.score(instance)
        assert ports.worklist.entry(STUDY).provisional  # its score is not in the assessment yet
        ports.assess()
        assert not ports.worklist.entry(STUDY).provisional
        ports.report([make_result()], "pacs")
        assert not ports.worklist.entry(STUDY).provisional
        ports.arrive(make_instance(received_at=after(200)))
        assert ports.worklist.entry(STUDY).provisional  # open again

    def test_a_claimed_study_stays_on_the_list_and_a_read_one_leaves_it(
        self, ports: RegisterPorts
    ) -> None:
        for number in (1, 2):
            ports.arrive(make_instance(StudyInstanceUID=uid("study", number)))
        ports.set_reading(STUDY, ReadingState.CLAIMED, "reader")
        assert ports.worklist.count() == 2
        assert ports.worklist.entry(STUDY).claimed_by == "reader"
        ports.set_reading(STUDY, ReadingState.READ, "reader")
        assert self.order(ports) == [uid("study", 2)]
        assert ports.worklist.count() == 1
        assert ports.worklist.entry(STUDY).reading_state is ReadingState.READ

    def test_an_unknown_study_is_named_as_such(self, ports: RegisterPorts) -> None:
        with pytest.raises(StudyUnknown):
            ports.worklist.entry("1.2.3")

    def test_the_version_differs_after_every_change(self, ports: RegisterPorts) -> None:
        versions = [ports.worklist.version()]

        def changed() -> bool:
            versions.append(ports.worklist.version())
            return versions[-1] not in versions[:-1]

        instance = make_instance()
        ports.arrive(instance)
        assert changed()
        ports.score(instance)
        assert changed()
        ports.assess(STUDY, make_placement(10))
        assert changed()
        ports.register.close_due(after(100))
        assert changed()
        ports.report([make_result()], "pacs")
        assert changed()
        late = make_instance(received_at=after(200))
        ports.arrive(late)
        assert changed()
        ports.register.record_unreadable(late.header.SOPInstanceUID, "torn", now=after(201))
        assert changed()

    def test_the_version_stays_while_nothing_changes(self, ports: RegisterPorts) -> None:
        instance = make_instance()
        ports.arrive(instance)
        version = ports.worklist.version()
        ports.arrive(instance)
        ports.register.close_due(after(1))
        ports.register.record_score("1.2.3", make_score(), model="", now=after(1))
        ports.worklist.page(limit=10)
        assert ports.worklist.version() == version
