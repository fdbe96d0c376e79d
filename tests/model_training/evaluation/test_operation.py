"""Calibrations and operating points on their way into runs and bundles."""

import hashlib
import json
import shutil
from dataclasses import replace

import numpy as np
import pytest
from click.testing import CliRunner

from model_training.commands import main
from model_training.evaluation.calibrating import with_section
from model_training.evaluation.figures import OVERALL
from model_training.evaluation.operation import (
    BEFORE,
    Operation,
    read_operation,
    with_operation,
    write_operation,
)
from model_training.evaluation.predictions import write_predictions
from model_training.evaluation.scaling import Scaling
from model_training.evaluation.threshold import by_sensitivity, by_youden
from model_training.evaluation.tuning import measure_at, metrics_at, tune, tuning_table
from model_training.run_folder import RunFolder
from triage_agent.adapters.torch_inference.bundle_files import BUNDLED_FOLDER, read_bundle
from triage_agent.domain.region import Region
from triage_agent.infer.scores import Calibration


def run(*arguments, status=0):
    outcome = CliRunner().invoke(main, [str(each) for each in arguments])
    assert outcome.exit_code == status, outcome.output
    return outcome.output


@pytest.fixture
def bundle_folder(tmp_path):
    return shutil.copytree(BUNDLED_FOLDER, tmp_path / "bundle")


@pytest.fixture
def validation(tmp_path, draw):
    path = tmp_path / "validation.csv"
    write_predictions(path, draw(5, images=2, spread=3.0))
    return path


def operation(weights_sha256="0" * 64, **regions):
    calibrations = {region: Calibration(0.5, 0.1) for region in regions}
    return Operation(
        "By hand.",
        {**calibrations, OVERALL: Calibration(2.0)},
        {**regions, OVERALL: 0.4},
        (),
        weights_sha256,
    )


def test_thresholds_are_chosen_on_calibrated_probabilities(several_images):
    tuned = tune(several_images, Scaling.PLATT, by_sensitivity(0.9))
    for region, point in tuned.points.items():
        assert point.sensitivity.value >= 0.9, region
    assert tuned.points["HAND"] != tuned.points[OVERALL]
    assert not np.allclose(tuned.before.probabilities, tuned.after.probabilities)


def test_regions_with_few_studies_share_a_threshold(several_images):
    tuned = tune(several_images, Scaling.PLATT, by_youden(), fewest=21)
    assert set(tuned.thresholds().values()) == {tuned.points[OVERALL].threshold}
    rows = {row[0]: row for row in tuning_table(tuned).rows}
    assert rows["Hand"][2] == "all regions"
    # What the shared threshold does to the hands, not to everybody.
    assert rows["Hand"][10] != rows["Overall"][10]
    assert rows["Hand"][1] == 50


def test_expected_flags_follow_the_prevalence(several_images):
    tuned = tune(several_images, Scaling.NONE, by_youden(), fewest=1000)
    flagged = 100 * np.mean(tuned.after.probabilities > tuned.points[OVERALL].threshold)
    assert tuning_table(tuned).rows[-1][-1] == pytest.approx(flagged)
    found = measure_at(several_images, tuned.thresholds())
    normal_only = tuning_table(tuned, prevalence=0.0).rows[-1][-1]
    assert normal_only == pytest.approx(100 * (1 - found.specificity.value))


def test_each_study_is_judged_at_its_regions_threshold(scores):
    never = {"HAND": 0.999999, OVERALL: 0.000001}
    found = measure_at(scores, never)
    hands = np.array(scores.regions) == "HAND"
    assert found.confusion.false_negative == (hands & scores.labels).sum()
    assert found.confusion.true_negative == (hands & ~scores.labels).sum()
    names = [metric.name for metric in metrics_at("some", scores, never)]
    assert names[0] == "auc"
    assert "f1" in names


def test_an_operation_survives_writing_and_reading(tmp_path, scores):
    written = replace(operation(HAND=0.3), metrics=metrics_at("some", scores, {OVERALL: 0.5}))
    assert read_operation(tmp_path) is None
    write_operation(tmp_path, written)
    assert read_operation(tmp_path) == written
    (tmp_path / "operation.json").write_text(json.dumps({"rule": ""}))
    with pytest.raises(ValueError, match="damaged"):
        read_operation(tmp_path)
    with pytest.raises(ValueError, match="regions it does not name"):
        Operation("", {}, {}, (), "")


