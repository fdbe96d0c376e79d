"""From a measured run folder of any cohort to a bundle with its card."""

import hashlib
import json
from dataclasses import replace

import numpy as np
import pytest
from click.testing import CliRunner

from model_training.cohorts.sample import Part, Sample
from model_training.commands import main
from model_training.description import Description, read_description
from model_training.evaluation.agreement import proportion
from model_training.evaluation.estimate import Estimate
from model_training.evaluation.evidence import (
    Measured,
    Pointed,
    ScopeShare,
    add_evidence,
    read_evidence,
)
from model_training.evaluation.figures import OVERALL
from model_training.evaluation.operation import Operation, read_operation, write_operation
from model_training.export import export_run
from model_training.known_sources import Source
from model_training.training_commands import training_commands
from triage_agent.adapters.torch_inference.bundle_files import read_bundle
from triage_agent.adapters.torch_inference.torch_classifier import load_network
from triage_agent.domain.region import Region
from triage_agent.infer.provenance import Metric
from triage_agent.infer.scores import Calibration

ABOUT = """
name = "Wrists of our hospital"
intended_use = "Research on the order of a worklist."
limitations = ["Children were not seen in training."]
shortcuts = "Casts go together with fractures."

[[data]]
cohort = "ours"
name = "Our hospital, 2026"
licence = "Approval 12/34"
citation = "Department of Radiology"
"""


def run(*arguments, status=0):
    outcome = CliRunner().invoke(main, [str(each) for each in arguments])
    assert outcome.exit_code == status, outcome.output
    return outcome.output


@pytest.fixture
def about(tmp_path):
    path = tmp_path / "about.toml"
    path.write_text(ABOUT, encoding="utf-8")
    return path


def measured(cohort="theirs all", **regions):
    def metrics(value):
        return tuple(
            Metric(name, cohort, 40, value, value - 0.1, value + 0.1, "95% something")
            for name in ("auc", "cohen_kappa")
        )

    by_region = {region: metrics(value) for region, value in regions.items()}
    return Measured(cohort, "studies", metrics(0.75), 0.125, by_region)


@pytest.fixture
def measured_run(fitted_run):
    add_evidence(fitted_run.path, measured=(measured(HAND=0.6, WRIST=0.8),))
    return fitted_run


def test_a_run_on_any_cohort_becomes_a_bundle(measured_run, about, tmp_path):
    target = tmp_path / "bundle"
    output = run(
        "export", "--run", measured_run.path, "--about", about, "--to", target,
        "--version", "9.8.7", "--limitation", "It was not tried on tables.",
    )  # fmt: skip
    assert "Wrists of our hospital 9.8.7" in output
    loaded = read_bundle(target)
    bundle = loaded.bundle
    digest = hashlib.sha256((target / "model.safetensors").read_bytes()).hexdigest()
    assert bundle.weights_sha256 == digest
    assert bundle.regions == (Region.WRIST,)
    assert [(s.name, s.role, s.images) for s in bundle.training_data] == [
        ("Our hospital, 2026", "training", 8)
    ]
    assert {metric.cohort for metric in bundle.metrics} == {"theirs all"}
    assert bundle.intended_use.startswith("RESEARCH USE ONLY, NOT FOR DIAGNOSTIC USE. Research on")
    assert len(bundle.limitations) == 2
    assert load_network(loaded).architecture == "shufflenet_v2_x0_5"


