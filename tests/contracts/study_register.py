"""What every StudyRegister must do."""

import pytest

from tests.contracts.register_ports import QUIET_SECONDS, STUDY, RegisterPorts
from tests.factories import (
    DX_FOR_PRESENTATION,
    MODEL,
    SECONDARY_CAPTURE,
    T0,
    Value,
    after,
    make_assessment,
    make_header,
    make_instance,
    make_opening,
    make_placement,
    make_result,
    make_score,
    make_stored,
    uid,
)
from triage_agent.domain.delivery import ResultKind
from triage_agent.domain.instance import ClassActivation, CodedConcept, InstanceState
from triage_agent.domain.priority import PriorityClass
from triage_agent.domain.region import Region
from triage_agent.domain.study import StudyState
from triage_agent.domain.worklist import ReadingState
from triage_agent.errors import StudyUnknown
from triage_agent.ports import RegistrationOutcome

EXCLUDED: dict[str, Value] = {
    "state": InstanceState.EXCLUDED,
    "reason": "not a radiograph",
    "region": None,
}
UNREADABLE: dict[str, Value] = {"state": InstanceState.UNREADABLE, "reason": "no pixels"}


class StudyRegisterContract:
    @pytest.fixture
    def ports(self) -> RegisterPorts:
        raise NotImplementedError

    # Registering

    def test_the_first_instance_makes_its_study(self, ports: RegisterPorts) -> None:
        instance = make_instance(ImageLaterality="L")
        assert ports.arrive(instance) is RegistrationOutcome.NEW
        images = ports.register.study_images(STUDY)
        assert images.instances == (instance,)
        study = images.study
        assert study.state is StudyState.OPEN
        assert (study.generation, study.revision, study.assessed_revision) == (1, 1, 0)
        assert (study.PatientID, study.AccessionNumber, study.laterality) == ("P1", "A1", "L")
        assert study.region is Region.WRIST
        assert study.stat is False
        assert study.assessment == make_opening().assessment
        assert study.placement == make_opening().placement
        assert (study.arrived_at, study.last_instance_at) == (T0, T0)
        assert study.closes_at == after(QUIET_SECONDS)
        assert study.closed_at is None
        assert ports.story() == ["received", "opened"]

    def test_a_header_comes_back_as_it_was(self, ports: RegisterPorts) -> None:
        header = make_header(
            PatientName="Größe^Ωμέγα=山田^太郎",
            StudyDescription="a\0b \udce9 \N{FACE WITH TEARS OF JOY}",
            anatomic_regions=(CodedConcept(CodeValue="T-15460", CodingSchemeDesignator="SRT"),),
            requested_procedures=("Wrist 2 views", "XR"),
            priorities=("STAT",),
            processing_device_uids=("1.2.3", "1.2.4"),
            InstanceNumber=2**40,
            NumberOfFrames=3,
            declared_instances=7,
        )
        instance = make_instance(header, source_ae_title="CR\udcff")
        ports.arrive(instance)
        assert ports.register.study_images(STUDY).instances[0].header == header

    def test_the_same_bytes_again_are_a_duplicate(self, ports: RegisterPorts) -> None:
        instance = make_instance()
        ports.arrive(instance)
        before = ports.register.study_images(STUDY)
        again = make_instance(instance.header, received_at=after(5))
        assert ports.arrive(again, stat=True) is RegistrationOutcome.DUPLICATE
        assert ports.register.study_images(STUDY) == before
        assert ports.story() == ["received", "opened"]

    def test_other_bytes_under_a_known_uid_are_a_conflict(self, ports: RegisterPorts) -> None:
        instance = make_instance()
        ports.arrive(instance)
        before = ports.register.study_images(STUDY)
        other = make_instance(
            instance.header, stored=make_stored("other"), StudyInstanceUID=uid("study", 2)
        )
        assert ports.arrive(other) is RegistrationOutcome.CONFLICT
        assert ports.register.study_images(STUDY) == before
        with pytest.raises(StudyUnknown):
            ports.register.study_images(uid("study", 2))

    def test_a_conflict_is_told_once_in_the_story_of_the_known_study(
        self, ports: RegisterPorts
    ) -> None:
        instance = make_instance()
        ports.arrive(instance)
        quarantined = make_stored("other")
        other = make_instance(instance.header, stored=quarantined, StudyInstanceUID=uid("study", 2))
        for _ in range(2):
            ports.register.record_conflict(other, quarantined, now=after(1))
        assert ports.story() == ["received", "opened", "conflict quarantined"]

    def test_a_conflict_with_nothing_known_is_kept_silently(self, ports: RegisterPorts) -> None:
        ports.register.record_conflict(make_instance(), make_stored("other"), now=T0)
        assert ports.worklist.count() == 0

    def test_a_digest_is_found_by_its_uid(self, ports: RegisterPorts) -> None:
        instance = make_instance()
        assert ports.register.find_digest(instance.header.SOPInstanceUID) is None
        ports.arrive(instance)
        digest = ports.register.find_digest(instance.header.SOPInstanceUID)
        assert digest == instance.stored.digest

    def test_empty_attributes_are_filled_in_and_filled_ones_stay(
        self, ports: RegisterPorts
    ) -> None:
        ports.arrive(make_instance(PatientID="", AccessionNumber="A1", region=None))
        ports.arrive(
            make_instance(
                PatientID="P2", AccessionNumber="A2", ImageLaterality="R", region=Region.HAND
            )
        )
        ports.arrive(make_instance(PatientID="P3", ImageLaterality="L", region=Region.ELBOW))
        study = ports.study()
        assert (study.PatientID, study.AccessionNumber) == ("P2", "A1")
        assert (study.laterality, study.region) == ("R", Region.HAND)

    def test_stat_only_rises(self, ports: RegisterPorts) -> None:
        ports.arrive(make_instance())
        ports.arrive(make_instance(), stat=True)
        assert ports.study().stat is True
        ports.arrive(make_instance(), stat=False)
        assert ports.study().stat is True

    def test_every_instance_restarts_the_quiet_period(self, ports: RegisterPorts) -> None:
        ports.arrive(make_instance())
        ports.arrive(make_instance(received_at=after(8)))
        ports.arrive(make_instance(received_at=after(5)))  # registered late: nothing goes back
        study = ports.study()
        assert study.closes_at == after(8 + QUIET_SECONDS)
        assert (study.arrived_at, study.last_instance_at) == (T0, after(8))

    @pytest.mark.parametrize("attributes", [{}, UNREADABLE])
    def test_a_late_instance_opens_the_study_again(
        self, ports: RegisterPorts, attributes: dict[str, Value]
    ) -> None:
        ports.complete(make_instance())
        before = ports.study()
        ports.arrive(make_instance(received_at=after(100), **attributes))
        study = ports.study()
        assert (study.state, study.closed_at) == (StudyState.OPEN, None)
        assert study.generation == 2
        assert study.revision == before.revision + 1
        assert study.closes_at == after(100 + QUIET_SECONDS)
        assert ports.story()[-1] == "opened again"

    def test_a_late_instance_opens_a_reported_study_again(self, ports: RegisterPorts) -> None:
        ports.complete(make_instance())
        assert ports.report([make_result()], "pacs")
        ports.arrive(make_instance(received_at=after(100)))
        assert (ports.study().state, ports.study().generation) == (StudyState.OPEN, 2)

    def test_an_excluded_instance_never_opens_a_study_again(self, ports: RegisterPorts) -> None:
        ports.complete(make_instance())
        before = ports.study()
        ports.arrive(make_instance(received_at=after(100), **EXCLUDED))
        study = ports.study()
        assert study.state is StudyState.CLOSED
        assert (study.generation, study.revision) == (1, before.revision)
        assert study.closed_at == before.closed_at
        assert len(ports.register.study_images(STUDY).instances) == 2

    def test_an_excluded_instance_can_be_a_studys_first(self, ports: RegisterPorts) -> None:
        ports.arrive(make_instance(**EXCLUDED))
        assert ports.study().revision == 1
        assert ports.register.unassessed(10) == (STUDY,)
        ports.arrive(make_instance(received_at=after(1), **EXCLUDED))
        assert ports.study().revision == 1

    def test_stat_that_comes_with_an_excluded_instance_is_assessed(
        self, ports: RegisterPorts
    ) -> None:
        ports.complete(make_instance())
        assert ports.register.unassessed(10) == ()
        ports.arrive(make_instance(**EXCLUDED), stat=True)
        assert ports.register.unassessed(10) == (STUDY,)
        assert ports.study().generation == 1

    def test_a_study_closes_when_all_declared_instances_came(self, ports: RegisterPorts) -> None:
        ports.arrive(make_instance(declared_instances=3))
        ports.arrive(make_instance(received_at=after(1), **EXCLUDED))
        assert ports.study().state is StudyState.OPEN
        ports.arrive(make_instance(received_at=after(2)))
        study = ports.study()
        assert (study.state, study.closed_at) == (StudyState.CLOSED, after(2))
        assert ports.story()[-1] == "closed"
        # One more than declared: the declaration is wrong, so the quiet period decides again.
        ports.arrive(make_instance(received_at=after(3)))
        study = ports.study()
        assert (study.state, study.generation) == (StudyState.OPEN, 2)

    def test_the_greatest_declared_number_counts(self, ports: RegisterPorts) -> None:
        ports.arrive(make_instance(declared_instances=2))
        ports.arrive(make_instance(declared_instances=3))
        assert ports.study().state is StudyState.OPEN

    @pytest.mark.parametrize("declared", [0, -1])
    def test_a_declared_number_below_one_says_nothing(
        self, ports: RegisterPorts, declared: int
    ) -> None:
        ports.arrive(make_instance(declared_instances=declared))
        assert ports.study().state is StudyState.OPEN

    def test_a_study_of_one_declared_instance_closes_at_once(self, ports: RegisterPorts) -> None:
        ports.arrive(make_instance(declared_instances=1))
        assert ports.study().state is StudyState.CLOSED
        assert ports.story() == ["received", "opened", "closed"]

    def test_the_story_of_an_instance_names_its_state_and_no_patient(
        self, ports: RegisterPorts
    ) -> None:
        ports.arrive(make_instance(SOPInstanceUID="1.2.3", **EXCLUDED))
        received = ports.register.events(STUDY)[0]
        assert received.detail == "1.2.3 excluded: not a radiograph"
        assert (received.at, received.StudyInstanceUID) == (T0, STUDY)

    # Scoring

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
        batch = ports.register.begin_scoring(16)
        headers = [each.header for each in batch]
        assert headers == [stat.header, sooner.header, soon.header, late.header]
        assert [each.attempts for each in batch] == [1, 1, 1, 1]

    def test_no_more_instances_than_asked_for_are_begun(self, ports: RegisterPorts) -> None:
        for number in range(3):
            ports.arrive(make_instance(received_at=after(number)))
        assert len(ports.register.begin_scoring(2)) == 2
        attempts = [each.attempts for each in ports.register.study_images(STUDY).instances]
        assert sorted(attempts) == [0, 1, 1]

    def test_an_instance_with_earlier_attempts_is_returned_alone(
        self, ports: RegisterPorts
    ) -> None:
        tried = make_instance()
        ports.arrive(tried, due_in_seconds=100)
        ports.register.begin_scoring(16)
        ports.arrive(make_instance(received_at=after(1)))
        (alone,) = ports.register.begin_scoring(16)
        assert alone.header == tried.header
        assert alone.attempts == 2

    def test_new_instances_before_a_tried_one_are_returned_without_it(
        self, ports: RegisterPorts
    ) -> None:
        ports.arrive(make_instance(received_at=after(2)))
        ports.register.begin_scoring(16)
        first = make_instance(received_at=after(0))
        last = make_instance(received_at=after(3))
        ports.arrive(first)
        ports.arrive(last)
        batch = ports.register.begin_scoring(16)
        assert [each.header for each in batch] == [first.header, last.header]

    def test_nothing_to_score(self, ports: RegisterPorts) -> None:
        assert ports.register.begin_scoring(16) == ()

    def test_a_score_is_written_once(self, ports: RegisterPorts) -> None:
        instance = make_instance()
        ports.arrive(instance)
        ports.register.begin_scoring(1)
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
        assert ports.register.begin_scoring(1) == ()

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

    # Assessing

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

    # Reading

    def test_instances_come_in_order_of_series_and_number(self, ports: RegisterPorts) -> None:
        order = [("1.2.1", 2), ("1.2.1", 10), ("1.2.1", None), ("1.2.2", 1)]
        for series, number in reversed(order):
            ports.arrive(make_instance(SeriesInstanceUID=series, InstanceNumber=number))
        headers = [each.header for each in ports.register.study_images(STUDY).instances]
        assert [(each.SeriesInstanceUID, each.InstanceNumber) for each in headers] == order

    def test_one_series_uid_in_two_studies_is_tolerated(self, ports: RegisterPorts) -> None:
        for number in (1, 2):
            ports.arrive(make_instance(StudyInstanceUID=uid("study", number)))
        for number in (1, 2):
            assert len(ports.register.study_images(uid("study", number)).instances) == 1

    def test_an_unknown_study_is_named_as_such(self, ports: RegisterPorts) -> None:
        with pytest.raises(StudyUnknown):
            ports.register.study_images("1.2.3")
        with pytest.raises(StudyUnknown):
            ports.register.events("1.2.3")
        assert ports.register.results("1.2.3") == ()

    # Closing

    def test_studies_close_when_their_quiet_period_is_over(self, ports: RegisterPorts) -> None:
        for number in (3, 1, 2):
            instance = make_instance(
                StudyInstanceUID=uid("study", number), received_at=after(number)
            )
            ports.arrive(instance)
        assert ports.register.close_due(after(QUIET_SECONDS + 0.5)) == ()
        now = after(2 + QUIET_SECONDS)
        assert ports.register.close_due(now) == (uid("study", 1), uid("study", 2))
        study = ports.study()
        assert (study.state, study.closed_at) == (StudyState.CLOSED, now)
        assert ports.register.close_due(now) == ()
        assert ports.study(uid("study", 3)).state is StudyState.OPEN
        assert ports.story() == ["received", "opened", "closed"]

    # Reporting

    def test_a_study_is_reportable_once_closed_settled_and_assessed(
        self, ports: RegisterPorts
    ) -> None:
        instance = make_instance()
        ports.arrive(instance)
        ports.assess()
        assert ports.register.reportable(10) == ()  # open
        ports.register.close_due(after(100))
        assert ports.register.reportable(10) == ()  # an image waits for its score
        ports.score(instance)
        assert ports.register.reportable(10) == ()  # not assessed since
        ports.assess()
        assert ports.register.reportable(10) == (STUDY,)
        assert ports.report([make_result()], "pacs")
        assert ports.register.reportable(10) == ()  # done

    def test_reportable_studies_come_most_urgent_first(self, ports: RegisterPorts) -> None:
        for number, due in ((1, 300), (2, 100), (3, 200)):
            instance = make_instance(StudyInstanceUID=uid("study", number))
            ports.complete(instance, due_in_seconds=due)
        order = uid("study", 2), uid("study", 3), uid("study", 1)
        assert ports.register.reportable(10) == order
        assert ports.register.reportable(1) == order[:1]

    def test_a_report_is_written_once_with_its_deliveries(self, ports: RegisterPorts) -> None:
        ports.complete(make_instance())
        revision = ports.study().revision
        report = make_result()
        overlay = make_result(kind=ResultKind.SECONDARY_CAPTURE, SOPClassUID=SECONDARY_CAPTURE)

        def write() -> bool:
            return ports.register.record_report(
                STUDY,
                [report, overlay],
                [["pacs", "archive"], ["pacs"]],
                generation=1,
                revision=revision,
                now=after(200),
            )

        assert write()
        assert ports.study().state is StudyState.REPORTED
        assert ports.register.results(STUDY) == (report, overlay)
        ways = {(each.result, each.destination) for each in ports.outbox.deliveries()}
        assert ways == {(report, "pacs"), (report, "archive"), (overlay, "pacs")}
        last = ports.register.events(STUDY)[-1]
        assert (last.what, last.detail) == ("reported", "generation 1 (2 objects)")
        assert not write()
        assert len(ports.outbox.deliveries()) == 3
        assert ports.register.events(STUDY)[-1] == last

    @pytest.mark.parametrize(("generation", "revision"), [(2, 0), (0, 0), (1, 1), (1, -1)])
    def test_a_report_of_something_else_is_refused(
        self, ports: RegisterPorts, generation: int, revision: int
    ) -> None:
        ports.complete(make_instance())
        written = ports.register.record_report(
            STUDY,
            [make_result()],
            [["pacs"]],
            generation=generation,
            revision=ports.study().revision + revision,
            now=T0,
        )
        assert not written
        assert ports.register.results(STUDY) == ()
        assert ports.outbox.deliveries() == ()
        assert ports.study().state is StudyState.CLOSED

    def test_a_report_of_an_open_or_unassessed_study_is_refused(self, ports: RegisterPorts) -> None:
        instance = make_instance()
        ports.arrive(instance)
        ports.assess()
        assert not ports.report([make_result()], "pacs")  # open
        ports.register.close_due(after(100))
        ports.score(instance)
        assert not ports.report([make_result()], "pacs")  # not assessed since
        assert ports.register.results(STUDY) == ()

    def test_a_report_of_an_unknown_study_is_refused(self, ports: RegisterPorts) -> None:
        assert not ports.register.record_report("1.2.3", [], [], generation=1, revision=1, now=T0)

    def test_a_report_without_results_is_a_report(self, ports: RegisterPorts) -> None:
        ports.complete(make_instance())
        study = ports.study()
        assert ports.register.record_report(
            STUDY,
            [],
            [],
            generation=study.generation,
            revision=study.revision,
            now=T0,
            note="nothing to show",
        )
        assert ports.study().state is StudyState.REPORTED
        told = ports.register.events(STUDY)[-1].detail
        assert told == "generation 1 (0 objects): nothing to show"

    def test_an_object_of_an_earlier_generation_is_not_sent_again(
        self, ports: RegisterPorts
    ) -> None:
        ports.complete(make_instance())
        overlay = make_result(kind=ResultKind.SECONDARY_CAPTURE)
        first = make_result()
        assert ports.report([overlay, first], "pacs")
        ports.complete(make_instance(received_at=after(100)))
        second = make_result(generation=2)
        same = make_result(SOPInstanceUID=overlay.SOPInstanceUID, generation=2, kind=overlay.kind)
        assert ports.report([same, second], "pacs")
        assert ports.register.results(STUDY) == (overlay, first, second)
        sent = [each.result for each in ports.outbox.deliveries()]
        assert sorted(sent, key=str) == sorted([overlay, first, second], key=str)

    def test_own_results_are_recognised(self, ports: RegisterPorts) -> None:
        (result,) = ports.deliver(1, "pacs")
        assert ports.register.is_own_result(result.SOPInstanceUID)
        assert not ports.register.is_own_result("1.2.3")

    def test_the_story_names_no_patient(self, ports: RegisterPorts) -> None:
        secrets: dict[str, Value] = {
            "PatientName": "Secret^Person",
            "PatientID": "ID-4711",
            "PatientBirthDate": "19010203",
            "AccessionNumber": "ACC-0815",
            "StudyDescription": "Wrist of Person",
        }
        instance = make_instance(**secrets)
        ports.complete(instance)
        other = make_stored("other")
        ports.register.record_conflict(make_instance(instance.header, stored=other), other, now=T0)
        ports.report([make_result()], "pacs")
        (delivery,) = ports.outbox.due("pacs", now=T0, limit=1)
        ports.outbox.record_failure(delivery.id, "0xC000", next_attempt_at=None, now=T0)
        ports.outbox.retry(destination=None, now=T0)
        ports.outbox.record_sent(delivery.id, "0x0000", now=T0)
        story = " ".join(f"{each.what} {each.detail}" for each in ports.register.events(STUDY))
        assert not [secret for secret in secrets.values() if secret in story]

    def test_the_story_is_told_in_order(self, ports: RegisterPorts) -> None:
        ports.complete(make_instance(SOPClassUID=DX_FOR_PRESENTATION))
        ports.report([make_result()], "pacs")
        told = ["received", "opened", "scored", "assessed", "closed", "reported"]
        assert ports.story() == told
