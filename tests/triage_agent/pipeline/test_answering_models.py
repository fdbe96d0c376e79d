"""By which model, and which of its operating points, a study is judged and reported."""

from functools import partial

import pydicom
import pytest

from tests.factories import (
    make_instance,
    make_opening,
    make_score,
    uid,
)
from tests.fakes.bundle import make_bundle
from tests.triage_agent.pipeline.conftest import ALGORITHM, POLICY
from triage_agent.adapters.torch_inference.bundle_files import LoadedBundle
from triage_agent.domain.assessment import AssessmentKind
from triage_agent.domain.delivery import ResultKind
from triage_agent.domain.instance import InstanceState
from triage_agent.domain.region import Region
from triage_agent.model_in_use import (
    algorithm_identity,
    algorithm_rule,
    known_algorithms,
    operating_point_rule,
)
from triage_agent.pipeline import assess_due
from triage_agent.report.compose import compose
from triage_agent.settings import Settings


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