def test_the_card_says_all_that_is_known(measured_run, about, tmp_path):
    found = {"Pointing game": proportion(7, 10), "Mean IoU": Estimate(0.2, 0.1, 0.3, "")}
    shares = (
        ScopeShare("theirs", 200, proportion(190, 200), in_scope=True),
        ScopeShare("lower limb", 40, proportion(4, 40), in_scope=False),
    )
    add_evidence(measured_run.path, pointed=(Pointed("theirs, outlined", 10, found),))
    add_evidence(measured_run.path, scope=shares)
    target = tmp_path / "bundle"
    run("export", "--run", measured_run.path, "--about", about, "--to", target, "--version", "1")
    card = (target / "MODEL_CARD.md").read_text(encoding="utf-8")
    for words in (
        "RESEARCH USE ONLY. NOT FOR DIAGNOSTIC USE.",
        "| Our hospital, 2026 | training | 8 | Approval 12/34 | Department of Radiology |",
        "ours: 8 images in training, 2 in validation; divided 70 : 15 : 15 by patients",
        "| theirs all | 40 studies | 0.750 (0.650, 0.850) |",
        "| 0.125 |",
        "### By region: theirs all",
        "| Wrist | 40 | 0.800 (0.700, 0.900) |",
        "| theirs, outlined | 10 | 0.700 (0.397, 0.892) | 0.200 (0.100, 0.300) |",
        "| theirs | in | 200 | 0.950 (0.910, 0.973) |",
        "| lower limb | out | 40 | 0.100 (0.040, 0.231) |",
        "Casts go together with fractures.",
        "- Children were not seen in training.",
        "train --preset mura --data csv=ours.csv --out RUN --weights none",
        "Seeds: 1 for the fit, 1 for the division of the images.",
        "torch 2",
        "python 3.11",
    ):
        assert words in card
    assert "/some/where" not in card
    assert str(tmp_path) not in card
    again = tmp_path / "again"
    run("export", "--run", measured_run.path, "--about", about, "--to", again, "--version", "1")
    assert (again / "MODEL_CARD.md").read_text(encoding="utf-8") == card


def test_a_card_without_localisation_and_scope_has_no_empty_sections(measured_run, tmp_path):
    told = Description("", "Use.", ("Limit.",), (Source("ours", "L", "C"),))
    export_run(measured_run, tmp_path / "bundle", "1", told)
    card = (tmp_path / "bundle" / "MODEL_CARD.md").read_text(encoding="utf-8")
    for words in ("heat map points", "abstains", "Shortcuts in the data"):
        assert words not in card


def test_what_is_missing_is_named_all_at_once(fitted_run, tmp_path):
    fitted_run.write_config(replace(fitted_run.read_config(), weights="/some/where/first.pth"))
    output = run(
        "export", "--run", fitted_run.path, "--to", tmp_path / "b", "--version", "1", status=1
    )
    for words in (
        'licence and citation of ours ([[data]] with cohort = "ours")',
        "where the first weights came from",
        "metrics: measure it",
        "intended use: what the model is for",
        "limitations: what the model cannot do",
    ):
        assert words in output
    assert not (tmp_path / "b").exists()


def test_a_run_that_does_not_say_what_it_learnt_on_is_refused(measured_run, about, tmp_path):
    (measured_run.path / "cohorts.json").unlink()
    output = run(
        "export", "--run", measured_run.path, "--about", about, "--to", tmp_path / "b",
        "--version", "1", status=1,
    )  # fmt: skip
    assert "does not say what it was fitted on" in output


def test_known_cohorts_and_weights_need_no_description(measured_run, tmp_path):
    measured_run.write_config(replace(measured_run.read_config(), weights="torchvision"))
    samples = [
        Sample(str(number), "FracAtlas", abnormal=False, drawn=False, plain=True, read=np.zeros)
        for number in range(3)
    ]
    measured_run.write_cohorts({Part.TRAINING: samples, Part.VALIDATION: []})
    run(
        "export", "--run", measured_run.path, "--to", tmp_path / "b", "--version", "1",
        "--intended-use", "Tests.", "--limitation", "None known.",
    )  # fmt: skip
    bundle = read_bundle(tmp_path / "b").bundle
    assert [(each.name, each.role) for each in bundle.training_data] == [
        ("FracAtlas", "training"),
        ("ImageNet", "initial weights"),
    ]
    assert bundle.regions == tuple(Region)


def test_a_model_for_regions_that_the_node_does_not_assess_is_refused(measured_run, tmp_path):
    samples = [
        Sample("1", "LERA", abnormal=False, drawn=False, plain=True, read=np.zeros, region="KNEE")
    ]
    measured_run.write_cohorts({Part.TRAINING: samples, Part.VALIDATION: []})
    output = run(
        "export", "--run", measured_run.path, "--to", tmp_path / "b", "--version", "1",
        "--intended-use", "Tests.", "--limitation", "None known.", status=1,
    )  # fmt: skip
    assert "the training showed KNEE, but the node assesses ELBOW" in output


