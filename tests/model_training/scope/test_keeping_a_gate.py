from dataclasses import replace

import pytest
from click.testing import CliRunner

from model_training.cohorts.lower_limb import NAME as LOWER_LIMB
from model_training.cohorts.sample import Part
from model_training.evaluation.agreement import proportion
from model_training.evaluation.evidence import ScopeShare, read_evidence
from model_training.scope.command import scope, shares_table
from model_training.scope.kept import GATE_NAME, KeptGate, gated, read_gate, write_gate
from model_training.scope.measuring import FittedScope
from model_training.scope.samples import scope_samples
from tests.fakes.bundle import make_bundle
from triage_agent.infer.provenance import DataSource
from triage_agent.infer.scope_gate import ScopeGate

GATE = ScopeGate((0.1, -2.5), 0.25)
SHARE = ScopeShare("lower limb", 40, proportion(12, 40), in_scope=False)


def test_a_kept_gate_is_read_back(run):
    write_gate(run.path, FittedScope(GATE, (SHARE,), {LOWER_LIMB: 40}))
    digest = read_evidence(run.path).weights_sha256
    assert read_gate(run.path) == KeptGate(GATE, digest, {LOWER_LIMB: 40})


def test_a_training_without_a_gate_has_none(run):
    assert read_gate(run.path) is None


@pytest.mark.parametrize(
    "text", ["", "[]", "{}", '{"gate": {"weights": [], "bias": 0}, "weights_sha256": "0"}']
)
def test_a_damaged_gate_is_refused(run, text):
    (run.path / GATE_NAME).write_text(text)
    with pytest.raises(ValueError, match=r"damaged.*fit the gate again"):
        read_gate(run.path)


def test_a_bundle_gets_the_gate_and_names_what_it_was_fitted_on():
    bundle = make_bundle()
    found = gated(bundle, KeptGate(GATE, bundle.weights_sha256, {LOWER_LIMB: 40}))
    assert found.scope_gate == GATE
    *before, source = found.training_data
    assert tuple(before) == bundle.training_data
    assert isinstance(source, DataSource)
    assert (source.name, source.images, source.licence) == (LOWER_LIMB, 40, "CC BY 4.0")
    assert "Abedeen" in source.citation


def test_a_gate_of_other_weights_is_refused():
    with pytest.raises(ValueError, match="other weights"):
        gated(make_bundle(), KeptGate(GATE, "1" * 64, {}))


def test_a_run_of_fit_needs_fracatlas(run):
    result = CliRunner().invoke(scope, ["--run", str(run.path)])
    assert result.exit_code == 1
    assert "give --fracatlas" in result.output
    assert not (run.path / GATE_NAME).exists()


def test_the_images_in_scope_are_those_of_the_training(run, small_fracatlas):
    config = run.read_config()
    found = scope_samples(config, small_fracatlas)
    assert {each.cohort for each in found[Part.TEST]} == {"FracAtlas", "synthetic"}
    named = replace(config, cohorts=(f"fracatlas={small_fracatlas}",))
    assert {each.cohort for each in scope_samples(named, None)[Part.TRAINING]} == {"FracAtlas"}


def test_shares_are_shown_as_a_table():
    shown = shares_table((SHARE,)).markdown()
    assert "| lower limb | out | 40 | 0.300 (" in shown
