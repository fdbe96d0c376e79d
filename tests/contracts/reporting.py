"""How every StudyRegister closes studies and keeps their results."""

import pytest

from tests.contracts.register_ports import QUIET_SECONDS, STUDY, RegisterPorts
from tests.factories import (
    DX_FOR_PRESENTATION,
    SECONDARY_CAPTURE,
    T0,
    Value,
    after,
    make_instance,
    make_result,
    make_stored,
    uid,
)
from triage_agent.domain.delivery import ResultKind
from triage_agent.domain.study import StudyState


class ReportingContract:
    @pytest.fixture
    def ports(self) -> RegisterPorts:
        raise NotImplementedError

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

    def test_a_study_of_a_clock_that_was_ahead_closes_at_once(self, ports: RegisterPorts) -> None:
        ports.arrive(make_instance(received_at=after(3600)))
        assert ports.register.close_due(after(3600 - 59)) == ()  # as clocks may differ
        assert ports.register.close_due(after(3600 - 61)) == (STUDY,)

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
