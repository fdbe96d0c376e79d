"""The steps that join two stages, over fakes of the ports."""

import errno
from functools import partial

import pydicom
import pytest

from dicom_fixtures import encoded, synthetic_study
from tests.factories import (
    make_assessment,
    make_instance,
    make_opening,
    make_placement,
    make_score,
    uid,
)
from tests.fakes.bundle import make_bundle
from tests.fakes.clock import FakeClock
from tests.fakes.outbox import FakeOutbox
from tests.fakes.pixel_reader import FakePixelReader
from tests.fakes.study_register import FakeStudyRegister
from triage_agent.adapters.filesystem.instance_store import FilesystemInstanceStore
from triage_agent.adapters.torch_inference.bundle_files import LoadedBundle
from triage_agent.dicom.headers import parse_header
from triage_agent.dicom.part10 import file_head
from triage_agent.domain.algorithm import AlgorithmIdentity
from triage_agent.domain.assessment import AssessmentKind
from triage_agent.domain.delivery import ResultKind
from triage_agent.domain.instance import InstanceState
from triage_agent.domain.region import Region
from triage_agent.domain.study import StudyState
from triage_agent.errors import DecoderCrashed, DecodingUnavailable, ReportInvalid, StorageFull
from triage_agent.model_in_use import (
    algorithm_identity,
    algorithm_rule,
    known_algorithms,
    operating_point_rule,
)
from triage_agent.pipeline import Reporting, assess_due
from triage_agent.receive.receipt import object_digest
from triage_agent.report.compose import compose
from triage_agent.settings import DestinationSettings, PrioritiseSettings, Settings

POLICY = PrioritiseSettings()
ALGORITHM = AlgorithmIdentity(
    name="test-model",
    version="1",
    manufacturer="tests",
    device_uid="2.25.1",
    weights_sha256="0" * 64,
    architecture="mobilenet_v2",
)
PACS = DestinationSettings(name="pacs", host="pacs", port=104, ae_title="PACS")


@pytest.fixture
def clock():
    return FakeClock()


@pytest.fixture
def register():
    return FakeStudyRegister()


@pytest.fixture
def store(tmp_path):
    return FilesystemInstanceStore(tmp_path)


@pytest.fixture
def receive(register, store, clock):
    """Return a function that takes in real objects."""

    def take_in(dataset) -> None:
        syntax = str(dataset.file_meta.TransferSyntaxUID)
        data = encoded(dataset)
        header = parse_header(data, syntax)
        head = file_head(
            SOPClassUID=header.SOPClassUID,
            SOPInstanceUID=header.SOPInstanceUID,
            TransferSyntaxUID=syntax,
            source_ae_title="TEST",
        )
        instance = make_instance(
            header,
            region=Region.HAND,
            stored=store.put([head, data], object_digest(data, syntax)),
            received_at=clock.now(),
        )
        register.register(instance, make_opening(), stat=False, quiet_seconds=1)

    return take_in


@pytest.fixture
def close(register, receive, clock):
    """Return a function that lets these views come, be scored and close their study.

    A view without a probability cannot be scored. Returns the study's UID.
    """

    def bring(views) -> str:
        for dataset, probability in views:
            receive(dataset)
            image, now = str(dataset.SOPInstanceUID), clock.now()
            if probability is None:
                register.record_unreadable(image, "the pixels do not decode", now=now)
            else:
                score = make_score(probability)
                register.record_score(image, score, model="test-model 1", now=now)
        clock.advance(2)
        (closed,) = register.close_due(clock.now())
        assess_due(register, lambda _: 0.5, POLICY, clock)
        return closed

    return bring


def views_of_a_hand(*probabilities):
    study = synthetic_study(5, region=Region.HAND, views=len(probabilities), rows=96, columns=80)
    return list(zip(study.datasets, probabilities, strict=True))


@pytest.fixture
def closed_study(close):
    """A study of real objects that was scored, closed and assessed; returns its UID."""
    return close(views_of_a_hand(0.75, 0.75))


@pytest.fixture
def make_reporting(register, store, clock):
    """Return a function that makes the step, with parts replaced."""

    def make(**parts) -> Reporting:
        usual = {
            "register": register,
            "outbox": FakeOutbox(register.rows),
            "store": store,
            "reader": FakePixelReader(display_shape=(96, 80)),
            "compose": partial(compose, algorithm=ALGORITHM),
            "destinations": [PACS],
            "clock": clock,
        }
        return Reporting(**(usual | parts))

    return make


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


