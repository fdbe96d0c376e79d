"""What can be undone, by whom, and for how long."""

import pytest

from tests.contracts.register_ports import STUDY, RegisterPorts
from tests.factories import after, make_instance, make_placement, uid
from triage_agent.domain.reading import Reading
from triage_agent.domain.verdict import Judgement, ReaderVerdict
from triage_agent.domain.worklist import ReadingState
from triage_agent.errors import NothingToUndo
from triage_agent.ports.reading import ReadingChange, ReadingDeed

END = after(1800)


class UndoingContract:
    @pytest.fixture
    def ports(self) -> RegisterPorts:
        raise NotImplementedError

    def undo(
        self,
        ports: RegisterPorts,
        done: ReadingChange,
        reader: str = "ann",
        *,
        seconds: float = 5,
        study: str = STUDY,
    ) -> ReadingChange:
        assert done.act is not None
        return ports.desk.undo(
            study, done.act, reader, now=after(seconds), not_before=after(seconds - 8)
        )

    def test_a_claim_is_undone(self, ports: RegisterPorts) -> None:
        ports.arrive(make_instance())
        done = ports.desk.claim(STUDY, "ann", now=after(1), until=END)
        undone = self.undo(ports, done)
        assert (undone.deed, undone.act) == (ReadingDeed.CLAIMED, None)
        assert undone.reading == ports.desk.reading(STUDY) == Reading()
        last = ports.register.events(STUDY)[-1]
        assert (last.what, last.detail, last.at) == ("undone", "claimed by ann", after(5))

    def test_a_release_is_undone(self, ports: RegisterPorts) -> None:
        ports.arrive(make_instance())
        before = ports.desk.claim(STUDY, "ann", now=after(0), until=END).reading
        done = ports.desk.release(STUDY, "ann", now=after(1))
        assert self.undo(ports, done).reading == before
        assert ports.desk.reading(STUDY) == before

    @pytest.mark.parametrize("claimed", [True, False])
    def test_reading_is_undone(self, ports: RegisterPorts, *, claimed: bool) -> None:
        ports.arrive(make_instance())
        if claimed:
            ports.desk.claim(STUDY, "ann", now=after(0), until=END)
        before = ports.desk.reading(STUDY)
        done = ports.desk.mark_read(STUDY, "ann", generation=1, images=1, now=after(1))
        version = ports.worklist.version()
        self.undo(ports, done)
        assert ports.desk.reading(STUDY) == before
        assert ports.worklist.count() == 1
        assert not ports.worklist.entry(STUDY).was_read_before
        assert ports.worklist.version() != version

    def test_an_earlier_reading_is_known_again(self, ports: RegisterPorts) -> None:
        ports.arrive(make_instance())
        ports.desk.mark_read(STUDY, "bob", generation=1, images=1, now=after(1))
        ports.arrive(make_instance(received_at=after(2)))
        done = ports.desk.mark_read(STUDY, "ann", generation=1, images=2, now=after(3))
        self.undo(ports, done)
        entry = ports.worklist.entry(STUDY)
        assert entry.was_read_before
        assert (entry.read_by, entry.new_images) == ("bob", 1)

    def test_a_verdict_is_withdrawn_whatever_else_has_happened(self, ports: RegisterPorts) -> None:
        ports.arrive(make_instance())

        def say(reader: str) -> ReadingChange:
            verdict = ReaderVerdict(
                reader=reader, generation=1, judgement=Judgement.AGREE, at=after(1)
            )
            return ports.desk.give_verdict(STUDY, verdict, images=1)

        done, _ = say("ann"), say("bob")
        claimed = ports.desk.claim(STUDY, "bob", now=after(2), until=END)
        undone = self.undo(ports, done)
        assert undone.deed is ReadingDeed.VERDICT
        assert undone.reading == claimed.reading
        assert [each.reader for each in ports.desk.verdicts(STUDY)] == ["bob"]
        with pytest.raises(NothingToUndo):
            self.undo(ports, done)
        assert ports.story()[-1] == "undone"
        self.undo(ports, claimed, "bob")  # a verdict does not stand in the way

    def test_it_can_be_undone_for_some_seconds(self, ports: RegisterPorts) -> None:
        ports.arrive(make_instance())
        done = ports.desk.claim(STUDY, "ann", now=after(1), until=END)
        with pytest.raises(NothingToUndo):
            self.undo(ports, done, seconds=9.001)
        self.undo(ports, done, seconds=9)

    def test_only_ones_own_deeds_are_undone_and_each_once(self, ports: RegisterPorts) -> None:
        ports.arrive(make_instance())
        ports.arrive(make_instance(StudyInstanceUID=uid("study", 2)))
        done = ports.desk.claim(STUDY, "ann", now=after(1), until=END)
        before = ports.desk.reading(STUDY), ports.story(), ports.worklist.version()
        with pytest.raises(NothingToUndo):
            self.undo(ports, done, "bob")
        with pytest.raises(NothingToUndo):
            self.undo(ports, done, study=uid("study", 2))
        with pytest.raises(NothingToUndo):
            ports.desk.undo(STUDY, 123_456, "ann", now=after(2), not_before=after(0))
        assert (ports.desk.reading(STUDY), ports.story(), ports.worklist.version()) == before
        self.undo(ports, done)
        with pytest.raises(NothingToUndo):
            self.undo(ports, done)

    def test_what_something_else_followed_is_not_undone(self, ports: RegisterPorts) -> None:
        ports.arrive(make_instance())
        released = ports.desk.claim(STUDY, "ann", now=after(1), until=END)
        ports.desk.release(STUDY, "root", now=after(2), any_claim=True)
        with pytest.raises(NothingToUndo):
            self.undo(ports, released)
        short = ports.desk.claim(STUDY, "ann", now=after(2), until=after(4))
        ports.desk.expire_due(after(4))
        with pytest.raises(NothingToUndo):
            self.undo(ports, short)
        assert ports.desk.reading(STUDY).state is ReadingState.UNREAD

    def test_a_claim_that_has_ended_is_not_undone_although_nobody_has_looked(
        self, ports: RegisterPorts
    ) -> None:
        ports.arrive(make_instance())
        done = ports.desk.claim(STUDY, "ann", now=after(1), until=after(4))
        with pytest.raises(NothingToUndo):
            self.undo(ports, done)

    def test_to_open_a_study_does_not_stand_in_the_way(self, ports: RegisterPorts) -> None:
        ports.arrive(make_instance())
        done = ports.desk.claim(STUDY, "ann", now=after(1), until=END)
        ports.desk.hold(STUDY, "ann", now=after(2), until=after(62), claim_until=END)
        undone = self.undo(ports, done)
        assert undone.reading == Reading(held_by="ann", held_until=after(62))

    def test_a_study_moves_when_what_held_it_is_undone(self, ports: RegisterPorts) -> None:
        ports.arrive(make_instance(), due_in_seconds=500)
        done = ports.desk.claim(STUDY, "ann", now=after(-1), until=END)
        ports.assess(STUDY, make_placement(1))
        self.undo(ports, done)
        assert ports.study().placement == make_placement(1)
        assert ports.story()[-1] == "placed"
