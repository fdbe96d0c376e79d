"""`bundled`: from images and first weights to the bundle and its whole card, in small."""

import json
import shutil
from collections import Counter

import numpy as np
import pytest
import torch
from click.testing import CliRunner

from model_training import bundled_command
from model_training.bundled_recipe import RECIPE, command_of
from model_training.cohorts.synthetic_studies import FRESH, findings
from model_training.commands import main
from model_training.evaluation.evidence import read_evidence
from model_training.evaluation.operation import read_operation
from tests.fakes.bundle import make_bundle
from triage_agent.adapters.torch_inference.bundle_files import read_bundle
from triage_agent.domain.region import Region
from triage_agent.infer.network import build_network

SMALL = "shufflenet_v2_x0_5"


@pytest.fixture
def first_weights(tmp_path):
    torch.manual_seed(1)
    state = build_network(SMALL).model.state_dict()
    path = tmp_path / "weights.npz"
    np.savez(path, **{name: value.numpy() for name, value in state.items()})
    return path


@pytest.fixture
def outlined_fracatlas(small_fracatlas):
    """The small FracAtlas with the outlines of its fractures, and with its lower limbs."""
    fractured = range(0, 480, 3)
    document = {
        "images": [
            {"id": n, "file_name": f"IMG{n:07d}.jpg", "width": 4, "height": 6} for n in fractured
        ],
        "annotations": [
            {"image_id": n, "segmentation": [[0.5, 0.5, 2.5, 0.5, 2.5, 3.5]]} for n in fractured
        ],
    }
    (small_fracatlas / "fracture_masks_coco.json").write_text(json.dumps(document))
    shutil.copytree(small_fracatlas / "images", small_fracatlas / "out_of_scope_lower_limb")
    return small_fracatlas


# Compiling alone takes a busy machine minutes; it takes an idle one seconds.
@pytest.mark.timeout(900)
def test_one_command_makes_the_bundle_and_its_card(outlined_fracatlas, first_weights, tmp_path):
    out = tmp_path / "out"
    arguments = [
        "bundled", "--fracatlas", outlined_fracatlas, "--weights", first_weights, "--out", out,
        "--version", "9.8.7", "--threads", 1, "--architecture", SMALL, "--size", 32,
        "--epochs", 1, "--synthetic-pairs", 1, "--slipped-pairs", 1, "--hand-pairs", 1,
        "--operating-studies", 42,
        "--test-subjects", 1, "--test-studies", 6, "--localised-subjects", 1,
    ]  # fmt: skip
    outcome = CliRunner().invoke(main, list(map(str, arguments)))
    assert outcome.exit_code == 0, outcome.output

    evidence = read_evidence(out / "run")
    cohorts = {each.cohort: each for each in evidence.measured}
    assert list(cohorts) == [
        "FracAtlas test",
        "FracAtlas test: small, single view, no hardware",
        "synthetic images of the test part",
        "synthetic studies",
    ]
    assert cohorts["synthetic studies"].unit == "studies"
    assert {metric.images for metric in cohorts["synthetic studies"].metrics} == {6}
    assert cohorts["FracAtlas test"].unit == "images"
    assert [each.cohort for each in evidence.pointed] == [
        "synthetic images of the test part",
        "FracAtlas test",
    ]

    assert [(each.cohort, each.images) for each in evidence.paired] == [
        (each.cohort, each.metrics[0].images) for each in evidence.measured[:2]
    ]
    for pair, measured in zip(evidence.paired, evidence.measured, strict=False):
        assert pair.auc == pytest.approx(next(m.value for m in measured.metrics if m.name == "auc"))

    abnormal = findings(6, FRESH)
    assert len(abnormal) == 3
    assert {each.finding: each.studies for each in evidence.found} == Counter(abnormal.values())

    assert any(share.in_scope for share in evidence.scope)
    assert any(share.name.startswith("FracAtlas lower limb") for share in evidence.scope)

    loaded = read_bundle(out / "bundle")
    assert loaded.bundle.scope_gate is not None
    operation = read_operation(out / "run")
    assert loaded.bundle.operating_point(Region.HAND) == operation.operating_points["Overall"]
    assert {metric.cohort for metric in loaded.bundle.metrics} == set(cohorts)
    assert all((out / "bundle" / name).exists() for name in ("compiled.json", "compiled.onnx"))

    card = (out / "bundle" / "MODEL_CARD.md").read_text(encoding="utf-8")
    for words in (
        "RESEARCH USE ONLY. NOT FOR DIAGNOSTIC USE.",
        "10.1038/s41597-023-02432-4",
        "| ImageNet | initial weights |",
        "| synthetic studies | 6 studies |",
        "### Against a linear probe",
        f"| {evidence.found[0].finding} | {evidence.found[0].studies} |",
        "## Whether its heat map points at the abnormality",
        "## What it abstains from",
        "versions 0.1 to 0.4 were measured",
        "hardware is present only where there was a fracture",
        "largest sensitivity + specificity on validation images",
        f"--weights WEIGHTS --out OUT --version 9.8.7 --architecture {SMALL} --size 32 --epochs 1",
    ):
        assert words in card
    assert str(tmp_path) not in card


def test_the_recipe_is_the_command_without_options():
    command = "python -m model_training bundled --fracatlas FRACATLAS --weights WEIGHTS --out OUT"
    assert command_of(RECIPE) == command


def test_without_options_the_recipe_is_followed(small_fracatlas, first_weights, monkeypatch):
    made = []

    def make(recipe, *_, **__):
        made.append(recipe)
        return make_bundle()

    monkeypatch.setattr(bundled_command, "make_bundled", make)
    arguments = ["bundled", "--fracatlas", small_fracatlas, "--weights", first_weights]
    outcome = CliRunner().invoke(main, [*map(str, arguments), "--out", "out"])
    assert outcome.exit_code == 0, outcome.output
    assert made == [RECIPE]


def test_what_can_be_mended_is_said_in_one_line(small_fracatlas, tmp_path):
    np.savez(tmp_path / "other.npz", nothing=np.zeros(1))
    arguments = [
        "bundled", "--fracatlas", small_fracatlas, "--weights", tmp_path / "other.npz",
        "--out", tmp_path / "out", "--architecture", SMALL, "--synthetic-pairs", 1,
        "--slipped-pairs", 1, "--hand-pairs", 1,
    ]  # fmt: skip
    outcome = CliRunner().invoke(main, list(map(str, arguments)))
    assert outcome.exit_code == 1
    assert "other.npz does not fit" in outcome.output