@pytest.mark.parametrize("error", [DecoderCrashed("gone"), RuntimeError("a fault")])
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


@pytest.fixture
def strict():
    """A model that took the place of ALGORITHM, for which the closed study is not abnormal."""
    points = {Region.HAND: 0.9}
    return make_bundle(name="strict", device_uid="2.25.2", operating_points=points)


@pytest.fixture
def rule_after(tmp_path, strict):
    """Who answers for a study, asked in a process that has taken up the strict model."""
    settings = Settings(data_dir=tmp_path)
    known_algorithms(settings).remember(ALGORITHM)
    return algorithm_rule(settings, LoadedBundle(strict, tmp_path / "strict" / "weights"))


@pytest.fixture
def rule_before(tmp_path, strict):
    """The same, asked in a process that has not."""
    settings = Settings(data_dir=tmp_path)
    known_algorithms(settings).remember(algorithm_identity(strict))
    return algorithm_rule(
        settings, LoadedBundle(make_bundle(name="test-model"), tmp_path / "old" / "weights")
    )


def test_a_study_closed_before_another_model_came_is_reported_as_its_own_model_judged_it(
    make_reporting, register, store, closed_study, rule_after
):
    def compose_results(images, *others):
        return compose(images, *others, algorithm=rule_after(images))

    assert make_reporting(compose=compose_results).report_due() == 1
    (report,) = [
        each for each in register.results(closed_study) if each.kind is ResultKind.STRUCTURED_REPORT
    ]
    dataset = pydicom.dcmread(store.path(report.stored.location))
    assert dataset.ContributingEquipmentSequence[0].DeviceUID == ALGORITHM.device_uid


def test_reported_as_the_other_models_it_would_have_no_results(
    make_reporting, register, closed_study, strict
):
    wrong = partial(compose, algorithm=algorithm_identity(strict))
    make_reporting(compose=wrong).report_due()
    assert register.results(closed_study) == ()


def test_a_study_is_judged_the_same_before_and_after_another_model_came(
    register, clock, closed_study, rule_before, rule_after
):
    late = make_instance(
        StudyInstanceUID=closed_study, region=Region.HAND, received_at=clock.advance(5)
    )
    register.register(late, make_opening(), stat=False, quiet_seconds=1)
    for rule in (rule_before, rule_after):
        images = register.study_images(closed_study)
        assert operating_point_rule(rule)(images) == 0.5
    register.record_score(
        late.header.SOPInstanceUID, make_score(0.75), model="strict 1", now=clock.now()
    )
    for rule in (rule_before, rule_after):
        images = register.study_images(closed_study)
        assert rule(images).model == "strict 1"
        assert operating_point_rule(rule)(images) == 0.9
    assess_due(register, operating_point_rule(rule_before), POLICY, clock)
    study = register.study_images(closed_study).study
    assert study.assessment.kind is AssessmentKind.BELOW_THRESHOLD


@pytest.mark.parametrize("order", [1, -1])
def test_a_study_of_several_regions_is_judged_the_same_in_any_order(
    register, clock, tmp_path, order
):
    bundle = make_bundle(operating_points={Region.WRIST: 0.31, Region.HAND: 0.39})
    model = LoadedBundle(bundle, tmp_path / "weights")
    rule = operating_point_rule(algorithm_rule(Settings(data_dir=tmp_path), model))
    excluded = make_instance(state=InstanceState.EXCLUDED, region=Region.ELBOW, reason="a report")
    hand, wrist = make_instance(region=Region.HAND), make_instance(region=Region.WRIST)
    for each in [excluded, hand, wrist][::order]:
        register.register(each, make_opening(), stat=False, quiet_seconds=1)
    for each, probability in ((hand, 0.30), (wrist, 0.40)):
        register.record_score(
            each.header.SOPInstanceUID,
            make_score(probability),
            model=bundle.model,
            now=clock.now(),
        )
    assess_due(register, rule, POLICY, clock)
    images = register.study_images(uid("study", 1))
    assert rule(images) == 0.31
    assert images.study.assessment.kind is AssessmentKind.ABNORMAL


def test_who_is_in_use_answers_for_what_an_unknown_model_scored(
    register, closed_study, strict, tmp_path
):
    rule = algorithm_rule(
        Settings(data_dir=tmp_path / "fresh"), LoadedBundle(strict, tmp_path / "weights")
    )
    assert rule(register.study_images(closed_study)) == algorithm_identity(strict)
