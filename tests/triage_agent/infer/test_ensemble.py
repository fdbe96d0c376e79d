import math

import numpy as np
import pytest

from tests.contracts.judge import JudgeContract, Judged
from tests.fakes.bundle import make_bundle
from tests.fakes.classifier import BIAS, FakeClassifier
from tests.fakes.ensemble import make_ensemble, make_member
from triage_agent.domain.region import Region
from triage_agent.infer.ensemble import EnsembleJudge, mean_logit, mean_map
from triage_agent.infer.ensemble_bundle import EnsembleKind
from triage_agent.infer.judging import NetworkJudge
from triage_agent.infer.scope_gate import BEYOND_SCOPE, ScopeGate
from triage_agent.infer.scores import Calibration, image_probability

REGIONS = (Region.WRIST, Region.HAND, Region.HAND, Region.ELBOW)
SHARP = make_bundle(calibrations={Region.HAND: Calibration(2.0, 0.5)})
LEVELS = (-2.0, -0.5, 1.0, 3.0)


def images(size, factor=1.0):
    """Four images of their own levels, brighter on the right."""
    shade = np.linspace(-0.5, 0.5, size, dtype=np.float32)
    return np.stack([np.full((3, size, size), factor * level) + shade for level in LEVELS]).astype(
        np.float32
    )


def members(*factors):
    """Networks with forms of their own: the first sees images as they are, the next another."""
    bundles = (SHARP, make_bundle())
    return [NetworkJudge(FakeClassifier(), bundles[i], form) for i, form in enumerate(factors)]


def mean_judge(**overrides):
    say = (make_member(1, weight=3.0), make_member(2, weight=1.0))
    return EnsembleJudge(make_ensemble(members=say, **overrides), members(0, 1))


def region_judge(**overrides):
    say = (
        make_member(1, regions=(Region.WRIST, Region.HAND)),
        make_member(2, regions=(Region.ELBOW,)),
    )
    bundle = make_ensemble(
        kind=EnsembleKind.BY_REGION,
        regions=(Region.WRIST, Region.HAND, Region.ELBOW),
        members=say,
        **overrides,
    )
    return EnsembleJudge(bundle, members(0, 1))


INPUTS = (images(32), images(64, factor=-1.0))


class TestOneNetwork(JudgeContract):
    @pytest.fixture
    def judged(self):
        return Judged(NetworkJudge(FakeClassifier(), SHARP), INPUTS, REGIONS)


class TestTheMean(JudgeContract):
    @pytest.fixture
    def judged(self):
        return Judged(mean_judge(), INPUTS, REGIONS)


class TestByRegion(JudgeContract):
    @pytest.fixture
    def judged(self):
        return Judged(region_judge(), INPUTS, REGIONS)


def test_one_network_is_calibrated_for_the_region_and_sees_its_own_form():
    judge = NetworkJudge(FakeClassifier(), SHARP, 1)
    found = judge.judge(INPUTS, REGIONS)
    raw = [-level for level in LEVELS]
    assert [each.logit for each in found] == pytest.approx(
        [raw[0], 2 * raw[1] + 0.5, 2 * raw[2] + 0.5, raw[3]]
    )
    assert found[1].activation.mean() + BIAS == pytest.approx(raw[1])


def test_the_mean_is_that_of_the_calibrated_probabilities():
    found = mean_judge().judge(INPUTS, REGIONS)
    for each, level, region in zip(found, LEVELS, REGIONS, strict=True):
        one = image_probability(level, SHARP.calibration(region))
        other = image_probability(-level)
        assert image_probability(each.logit) == pytest.approx((3 * one + other) / 4)


def test_the_map_of_the_mean_adds_up_to_the_mean_of_the_calibrated_logits():
    found = mean_judge().judge(INPUTS, REGIONS)
    for each, level, region in zip(found, LEVELS, REGIONS, strict=True):
        scale = SHARP.calibration(region)
        biases = (3 * (scale.slope * BIAS + scale.intercept) + BIAS) / 4
        logits = (3 * scale.scale(level) - level) / 4
        assert each.activation.mean() + biases == pytest.approx(logits, abs=1e-5)


