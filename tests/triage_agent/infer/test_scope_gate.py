import json
from dataclasses import replace

import numpy as np
import pytest

from tests.fakes.bundle import make_bundle
from tests.fakes.classifier import FakeClassifier
from triage_agent.domain.region import Region
from triage_agent.errors import BundleInvalid
from triage_agent.infer.bundle import parse_bundle, render_bundle
from triage_agent.infer.judging import NetworkJudge
from triage_agent.infer.scope_gate import BEYOND_SCOPE, ScopeGate

GATE = ScopeGate(weights=(2.0, -1.0), bias=-0.5)


def test_the_line_itself_is_inside() -> None:
    features = np.array([[0.25, 0.0], [0.26, 0.0], [0.0, 3.0], [1.0, 1.4]], dtype=np.float32)
    assert GATE.beyond(features).tolist() == [False, True, False, True]


def test_a_gate_may_look_at_the_roots() -> None:
    gate = ScopeGate(weights=(2.0, -1.0), bias=-0.5, rooted=True)
    features = np.array([[0.0625, 0.0], [0.07, 0.0], [0.0, -0.36], [0.0, 9.0]], dtype=np.float32)
    assert gate.beyond(features).tolist() == [False, True, True, False]
    bundle = make_bundle(scope_gate=gate)
    assert parse_bundle(render_bundle(bundle)) == bundle


def test_a_gate_from_before_there_were_roots_looks_at_the_features() -> None:
    fields = json.loads(render_bundle(make_bundle(scope_gate=GATE)))
    del fields["scope_gate"]["rooted"]
    assert parse_bundle(json.dumps(fields)) == make_bundle(scope_gate=GATE)


@pytest.mark.parametrize("number", [np.nan, np.inf, -np.inf])
def test_features_that_are_no_numbers_are_beyond(number: float) -> None:
    gate = ScopeGate(weights=(0.0, 1.0), bias=-9.0)
    features = np.array([[number, 0.0], [0.0, 0.0]], dtype=np.float32)
    assert gate.beyond(features).tolist() == [True, False]


def test_a_gate_of_another_network_is_refused() -> None:
    with pytest.raises(ValueError, match="3 features, the gate 2 weights"):
        GATE.beyond(np.zeros((1, 3), dtype=np.float32))


@pytest.mark.parametrize(
    ("weights", "bias"), [((), 0.0), ((np.nan,), 0.0), ((1.0,), np.inf), ((1.0, -np.inf), 0.0)]
)
def test_no_half_built_gate_exists(weights: tuple[float, ...], bias: float) -> None:
    with pytest.raises(ValueError, match="must"):
        ScopeGate(weights, bias)


def test_a_bundle_keeps_its_gate() -> None:
    bundle = make_bundle(scope_gate=GATE)
    text = render_bundle(bundle)
    assert parse_bundle(text) == bundle
    assert '"weights": [ 2.0, -1.0 ],' in text


def test_a_bundle_without_a_gate_has_none() -> None:
    fields = json.loads(render_bundle(make_bundle()))
    del fields["scope_gate"]  # as bundles were written before there were gates
    assert parse_bundle(json.dumps(fields)) == make_bundle(scope_gate=None)


def test_lists_of_numbers_in_texts_are_left_as_they_are() -> None:
    bundle = make_bundle(intended_use="[\n  1,\n  2\n]", limitations=("[ 1,  2 ]",))
    assert parse_bundle(render_bundle(bundle)) == bundle


@pytest.mark.parametrize(
    ("gate", "field", "cause"),
    [
        (3, "scope_gate", "not an object.*Write"),
        ({"bias": 0}, "scope_gate.weights", "is missing"),
        ({"weights": [], "bias": 0}, "scope_gate.weights", "something in it"),
        ({"weights": [1, "2"], "bias": 0}, "scope_gate.weights.1", "not a number"),
        ({"weights": [1, float("nan")], "bias": 0}, "scope_gate.weights", "finite"),
        ({"weights": [1]}, "scope_gate.bias", "is missing"),
        ({"weights": [1], "bias": 0, "rooted": 1}, "scope_gate.rooted", "neither true nor false"),
    ],
)
def test_a_gate_that_is_wrong_is_named(gate: object, field: str, cause: str) -> None:
    fields = json.loads(render_bundle(make_bundle())) | {"scope_gate": gate}
    with pytest.raises(BundleInvalid, match=f"field {field}: .*{cause}"):
        parse_bundle(json.dumps(fields))


def test_the_network_does_not_answer_beyond_its_gate() -> None:
    images = np.stack([np.full((3, 8, 8), value, dtype=np.float32) for value in (0.2, 0.9)])
    # The features of the fake are the means of the image's four quarters.
    gate = ScopeGate(weights=(1.0, 0.0, 0.0, 0.0), bias=-0.5)
    judge = NetworkJudge(FakeClassifier(), make_bundle(scope_gate=gate))
    near, far = judge.judge([images], [Region.WRIST, Region.HAND])
    assert not near.abstains
    assert far.abstains == BEYOND_SCOPE
    open_judge = replace(judge, bundle=make_bundle())
    assert not any(each.abstains for each in open_judge.judge([images], [Region.WRIST] * 2))
