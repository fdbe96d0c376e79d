"""How every StudyRegister hands out images for scoring and keeps what became of them."""

import pytest

from tests.contracts.instance_states import EXCLUDED
from tests.contracts.register_ports import STUDY, RegisterPorts
from tests.factories import (
    MODEL,
    T0,
    after,
    make_assessment,
    make_instance,
    make_placement,
    make_score,
    uid,
)
from triage_agent.domain.instance import ClassActivation, InstanceState
from triage_agent.domain.priority import PriorityClass
from triage_agent.domain.worklist import ReadingState


class ScoringContract:
    @pytest.fixture
    def ports(self) -> RegisterPorts:
        raise NotImplementedError

    def test_scoring_begins_with_the_most_urgent_study(self, ports: RegisterPorts) -> None:
        late = make_instance(StudyInstanceUID=uid("study", 1))
        soon = make_instance(StudyInstanceUID=uid("study", 2), received_at=after(2))
        stat = make_instance(StudyInstanceUID=uid("study", 3), received_at=after(3))
        sooner = make_instance(StudyInstanceUID=uid("study", 2), received_at=after(1))
        ports.arrive(late, due_in_seconds=200)
        ports.arrive(soon, due_in_seconds=100)
        ports.arrive(stat, due_in_seconds=300, stat=True)
        ports.arrive(sooner)
        ports.arrive(make_instance(**EXCLUDED))
        batch = ports.register.begin_scoring(16, now=T0)
        headers = [each.header for each in batch]
        assert headers == [stat.header, sooner.header, soon.header, late.header]
        assert [each.attempts for each in batch] == [1, 1, 1, 1]

    def test_no_more_instances_than_asked_for_are_begun(self, ports: RegisterPorts) -> None:
        for number in range(3):
            ports.arrive(make_instance(received_at=after(number)))
        assert len(ports.register.begin_scoring(2, now=T0)) == 2
        attempts = [each.attempts for each in ports.register.study_images(STUDY).instances]
        assert sorted(attempts) == [0, 1, 1]

    def test_an_instance_with_earlier_attempts_is_returned_alone(
        self, ports: RegisterPorts
    ) -> None:
        tried = make_instance()
        ports.arrive(tried, due_in_seconds=100)
        ports.register.begin_scoring(16, now=T0)
        ports.arrive(make_instance(received_at=after(1)))
        (alone,) = ports.register.begin_scoring(16, now=T0)
        assert alone.header == tried.header
        assert alone.attempts == 2

    def test_new_instances_before_a_tried_one_are_returned_without_it(
        self, ports: RegisterPorts
    ) -> None:
        ports.arrive(make_instance(received_at=after(2)))
        ports.register.begin_scoring(16, now=T0)
        first = make_instance(received_at=after(0))
        last = make_instance(received_at=after(3))
        ports.arrive(first)
        ports.arrive(last)
        batch = ports.register.begin_scoring(16, now=T0)
        assert [each.header for each in batch] == [first.header, last.header]

    def test_an_attempt_that_is_taken_back_was_none(self, ports: RegisterPorts) -> None:
        instance = make_instance()
        ports.arrive(instance)
        UID = instance.header.SOPInstanceUID
        ports.register.begin_scoring(16, now=T0)
        ports.register.begin_scoring(16, now=T0)
        ports.register.postpone_scoring(UID, now=T0)
        (again,) = ports.register.begin_scoring(16, now=after(60))
        assert again.attempts == 2
        for _ in range(3):  # no more are taken back than there were
            ports.register.postpone_scoring(UID, now=after(60))
        ports.arrive(make_instance(received_at=after(1)))
        batch = ports.register.begin_scoring(16, now=after(120))
        assert [each.attempts for each in batch] == [1, 1]

    def test_what_is_put_off_is_left_out_and_then_as_urgent_as_before(
        self, ports: RegisterPorts
    ) -> None:
        lost = make_instance()
        ports.arrive(lost, due_in_seconds=100, stat=True)
        begun = ports.register.begin_scoring(1, now=T0)
        assert [each.header for each in begun] == [lost.header]
        ports.register.postpone_scoring(lost.header.SOPInstanceUID, now=T0)
        arrived = make_instance(StudyInstanceUID=uid("study", 2), received_at=after(1))
        ports.arrive(arrived, due_in_seconds=900)
        begun = ports.register.begin_scoring(1, now=after(4.9))
        assert [each.header for each in begun] == [arrived.header]
        ports.register.record_unreadable(arrived.header.SOPInstanceUID, "it is torn", now=after(4))
        assert ports.register.begin_scoring(1, now=after(4.9)) == ()
        ports.arrive(make_instance(StudyInstanceUID=uid("study", 2), received_at=after(2)))
        begun = ports.register.begin_scoring(1, now=after(5))
        assert [each.header for each in begun] == [lost.header]

    def test_the_pause_of_what_is_put_off_doubles_up_to_the_longest(
        self, ports: RegisterPorts
    ) -> None:
        instance = make_instance()
        ports.arrive(instance)
        put_off_at = 0.0
        for pause in (5, 10, 20, 40, 80, 160, 300, 300):
            assert len(ports.register.begin_scoring(1, now=after(put_off_at))) == 1
            ports.register.postpone_scoring(instance.header.SOPInstanceUID, now=after(put_off_at))
            put_off_at += pause
            assert ports.register.begin_scoring(1, now=after(put_off_at - 0.1)) == ()

    def test_a_clock_that_was_set_back_makes_no_pause_longer(self, ports: RegisterPorts) -> None:
        instance = make_instance()
        ports.arrive(instance)
        ports.register.begin_scoring(1, now=after(3600))
        ports.register.postpone_scoring(instance.header.SOPInstanceUID, now=after(3600))
        assert ports.register.begin_scoring(1, now=after(3600)) == ()
        assert len(ports.register.begin_scoring(1, now=after(3000))) == 1

    def test_nothing_is_taken_back_of_what_is_settled_or_unknown(
        self, ports: RegisterPorts
    ) -> None:
        instance = make_instance()
        ports.arrive(instance)
        UID = instance.header.SOPInstanceUID
        ports.register.begin_scoring(16, now=T0)
        ports.register.record_unreadable(UID, "it is torn", now=after(1))
        before = ports.register.study_images(STUDY)
        ports.register.postpone_scoring(UID, now=T0)
        ports.register.postpone_scoring("1.2.3", now=T0)
        assert ports.register.study_images(STUDY) == before

    def test_nothing_to_score(self, ports: RegisterPorts) -> None:
        assert ports.register.begin_scoring(16, now=T0) == ()

    def test_a_score_is_written_once(self, ports: RegisterPorts) -> None:
        instance = make_instance()
        ports.arrive(instance)
        ports.register.begin_scoring(1, now=T0)
        activation = ClassActivation(rows=1, columns=3, values=(0.1, -2.5e-30, 3.0))
        score = make_score(0.9123, activation=activation)
        SOPInstanceUID = instance.header.SOPInstanceUID
        assert ports.register.record_score(SOPInstanceUID, score, model=MODEL, now=after(1))
        images = ports.register.study_images(STUDY)
        (scored,) = images.instances
        assert (scored.state, scored.score, scored.model) == (InstanceState.SCORED, score, MODEL)
        assert images.study.revision == 2
        again = make_score(0.1)
        assert not ports.register.record_score(SOPInstanceUID, again, model=MODEL, now=T0)
        assert not ports.register.record_unreadable(SOPInstanceUID, "late", now=T0)
        assert ports.register.study_images(STUDY) == images
        last = ports.register.events(STUDY)[-1]
        assert (last.what, last.at) == ("scored", after(1))
        assert "p=0.912" in last.detail
        assert ports.register.begin_scoring(1, now=T0) == ()

    def test_an_unreadable_instance_is_settled_with_its_reason(self, ports: RegisterPorts) -> None:
        instance = make_instance()
        ports.arrive(instance)
        SOPInstanceUID = instance.header.SOPInstanceUID
        assert ports.register.record_unreadable(SOPInstanceUID, "it is torn", now=after(1))
        images = ports.register.study_images(STUDY)
        (settled,) = images.instances
        assert (settled.state, settled.reason) == (InstanceState.UNREADABLE, "it is torn")
        assert settled.score is None
        assert images.study.revision == 2
        assert not ports.register.record_unreadable(SOPInstanceUID, "again", now=after(2))
        assert not ports.register.record_score(SOPInstanceUID, make_score(), model="", now=T0)
        assert ports.story() == ["received", "opened", "unreadable"]

    def test_what_is_not_registered_cannot_be_settled(self, ports: RegisterPorts) -> None:
        assert not ports.register.record_score("1.2.3", make_score(), model=MODEL, now=T0)
        assert not ports.register.record_unreadable("1.2.3", "why", now=T0)
        ports.arrive(make_instance(SOPInstanceUID="1.2.4", **EXCLUDED))
        assert not ports.register.record_score("1.2.4", make_score(), model=MODEL, now=T0)

    def test_unassessed_studies_come_most_urgent_first(self, ports: RegisterPorts) -> None:
        for number, due in ((1, 300), (2, 100), (3, 200)):
            instance = make_instance(StudyInstanceUID=uid("study", number))
            ports.arrive(instance, due_in_seconds=due, stat=number == 3)
        order = uid("study", 3), uid("study", 2), uid("study", 1)
        assert ports.register.unassessed(10) == order
        assert ports.register.unassessed(2) == order[:2]

    def test_an_assessment_moves_the_study(self, ports: RegisterPorts) -> None:
        ports.arrive(make_instance())
        placement = make_placement(60, priority_class=PriorityClass.ABNORMAL)
        assessment = make_assessment(0.912)
        for _ in range(2):
            assert ports.register.record_assessment(
                STUDY, assessment, placement, revision=1, now=after(1)
            )
        study = ports.study()
        assert (study.assessment, study.placement) == (assessment, placement)
        assert (study.revision, study.assessed_revision) == (1, 1)
        assert ports.register.unassessed(10) == ()
        assert ports.story() == ["received", "opened", "assessed"]
        detail = ports.register.events(STUDY)[-1].detail
        assert "abnormal p=0.912" in detail
        assert "due 2026-01-01T12:01:00+00:00" in detail

    def test_a_not_assessed_study_gives_its_reason(self, ports: RegisterPorts) -> None:
        ports.arrive(make_instance(**EXCLUDED))
        assessment = make_assessment(None, reason="no radiograph in it")
        assert ports.register.record_assessment(
            STUDY, assessment, make_placement(), revision=1, now=T0
        )
        assert ports.study().assessment == assessment
        assert "no radiograph in it" in ports.register.events(STUDY)[-1].detail

    def test_an_assessment_from_older_images_is_refused(self, ports: RegisterPorts) -> None:
        ports.arrive(make_instance())
        ports.arrive(make_instance())
        before = ports.study()
        assert not ports.register.record_assessment(
            STUDY, make_assessment(), make_placement(60), revision=1, now=T0
        )
        assert ports.study() == before
        assert ports.register.unassessed(10) == (STUDY,)

    def test_an_assessment_of_an_unknown_study_is_refused(self, ports: RegisterPorts) -> None:
        assert not ports.register.record_assessment(
            STUDY, make_assessment(), make_placement(), revision=1, now=T0
        )

    @pytest.mark.parametrize("reading", [ReadingState.CLAIMED, ReadingState.READ])
    def test_a_study_that_a_person_has_is_not_moved(
        self, ports: RegisterPorts, reading: ReadingState
    ) -> None:
        ports.arrive(make_instance())
        before = ports.study()
        ports.set_reading(STUDY, reading, "reader")
        ports.assess(STUDY, make_placement(1))
        study = ports.study()
        assert study.placement == before.placement
        assert study.assessment == make_assessment()
        assert "place kept" in ports.register.events(STUDY)[-1].detail