def test_the_ensemble_s_own_calibration_comes_last():
    scale = Calibration(0.5, -1.0)
    plain = mean_judge().judge(INPUTS, REGIONS)
    found = mean_judge(calibrations={Region.HAND: scale}).judge(INPUTS, REGIONS)
    expected = [plain[0].logit, *(scale.scale(plain[i].logit) for i in (1, 2)), plain[3].logit]
    assert [each.logit for each in found] == pytest.approx(expected)


def test_by_region_one_member_answers_as_it_would_alone():
    judge = region_judge()
    found = judge.judge(INPUTS, REGIONS)
    alone = [each.judge(INPUTS, REGIONS) for each in judge.members]
    for place, member in enumerate((0, 0, 0, 1)):
        assert found[place].logit == alone[member][place].logit
        np.testing.assert_array_equal(found[place].activation, alone[member][place].activation)


def test_by_region_the_others_are_not_asked():
    judge = region_judge()
    judge.judge([form[:2] for form in INPUTS], (Region.HAND, Region.WRIST))
    first, second = (each.classifier.batches for each in judge.members)
    assert (first, second) == ([2], [])


def test_the_ensemble_goes_by_its_own_name_and_scope():
    assert mean_judge().model == "together 1"
    assert region_judge().regions == (Region.WRIST, Region.HAND, Region.ELBOW)


FEATURES = 4  # of the fake classifier
OPEN = ScopeGate((0.0,) * FEATURES, -1.0)
SHUT = ScopeGate((0.0,) * FEATURES, 1.0)


@pytest.mark.parametrize(
    ("gates", "weights", "abstains"),
    [
        ((SHUT, OPEN), (3.0, 1.0), BEYOND_SCOPE),
        ((OPEN, SHUT), (3.0, 1.0), ""),
        ((SHUT, OPEN), (1.0, 1.0), BEYOND_SCOPE),
        ((SHUT, SHUT), (1.0, 1.0), BEYOND_SCOPE),
        ((SHUT, None), (1.0, 9.0), BEYOND_SCOPE),
        ((OPEN, None), (1.0, 9.0), ""),
        ((None, None), (1.0, 1.0), ""),
    ],
)
def test_the_mean_answers_if_more_than_half_of_the_gates_would(gates, weights, abstains):
    say = tuple(make_member(i, weight=each) for i, each in enumerate(weights))
    gated = [
        NetworkJudge(FakeClassifier(), make_bundle(scope_gate=gate), form)
        for form, gate in enumerate(gates)
    ]
    judge = EnsembleJudge(make_ensemble(members=say), gated)
    assert {each.abstains for each in judge.judge(INPUTS, REGIONS)} == {abstains}


def test_by_region_the_gate_of_the_member_that_answers_counts():
    judge = region_judge()
    shut = NetworkJudge(FakeClassifier(), make_bundle(scope_gate=SHUT), 1)
    found = EnsembleJudge(judge.bundle, (judge.members[0], shut)).judge(INPUTS, REGIONS)
    assert [each.abstains for each in found] == ["", "", "", BEYOND_SCOPE]


@pytest.mark.parametrize("strange", [math.nan, math.inf, -math.inf])
def test_what_one_member_cannot_say_the_mean_cannot_either(strange):
    assert math.isnan(mean_logit([0.5, strange], [1.0, 1.0]))


def test_the_mean_of_certain_members_does_not_round_to_certainty():
    assert mean_logit([900.0, 800.0], [1.0, 1.0]) == pytest.approx(800.0 + math.log(2), abs=1e-6)
    assert mean_logit([-900.0, 800.0], [1.0, 3.0]) == pytest.approx(math.log(3))


def test_maps_of_different_grids_keep_their_means_and_their_places():
    coarse = np.array([[4.0, 0.0], [0.0, 8.0]], dtype=np.float32)
    fine = np.zeros((3, 4), dtype=np.float32)
    found = mean_map([coarse, fine], [1.0, 1.0])
    assert found.dtype == np.float32
    np.testing.assert_allclose(
        found, [[2.0, 2.0, 0.0, 0.0], [1.0, 1.0, 2.0, 2.0], [0.0, 0.0, 4.0, 4.0]], atol=1e-6
    )
    assert found.mean() == pytest.approx((coarse.mean() + fine.mean()) / 2)
