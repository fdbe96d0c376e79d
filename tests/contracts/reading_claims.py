"""How every ReadingDesk gives studies out, and when they come back."""

from datetime import datetime
from functools import partial

import pytest

from tests.contracts.reading_deeds import END, claim, hold, read, take_next, told, verdict
from tests.contracts.register_ports import STUDY, RegisterPorts
from tests.factories import after, make_instance, uid
from triage_agent.domain.reading import Reading
from triage_agent.domain.region import Region
from triage_agent.domain.worklist import ReadingState
from triage_agent.domain.worklist_filter import WorklistFilter
from triage_agent.errors import ClaimedByAnother, StudyUnknown
from triage_agent.ports.reading import ReadingDeed


class ClaimingContract:
    @pytest.fixture
    def ports(self) -> RegisterPorts:
        raise NotImplementedError

    def test_a_study_of_nobody_can_be_claimed(self, ports: RegisterPorts) -> None:
        ports.arrive(make_instance())
        assert ports.desk.reading(STUDY) == Reading()
        version = ports.worklist.version()
        change = claim(ports, seconds=3)
        assert change.deed is ReadingDeed.CLAIMED
        assert change.act is not None
        assert change.reading == ports.desk.reading(STUDY)
        entry = ports.worklist.entry(STUDY)
        assert entry.reading_state is ReadingState.CLAIMED
        assert (entry.claimed_by, entry.claimed_until) == ("ann", END)
        assert change.reading.claimed_at == after(3)
        assert told(ports) == [("claimed", "by ann until 2026-01-01T12:30:00+00:00")]
        assert ports.register.events(STUDY)[-1].at == after(3)
        assert ports.worklist.version() != version

    def test_a_claimed_study_is_refused_to_others_and_nothing_is_told(
        self, ports: RegisterPorts
    ) -> None:
        ports.arrive(make_instance())
        claim(ports)
        before = ports.desk.reading(STUDY), ports.story(), ports.worklist.version()
        with pytest.raises(ClaimedByAnother) as refused:
            claim(ports, "bob", seconds=1)
        assert (refused.value.claimed_by, refused.value.until) == ("ann", END)
        with pytest.raises(ClaimedByAnother):
            ports.desk.release(STUDY, "bob", now=after(1))
        with pytest.raises(ClaimedByAnother):
            read(ports, "bob")
        assert (ports.desk.reading(STUDY), ports.story(), ports.worklist.version()) == before

    def test_ones_own_claim_lasts_longer_and_never_shorter(self, ports: RegisterPorts) -> None:
        ports.arrive(make_instance())
        claim(ports)
        version = ports.worklist.version()
        again = ports.desk.claim(STUDY, "ann", now=after(1), until=after(2000))
        assert (again.deed, again.act) == (None, None)
        ports.desk.claim(STUDY, "ann", now=after(2), until=after(3))
        assert ports.desk.reading(STUDY).claimed_until == after(2000)
        assert ports.worklist.version() == version

    def test_a_claim_ends_at_its_time_although_nobody_has_looked(
        self, ports: RegisterPorts
    ) -> None:
        ports.arrive(make_instance())
        claim(ports)
        with pytest.raises(ClaimedByAnother):
            claim(ports, "bob", seconds=1799.9)
        change = claim(ports, "bob", seconds=1800)
        assert change.reading.claimed_by == "bob"
        assert [what for what, _ in told(ports, 3)] == ["claimed", "claim expired", "claimed"]

    def test_a_released_study_is_of_nobody(self, ports: RegisterPorts) -> None:
        ports.arrive(make_instance())
        claim(ports)
        change = ports.desk.release(STUDY, "ann", now=after(1))
        assert change.deed is ReadingDeed.RELEASED
        assert ports.desk.reading(STUDY) == Reading()
        assert told(ports) == [("released", "by ann")]
        version = ports.worklist.version()
        again = ports.desk.release(STUDY, "bob", now=after(2))
        assert (again.deed, again.act) == (None, None)
        assert ports.worklist.version() == version
        assert claim(ports, "bob", seconds=3).reading.claimed_by == "bob"

    def test_any_claim_can_be_ended_by_those_who_may(self, ports: RegisterPorts) -> None:
        ports.arrive(make_instance())
        claim(ports)
        ports.desk.release(STUDY, "root", now=after(1), any_claim=True)
        assert ports.desk.reading(STUDY) == Reading()
        assert told(ports) == [("released", "by root, ann had it")]

    def test_what_is_not_known_cannot_be_read(self, ports: RegisterPorts) -> None:
        desk, now = ports.desk, after(1)
        calls = [
            partial(desk.reading, "1.2.3"),
            partial(desk.claim, "1.2.3", "ann", now=now, until=END),
            partial(desk.release, "1.2.3", "ann", now=now),
            partial(desk.mark_read, "1.2.3", "ann", generation=1, images=1, now=now),
            partial(desk.give_verdict, "1.2.3", verdict(), images=1),
            partial(desk.undo, "1.2.3", 1, "ann", now=now, not_before=now),
            partial(desk.hold, "1.2.3", "ann", now=now, until=END, claim_until=END),
            partial(desk.verdicts, "1.2.3"),
        ]
        for call in calls:
            with pytest.raises(StudyUnknown):
                call()

    # The next study

    def test_the_next_study_is_the_first_that_nobody_has(self, ports: RegisterPorts) -> None:
        for number, due in ((1, 300), (2, 100), (3, 200), (4, 50)):
            ports.arrive(make_instance(StudyInstanceUID=uid("study", number)), due_in_seconds=due)
        ports.set_reading(uid("study", 4), ReadingState.READ, "")
        taken = [take_next(ports, reader) for reader in ("ann", "bob", "ann", "bob")]
        assert taken == [uid("study", 2), uid("study", 3), uid("study", 1), None]
        claims = [ports.desk.reading(uid("study", n)).claimed_by for n in (2, 3, 1)]
        assert claims == ["ann", "bob", "ann"]

    def test_the_next_study_is_one_of_those_that_are_wanted(self, ports: RegisterPorts) -> None:
        for number, region in ((1, Region.WRIST), (2, Region.HAND), (3, Region.HAND)):
            instance = make_instance(StudyInstanceUID=uid("study", number), region=region)
            ports.arrive(instance, due_in_seconds=number - 1)
        hands = WorklistFilter(regions=frozenset({Region.HAND}))
        assert take_next(ports, among=hands) == uid("study", 2)
        claimed = WorklistFilter(reading_states=frozenset({ReadingState.CLAIMED}))
        assert take_next(ports, among=claimed) is None
        assert take_next(ports, among=WorklistFilter(overdue=True)) == uid("study", 1)
        assert take_next(ports, among=WorklistFilter(text="nobody")) is None
        assert take_next(ports, among=hands) == uid("study", 3)
        assert take_next(ports, among=hands) is None

    def test_a_study_whose_claim_is_over_can_be_the_next(self, ports: RegisterPorts) -> None:
        ports.arrive(make_instance())
        ports.desk.claim(STUDY, "bob", now=after(-9), until=after(1))
        assert take_next(ports) == STUDY
        assert ports.desk.reading(STUDY).claimed_by == "ann"

    def test_what_somebody_else_has_open_is_not_the_next(self, ports: RegisterPorts) -> None:
        for number in (1, 2):
            ports.arrive(
                make_instance(StudyInstanceUID=uid("study", number)), due_in_seconds=number
            )
        hold(ports, "bob", 0)
        hold(ports, "ann", 0.5)
        assert take_next(ports, "ann") == uid("study", 2)
        assert take_next(ports, "ann") is None
        change = ports.desk.claim_next("ann", now=after(60), until=END)  # bob has left
        assert change is not None
        assert change.StudyInstanceUID == STUDY

    # Open studies

    def test_an_open_study_is_told_of_once(self, ports: RegisterPorts) -> None:
        ports.arrive(make_instance())
        change = hold(ports, "ann", 0)
        assert (change.deed, change.act) == (None, None)
        assert told(ports) == [("viewed", "by ann")]
        version = ports.worklist.version()
        for seconds in (20, 40, 60):
            hold(ports, "ann", seconds)
        assert ports.worklist.version() == version
        entry = ports.worklist.entry(STUDY)
        assert (entry.held_by, entry.held_until) == ("ann", after(120))
        assert entry.reading_state is ReadingState.UNREAD
        hold(ports, "ann", 121)
        assert told(ports, 2) == [
            ("left", "by ann, nobody has it open"),
            ("viewed", "by ann"),
        ]

    def test_of_several_the_latest_to_open_it_is_named(self, ports: RegisterPorts) -> None:
        ports.arrive(make_instance())
        hold(ports, "ann", 0)
        hold(ports, "bob", 10)
        hold(ports, "ann", 20)
        assert ports.worklist.entry(STUDY).held_by == "bob"
        assert ports.worklist.entry(STUDY).held_until == after(80)
        assert ports.story().count("viewed") == 2
        hold(ports, "bob", 15)  # came late
        assert ports.worklist.entry(STUDY).held_until == after(80)

    def test_a_study_that_is_open_stays_claimed(self, ports: RegisterPorts) -> None:
        ports.arrive(make_instance())
        claim(ports)

        def hold_until(reader: str, claim_until: datetime) -> None:
            now, until = after(100), after(160)
            ports.desk.hold(STUDY, reader, now=now, until=until, claim_until=claim_until)

        hold_until("bob", after(5000))
        assert ports.desk.reading(STUDY).claimed_until == END
        hold_until("ann", after(4000))
        assert ports.desk.reading(STUDY).claimed_until == after(4000)

    # What ends by itself

    def test_what_is_not_renewed_ends(self, ports: RegisterPorts) -> None:
        ports.arrive(make_instance())
        claim(ports)
        hold(ports, "bob", 1)
        version = ports.worklist.version()
        assert ports.desk.expire_due(after(60)) == ()
        assert ports.worklist.version() == version
        assert ports.desk.expire_due(after(61)) == (STUDY,)
        assert told(ports) == [("left", "by bob, nobody has it open")]
        assert ports.desk.expire_due(after(1799)) == ()
        assert ports.desk.expire_due(END) == (STUDY,)
        assert told(ports) == [("claim expired", "ann had it")]
        assert ports.desk.reading(STUDY) == Reading()
        assert ports.desk.expire_due(after(9999)) == ()
        assert ports.worklist.version() != version

    def test_of_two_who_have_it_open_one_may_leave(self, ports: RegisterPorts) -> None:
        ports.arrive(make_instance())
        hold(ports, "ann", 0)
        hold(ports, "bob", 30)
        assert ports.desk.expire_due(after(70)) == ()
        assert ports.desk.expire_due(after(90)) == (STUDY,)
        hold(ports, "ann", 91)
        assert told(ports) == [("viewed", "by ann")]