def test_an_exported_run_carries_its_calibration(measured_run, about, tmp_path):
    digest = hashlib.sha256(measured_run.weights_path.read_bytes()).hexdigest()
    operation = Operation(
        "By hand.",
        {"WRIST": Calibration(0.5, 0.1), "KNEE": Calibration(), OVERALL: Calibration(2.0)},
        {"WRIST": 0.3, "KNEE": 0.6, OVERALL: 0.4},
        (),
        digest,
    )
    write_operation(measured_run.path, operation)
    arguments = ("export", "--run", measured_run.path, "--about", about, "--to", tmp_path / "b")
    run(*arguments, "--version", "1.0.0")
    bundle = read_bundle(tmp_path / "b").bundle
    assert bundle.calibration(Region.WRIST) == Calibration(0.5, 0.1)
    assert bundle.operating_point(Region.WRIST) == 0.3  # and nothing of what is out of scope
    card = (tmp_path / "b" / "MODEL_CARD.md").read_text(encoding="utf-8")
    assert "## Calibration and operating points of version 1.0.0" in card
    assert "| Wrist | 0.500 |" in card
    assert "Knee" not in card.partition("## Calibration")[2]
    # What was measured before is still told, but as such.
    assert all("before calibration" in metric.cohort for metric in bundle.metrics)

    stale = replace(read_operation(measured_run.path), weights_sha256="0" * 64)
    write_operation(measured_run.path, stale)
    assert "calibrate again" in run(*arguments, "--version", "2", status=1)


def test_the_commands_of_a_run_name_no_folder_of_the_machine(measured_run):
    config, evidence = measured_run.read_config(), read_evidence(measured_run.path)
    [bundled] = training_commands(replace(config, cohorts=()), evidence, "7")
    assert "bundled --fracatlas FRACATLAS --weights WEIGHTS --out OUT --version 7" in bundled
    assert f"--architecture {config.architecture} --size {config.preprocessing.size}" in bundled
    drawn = replace(config, split_seed=5, plan=replace(config.plan, localisation=0.5))
    [train, evaluate, export] = training_commands(drawn, evidence, "7")
    assert "--split-seed 5 --localisation 0.5" in train
    assert evaluate.endswith("# theirs all")
    assert export.endswith("--version 7")
    other = replace(config, plan=replace(config.plan, averaging=0.5), weights="/a/b/c.pth")
    assert "--preset PRESET" in training_commands(other, evidence, "7")[0]
    assert "--weights c.pth" in training_commands(other, evidence, "7")[0]


def test_a_description_is_toml_or_json(tmp_path, about):
    told = read_description(about)
    assert told.sources == (
        Source("ours", "Approval 12/34", "Department of Radiology", "Our hospital, 2026"),
    )
    path = tmp_path / "about.json"
    stored = {"intended_use": "Use.", "regions": ["HAND"], "limitations": ["A", "B"]}
    path.write_text(json.dumps(stored))
    assert read_description(path) == Description("", "Use.", ("A", "B"), (), (Region.HAND,))


@pytest.mark.parametrize(
    ("text", "cause"),
    [
        ("name = 3", "name is a text"),
        ("use = 'x'", "use: no such key; there are caveats"),
        ("regions = ['KNEE']", "regions are some of ELBOW"),
        ("limitations = 'one'", "limitations is a list of texts"),
        ("data = 'x'", "data is a list of tables"),
        ("[[data]]\ncohort = 'x'\nlicence = 'y'", "an entry of data needs citation"),
        ("name = ", "about.toml: "),
    ],
)
def test_a_wrong_description_is_explained(tmp_path, text, cause):
    path = tmp_path / "about.toml"
    path.write_text(text)
    with pytest.raises(ValueError, match=cause):
        read_description(path)
    path = tmp_path / "about.json"
    path.write_text("[]")
    with pytest.raises(ValueError, match=r"about\.json: it has no keys"):
        read_description(path)
