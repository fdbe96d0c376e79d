"""What every ReadingDesk makes of a read study, of verdicts, and of the place of a study."""

import pytest

from tests.contracts.instance_states import EXCLUDED
from tests.contracts.reading_deeds import claim, hold, read, take_next, told, verdict
from tests.contracts.register_ports import STUDY, RegisterPorts
from tests.factories import after, make_instance, make_placement, uid
from triage_agent.domain.verdict import DisagreementReason, Judgement
from triage_agent.domain.worklist import ReadingState
from triage_agent.errors import AlreadyRead, GenerationStale, ReadingConflict
from triage_agent.ports.reading import ReadingDeed


class MarkingContract:
    @pytest.fixture
    def ports(self) -> RegisterPorts:
        raise NotImplementedError

    @pytest.mark.parametrize("taken", ["claim", "hold"])
    def test_a_study_that_somebody_has_moves_only_when_nobody_has_it(
        self, ports: RegisterPorts, taken: str
    ) -> None:
        ports.arrive(make_instance(), due_in_seconds=500)
        ports.arrive(make_instance(StudyInstanceUID=uid("study", 2)), due_in_seconds=400)
        if taken == "claim":
            claim(ports)
        else:
            hold(ports, "ann", 0)
        kept = ports.study().placement
        ports.assess(STUDY, make_placement(1))
        assert ports.study().placement == kept
        assert "place kept" in told(ports)[0][1]
        if taken == "claim":
            ports.desk.release(STUDY, "ann", now=after(5))
        else:
            ports.desk.expire_due(after(60))
        assert ports.study().placement == make_placement(1)
        assert told(ports) == [("placed", "not_assessed, due 2026-01-01T12:00:01+00:00")]
        assert ports.worklist.page(limit=1)[0].study.StudyInstanceUID == STUDY

    def test_the_latest_of_several_places_counts(self, ports: RegisterPorts) -> None:
        ports.arrive(make_instance(), due_in_seconds=500)
        claim(ports)
        ports.assess(STUDY, make_placement(1))
        ports.arrive(make_instance(received_at=after(1)))
        ports.assess(STUDY, make_placement(500))  # where it stands
        ports.desk.release(STUDY, "ann", now=after(5))
        assert ports.study().placement == make_placement(500)
        assert told(ports) == [("released", "by ann")]

    def test_a_released_study_that_is_open_still_keeps_its_place(
        self, ports: RegisterPorts
    ) -> None:
        ports.arrive(make_instance(), due_in_seconds=500)
        claim(ports)
        hold(ports, "bob", 0)
        ports.assess(STUDY, make_placement(1))
        ports.desk.release(STUDY, "ann", now=after(5))
        assert ports.study().placement == make_placement(500)
        ports.desk.expire_due(after(100))
        assert ports.study().placement == make_placement(1)

    def test_a_study_is_assessed_at_its_place_once_its_claim_is_over(
        self, ports: RegisterPorts
    ) -> None:
        ports.arrive(make_instance(), due_in_seconds=500)
        ports.desk.claim(STUDY, "ann", now=after(-100), until=after(-1))
        ports.assess(STUDY, make_placement(1))
        assert ports.study().placement == make_placement(1)

    # Reading

    def test_a_read_study_leaves_the_list(self, ports: RegisterPorts) -> None:
        for instance in (make_instance(), make_instance(), make_instance(**EXCLUDED)):
            ports.arrive(instance)
        claim(ports)
        hold(ports, "ann", 1)
        change = read(ports, images=2)
        assert change.deed is ReadingDeed.READ
        assert ports.worklist.count() == 0
        entry = ports.worklist.entry(STUDY)
        assert entry.reading_state is ReadingState.READ
        assert (entry.read_by, entry.read_at, entry.read_images) == ("ann", after(5), 2)
        assert (entry.claimed_by, entry.claimed_until) == ("", None)
        assert (entry.held_by, entry.held_until) == ("", None)
        assert not entry.was_read_before
        assert ports.desk.reading(STUDY).read_generation == 1
        assert told(ports) == [("read", "by ann, generation 1 (2 images)")]

    def test_a_read_study_can_neither_be_claimed_nor_read_again(self, ports: RegisterPorts) -> None:
        ports.arrive(make_instance())
        read(ports)  # no claim is needed
        for attempt in (claim, read):
            with pytest.raises(AlreadyRead) as refused:
                attempt(ports, "bob")
            assert (refused.value.read_by, refused.value.read_at) == ("ann", after(5))
        assert take_next(ports) is None
        assert ports.desk.release(STUDY, "bob", now=after(6)).deed is None

    @pytest.mark.parametrize("shown", [{"generation": 2}, {"images": 1}, {"generation": 0}])
    def test_what_was_not_shown_is_not_read(
        self, ports: RegisterPorts, shown: dict[str, int]
    ) -> None:
        ports.arrive(make_instance())
        ports.arrive(make_instance())
        with pytest.raises(GenerationStale) as refused:
            read(ports, **shown)
        assert (refused.value.generation, refused.value.images) == (1, 2)
        with pytest.raises(GenerationStale):
            ports.desk.give_verdict(
                STUDY, verdict(generation=shown.get("generation", 1)), images=shown.get("images")
            )
        assert ports.worklist.count() == 1
        assert ports.desk.verdicts(STUDY) == ()

    @pytest.mark.parametrize("closed", [True, False])
    def test_a_late_image_puts_a_read_study_on_the_list_again(
        self, ports: RegisterPorts, *, closed: bool
    ) -> None:
        ports.arrive(make_instance(), due_in_seconds=500)
        if closed:
            ports.register.close_due(after(100))
        act = read(ports).act
        assert act is not None
        ports.assess(STUDY, make_placement(50))
        ports.arrive(make_instance(received_at=after(200)))
        entry = ports.worklist.entry(STUDY)
        assert entry.reading_state is ReadingState.UNREAD
        assert entry.study.generation == (2 if closed else 1)
        assert entry.was_read_before
        assert (entry.read_by, entry.new_images) == ("ann", 1)
        assert entry.study.placement == make_placement(50)
        what = ("unread again", "an image came after ann had read it")
        assert what in told(ports, 3)
        assert ports.worklist.count() == 1
        with pytest.raises(ReadingConflict):
            ports.desk.undo(STUDY, act, "ann", now=after(201), not_before=after(0))
        change = read(ports, "bob", generation=entry.study.generation, images=2)
        assert change.reading.read_by == "bob"
        assert ports.worklist.entry(STUDY).new_images == 0

    def test_an_excluded_object_leaves_a_read_study_read(self, ports: RegisterPorts) -> None:
        ports.arrive(make_instance())
        read(ports)
        ports.arrive(make_instance(received_at=after(200), **EXCLUDED))
        assert ports.worklist.count() == 0

    def test_a_late_image_leaves_a_claim(self, ports: RegisterPorts) -> None:
        ports.arrive(make_instance())
        ports.register.close_due(after(100))
        claim(ports)
        ports.arrive(make_instance(received_at=after(200)))
        entry = ports.worklist.entry(STUDY)
        assert (entry.claimed_by, entry.study.generation) == ("ann", 2)
        assert not entry.was_read_before
        with pytest.raises(GenerationStale):
            read(ports)

    # Verdicts

    def test_verdicts_are_kept_in_their_order(self, ports: RegisterPorts) -> None:
        ports.arrive(make_instance())
        assert ports.desk.verdicts(STUDY) == ()
        claim(ports)
        first = verdict()
        second = verdict(
            "bob",
            2,
            judgement=Judgement.DISAGREE,
            reason=DisagreementReason.FALSE_ALARM,
            text="an old fracture of Mr Smith\0",
        )
        version = ports.worklist.version()
        change = ports.desk.give_verdict(STUDY, first, images=1)
        assert change.deed is ReadingDeed.VERDICT
        assert change.reading == ports.desk.reading(STUDY)
        ports.desk.give_verdict(STUDY, second, images=None)
        kept, other = ports.desk.verdicts(STUDY)
        assert kept == first
        assert other.reason is DisagreementReason.FALSE_ALARM
        assert other.text.startswith("an old fracture of Mr Smith")
        assert told(ports, 2) == [
            ("verdict", "agree, by ann on generation 1"),
            ("verdict", "disagree: false alarm, by bob on generation 1"),
        ]
        assert ports.worklist.version() != version
        assert ports.desk.reading(STUDY).claimed_by == "ann"
