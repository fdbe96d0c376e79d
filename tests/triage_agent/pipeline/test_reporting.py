"""Closed studies are reported; what does not hold any more is corrected; what fails is told."""

import errno
from functools import partial

import pydicom
import pytest

from tests.factories import (
    make_assessment,
    make_instance,
    make_opening,
    make_placement,
    uid,
)
from tests.fakes.outbox import FakeOutbox
from tests.fakes.study_register import FakeStudyRegister
from tests.triage_agent.pipeline.conftest import ALGORITHM, PACS, POLICY, views_of_a_hand
from triage_agent.destination_settings import DestinationSettings
from triage_agent.domain.assessment import AssessmentKind
from triage_agent.domain.delivery import ResultKind
from triage_agent.domain.instance import InstanceState
from triage_agent.domain.region import Region
from triage_agent.domain.study import StudyState
from triage_agent.errors import DecoderCrashed, DecodingUnavailable, ReportInvalid, StorageFull
from triage_agent.pipeline import assess_due
from triage_agent.report.compose import compose


def test_a_closed_study_is_reported_and_its_results_wait_in_the_outbox(
    make_reporting, register, store, closed_study
):
    assert make_reporting().report_due() == 1
    assert register.study_images(closed_study).study.state is StudyState.REPORTED
    results = register.results(closed_study)
    assert sorted(each.kind for each in results) == [
        ResultKind.SECONDARY_CAPTURE,
        ResultKind.SECONDARY_CAPTURE,
        ResultKind.STRUCTURED_REPORT,
    ]
    assert all(store.path(each.stored.location).is_file() for each in results)
    assert make_reporting().report_due() == 0


def test_reporting_again_after_an_interruption_makes_the_same_objects(
    make_reporting, register, store, closed_study
):
    class Interrupted(Exception):
        pass

    class Dying(FakeStudyRegister):
        def record_report(self, *_, **__):
            raise Interrupted

    dying = Dying(register.rows)
    assert make_reporting(register=dying).report_due() == 0
    kept = set(store.path("objects/00/00/" + "0" * 64 + ".dcm").parents[2].rglob("*.dcm"))
    assert make_reporting().report_due() == 1
    again = {store.path(each.stored.location) for each in register.results(closed_study)}
    assert again <= kept


def test_a_study_that_is_not_assessed_is_reported_without_objects(make_reporting, register, clock):
    instance = make_instance(state=InstanceState.EXCLUDED, region=None, reason="a knee")
    opening = make_opening(assessment=make_assessment(None), placement=make_placement())
    register.register(instance, opening, stat=False, quiet_seconds=1)
    register.close_due(clock.advance(2))
    assess_due(register, lambda _: 0.5, POLICY, clock)
    assert make_reporting().report_due() == 1
    assert register.results(uid("study", 1)) == ()


def destination(name, **settings):
    return DestinationSettings(name=name, host="pacs", port=104, ae_title="PACS", **settings)


def test_a_study_that_is_not_abnormal_any_more_is_corrected_where_it_was_reported_so(
    make_reporting, register, close
):
    first, second, late = views_of_a_hand(0.8, 0.6, 0.0)
    reporting = make_reporting(
        destinations=[
            destination("abnormal", when="abnormal"),
            destination("triage", when="abnormal", triage_only=True),
            destination("wrists", when="abnormal", regions=(Region.WRIST,)),
        ]
    )
    study = close([first, second])
    reporting.report_due()
    close([late])
    assert register.study_images(study).study.assessment.kind is AssessmentKind.BELOW_THRESHOLD
    reporting.report_due()
    ways = {
        (each.result.kind, each.destination)
        for each in FakeOutbox(register.rows).deliveries()
        if each.result.generation == 2
    }
    assert ways == {
        (ResultKind.STRUCTURED_REPORT, "abnormal"),
        (ResultKind.SECONDARY_CAPTURE, "abnormal"),
        (ResultKind.STRUCTURED_REPORT, "triage"),
    }