def test_a_bundle_takes_what_holds_for_its_regions():
    bundle = read_bundle(BUNDLED_FOLDER).bundle
    changed = with_operation(bundle, operation(bundle.weights_sha256, hand=0.3, UNKNOWN=0.9))
    assert changed.operating_point(Region.HAND) == 0.3
    assert changed.calibration(Region.HAND) == Calibration(0.5, 0.1)
    assert changed.operating_point(Region.WRIST) == 0.4
    assert changed.calibration(Region.WRIST) == Calibration(2.0)
    assert all(metric.cohort.endswith(BEFORE) for metric in changed.metrics)
    again = with_operation(changed, operation(bundle.weights_sha256))
    assert again.metrics == changed.metrics
    with pytest.raises(ValueError, match="KNEE: not in the scope"):
        with_operation(bundle, operation(bundle.weights_sha256, KNEE=0.3))
    with pytest.raises(ValueError, match="other weights"):
        with_operation(bundle, operation())


def test_a_card_has_one_section_on_calibration():
    once = with_section("# Card\n", operation(HAND=0.3), "2")
    twice = with_section(once, operation(HAND=0.25), "3")
    assert twice.startswith("# Card\n\n## Calibration")
    assert twice.count("## Calibration and operating points") == 1
    assert "of version 3" in twice
    assert "| Hand | 0.500 | 0.100 | 0.250 |" in twice


def test_calibrate_changes_a_bundle(bundle_folder, validation, tmp_path, draw):
    write_predictions(tmp_path / "test.csv", draw(7, spread=3.0))
    before = read_bundle(bundle_folder).bundle
    output = run(
        "calibrate", "--predictions", validation, "--test", tmp_path / "test.csv",
        "--threshold-by", "budget", "--flags", 40, "--prevalence", 0.3,
        "--to", bundle_folder, "--version", "9.0.0",
    )  # fmt: skip
    assert "| Hand | 50 | its own |" in output
    after = read_bundle(bundle_folder).bundle
    assert (after.version, after.weights_sha256) == ("9.0.0", before.weights_sha256)
    assert set(after.calibrations) == set(after.operating_points) == set(after.regions)
    assert after.calibration(Region.HAND).slope < 0.9
    assert after.calibration(Region.FINGER) != after.calibration(Region.HAND)
    cohorts = list(dict.fromkeys(metric.cohort for metric in after.metrics))
    assert cohorts[0] == "unseen studies, calibrated"
    assert "chosen on" in cohorts[1]
    card = (bundle_folder / "MODEL_CARD.md").read_text(encoding="utf-8")
    assert "at most 40 flags per 100 studies at a prevalence of 0.3" in card
    assert "RESEARCH USE ONLY" in card


def test_a_changed_bundle_needs_a_new_version(bundle_folder, validation):
    before = read_bundle(bundle_folder).bundle
    version = before.version
    common = ("calibrate", "--predictions", validation, "--to", bundle_folder)
    assert "new --version" in run(*common, status=1)
    assert "is taken" in run(*common, "--version", version, status=1)
    assert "--flags and --prevalence" in run(*common, "--threshold-by", "budget", status=1)
    assert read_bundle(bundle_folder).bundle == before


def test_calibrate_leaves_its_results_in_a_run(validation, tmp_path):
    folder = tmp_path / "run"
    folder.mkdir()
    weights = RunFolder(folder).weights_path
    weights.write_bytes(b"weights")
    run(
        "calibrate", "--predictions", validation, "--scaling", "temperature",
        "--threshold-by", "sensitivity", "--sensitivity", 0.9, "--to", folder,
    )  # fmt: skip
    kept = read_operation(folder)
    assert kept.weights_sha256 == hashlib.sha256(b"weights").hexdigest()
    assert {each.intercept for each in kept.calibrations.values()} == {0.0}
    assert "sensitivity of at least 0.9" in kept.rule
    assert (folder / "calibration.csv").read_text().startswith("Region,Studies")


def test_compare_writes_a_report(validation, tmp_path, draw):
    lines = ["study,reader,label"]
    for row in draw(5):
        for reader in ("A", "B", "C", "D"):
            wrong = reader == "D" and row.study.endswith("7")
            lines.append(f"{row.study},{reader},{int(row.label ^ wrong)}")
    readers = tmp_path / "readers.csv"
    readers.write_text("\n".join(lines))
    gold = ("--gold", "A", "--gold", "B", "--gold", "C")
    out = tmp_path / "report"
    common = ("compare", "--model", f"mine={validation}", "--out", out)
    run(*common, "--readers", readers, *gold)
    report = (out / "report.md").read_text(encoding="utf-8")
    assert "| Region | D | mine |" in report
    assert "3 different readers" in run(*common, "--readers", readers, status=1)
    assert "NAME=CSV" in run("compare", "--model", "mine", "--out", out, status=1)
    twice = ("--model", f"mine={validation}")
    assert "same name" in run(*common, *twice, status=1)