def test_a_study_that_is_not_assessed_any_more_takes_its_report_back_where_it_went(
    make_reporting, register, store, close
):
    first, second, late = views_of_a_hand(0.1, 0.1, None)
    reporting = make_reporting(destinations=[PACS, destination("abnormal", when="abnormal")])
    study = close([first, second])
    reporting.report_due()
    close([late])
    assert register.study_images(study).study.assessment.kind is AssessmentKind.NOT_ASSESSED
    assert reporting.report_due() == 1
    earlier, result = [
        each for each in register.results(study) if each.kind is ResultKind.STRUCTURED_REPORT
    ]
    later = [each for each in FakeOutbox(register.rows).deliveries() if each.result.generation == 2]
    assert [(each.result, each.destination) for each in later] == [(result, "pacs")]
    dataset = pydicom.dcmread(store.path(result.stored.location))
    replaced = dataset.PredecessorDocumentsSequence[0].ReferencedSeriesSequence[0]
    assert replaced.ReferencedSOPSequence[0].ReferencedSOPInstanceUID == earlier.SOPInstanceUID
    texts = [each.value for each in dataset.iterall() if each.keyword == "TextValue"]
    assert any("could not be scored: the pixels do not decode" in text for text in texts)


def failing(error: Exception):
    def fail(*_: object, **__: object) -> None:
        raise error

    return fail


@pytest.mark.parametrize(
    "error",
    [
        StorageFull("full"),
        DecodingUnavailable("the disk failed"),
        OSError(errno.EIO, "Input/output error"),
        FileNotFoundError(errno.ENOENT, "not mounted"),
    ],
)
def test_what_will_pass_only_postpones_the_report(
    make_reporting, register, clock, closed_study, error
):
    reporting = make_reporting(compose=failing(error), maximum_attempts=1)
    for _ in range(3):
        assert reporting.report_due() == 0
        clock.advance(60)
    assert register.study_images(closed_study).study.state is StudyState.CLOSED
    reporting.compose = partial(compose, algorithm=ALGORITHM)
    assert reporting.report_due() == 1
    assert len(register.results(closed_study)) == 3


def test_a_study_whose_image_is_gone_for_good_is_given_up_and_the_story_says_so(
    make_reporting, register, store, closed_study
):
    image = store.path(register.study_images(closed_study).instances[0].stored.location)
    content = image.read_bytes()
    image.unlink()  # its folder is empty: the disk may not be mounted
    reporting = make_reporting()
    assert reporting.report_due() == 0
    assert register.study_images(closed_study).study.state is StudyState.CLOSED
    image.with_name("another").write_bytes(content)
    make_reporting().report_due()
    assert register.study_images(closed_study).study.state is StudyState.REPORTED
    assert register.results(closed_study) == ()
    assert "PixelsUnreadable" in register.events(closed_study)[-1].detail


@pytest.mark.parametrize(
    "error", [DecoderCrashed("gone"), RuntimeError("a fault"), OSError("broken data stream")]
)
def test_a_report_that_keeps_failing_is_given_up_and_the_story_says_so(
    make_reporting, register, closed_study, error
):
    reporting = make_reporting(compose=failing(error), maximum_attempts=2)
    assert reporting.report_due() == 0
    assert register.study_images(closed_study).study.state is StudyState.CLOSED
    assert reporting.report_due() == 0
    study = register.study_images(closed_study).study
    assert study.state is StudyState.REPORTED
    assert study.assessment.kind is AssessmentKind.ABNORMAL
    story = " ".join(event.detail for event in register.events(closed_study))
    assert type(error).__name__ in story


def test_a_report_that_must_not_leave_is_given_up_at_once(make_reporting, register, closed_study):
    reporting = make_reporting(compose=failing(ReportInvalid("no Laterality")))
    reporting.report_due()
    assert register.study_images(closed_study).study.state is StudyState.REPORTED
    assert register.results(closed_study) == ()
