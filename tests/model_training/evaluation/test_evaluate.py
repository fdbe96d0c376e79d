"""`evaluate`: from a cohort to tables, plots and what the card needs."""

import csv
import re
import shutil
from dataclasses import replace

import pytest
from click.testing import CliRunner

from model_training.cohorts.kinds import cohort_samples
from model_training.commands import main
from model_training.evaluation.evidence import read_evidence, weights_sha256
from model_training.evaluation.figures import OVERALL
from model_training.evaluation.operation import Operation, write_operation
from model_training.evaluation.predictions import read_predictions
from model_training.evaluation.published import PUBLISHED
from model_training.run_folder import RunFolder
from tests.model_training.conftest import learn
from tests.model_training.evaluation.conftest import write_picture
from triage_agent.infer.scores import Calibration

REGIONS = ("HAND", "WRIST")


def run(*arguments, status=0):
    outcome = CliRunner().invoke(main, [str(each) for each in arguments])
    assert outcome.exit_code == status, outcome.output
    return outcome.output


@pytest.fixture
def small_mura(tmp_path):
    """Eight studies, in the form of MURA-v1.1, in each of its lists."""
    folder = tmp_path / "MURA-v1.1"
    for part in ("train", "valid"):
        images, labels = [], []
        for number in range(8):
            patient = f"patient{number + 100 * (part == 'valid')}"
            label = "positive" if number % 4 < 2 else "negative"
            study = f"MURA-v1.1/{part}/XR_{REGIONS[number % 2]}/{patient}/study1_{label}"
            write_picture(tmp_path / study / "image1.png", number)
            images.append(f"{study}/image1.png\n")
            labels.append(f"{study}/,{int(label == 'positive')}\n")
        (folder / f"{part}_image_paths.csv").write_text("".join(images))
        (folder / f"{part}_labeled_studies.csv").write_text("".join(labels))
    return folder


def recalls(folder):
    with (folder / "figures-by-model.csv").open(newline="") as opened:
        return {row["Model"]: float(row["Recall"]) for row in csv.DictReader(opened)}


def test_one_command_prints_and_writes_all_figures(fitted_run, table, tmp_path):
    out = tmp_path / "out"
    output = run(
        "evaluate", "--model", fitted_run.path, "--csv", table, "--part", "all", "--out", out,
        "--threads", 1,
    )  # fmt: skip
    for words in ("MURA, Table 2", "MuRAD, Table 3", "AUROC", "ECE", "| Overall |"):
        assert words in output
    assert "(published)" not in output
    assert "MuRAD, Table 4" in (out / "report.md").read_text(encoding="utf-8")
    names = {path.name for path in out.iterdir()}
    assert names >= {
        "kappa-by-region.csv", "figures-by-model.csv", "figures-by-study-type-1-run.csv",
        "all-figures.csv", "roc.png", "precision-recall.png", "reliability.png",
        "confusion-1-run.png", "scores-1.csv",
    }  # fmt: skip
    assert "delong.csv" not in names
    assert len(read_predictions(out / "scores-1.csv")) == 24

    [measured] = read_evidence(fitted_run.path).measured
    assert (measured.cohort, measured.unit) == ("theirs all", "studies")
    assert {metric.images for metric in measured.metrics} == {12}
    assert set(measured.by_region) == set(REGIONS)
    assert 0 < measured.calibration_error < 1


def test_published_figures_stand_beside_a_folder_of_the_form_of_mura(
    fitted_run, small_mura, tmp_path
):
    arguments = ("evaluate", "--model", fitted_run.path, "--mura", small_mura, "--threads", 1)
    output = run(*arguments, "--part", "valid", "--out", tmp_path / "out")
    for each in PUBLISHED:
        assert f"{each.name} (published)" in output
    assert "arXiv 1712.06957" in output
    rows = (tmp_path / "out" / "kappa-by-region.csv").read_text().splitlines()
    assert [row.split(",")[0] for row in rows[1:]] == ["Hand", "Wrist", "Overall"]
    assert rows[1].endswith(",,0.851,")
    assert rows[3].endswith(",0.778,,0.699")
    # The test part of a training is what MURA calls valid: nothing is measured twice.
    run(*arguments, "--out", tmp_path / "again")
    assert [each.cohort for each in read_evidence(fitted_run.path).measured] == ["MURA-v1.1 valid"]


def test_several_models_are_compared_by_their_own_operating_points(fitted_run, table, tmp_path):
    out = tmp_path / "out"
    weights = fitted_run.weights_path.read_bytes()
    other = tmp_path / "other"
    other.mkdir()
    for path in fitted_run.path.iterdir():
        (other / path.name).write_bytes(path.read_bytes())
    digest = weights_sha256(other)
    points = Operation("By hand.", {OVERALL: Calibration(1.0, 0.1)}, {OVERALL: 0.001}, (), digest)
    write_operation(other, points)
    common = (
        "evaluate", "--model", f"one={fitted_run.path}", "--model", f"two={other}",
        "--csv", table, "--part", "all", "--out", out, "--threads", 1,
    )  # fmt: skip
    assert "DeLong" in run(*common)
    assert recalls(out)["two"] == 1.0
    assert {each.operating_point for each in read_predictions(out / "scores-2.csv")} == {0.001}

    before = read_evidence(other)
    run(*common, "--threshold", 0.999)
    assert recalls(out) == {"one": 0.0, "two": 0.0}
    assert read_evidence(other) == before
    assert fitted_run.weights_path.read_bytes() == weights


@pytest.mark.parametrize("command", ["evaluate", "score"])
def test_unreadable_images_stop_it_or_are_named(fitted_run, table, tmp_path, command):
    (tmp_path / "images" / "3-1.png").unlink()
    (tmp_path / "images" / "5-0.png").write_bytes(b"no picture")
    out = tmp_path / ("out" if command == "evaluate" else "out.csv")
    common = (
        command, "--model", fitted_run.path, "--csv", table, "--part", "all", "--out", out,
        "--threads", 1,
    )  # fmt: skip
    assert "3-1.png: is not there" in run(*common, status=1)
    output = run(*common, "--on-error", "skip")
    assert "3-1.png: is not there" in output
    assert "5-0.png: cannot be read" in output
    assert "2 of 24 images were left out" in output
    scores = read_predictions(out / "scores-1.csv" if command == "evaluate" else out)
    assert len(scores) == 22


def test_nothing_is_measured_of_no_image(fitted_run, table, tmp_path):
    for path in (tmp_path / "images").iterdir():
        path.unlink()
    output = run(
        "score", "--model", fitted_run.path, "--csv", table, "--on-error", "skip",
        "--out", tmp_path / "p.csv", "--threads", 1, status=1,
    )  # fmt: skip
    assert "none of the images can be read" in output


def test_images_that_were_fitted_on_are_no_evidence(fitted_run, table, tmp_path):
    learn(cohort_samples([f"csv={table}"], 1), fitted_run)
    common = ("evaluate", "--model", fitted_run.path, "--csv", table, "--threads", 1)
    for part in ("training", "all"):
        output = run(*common, "--part", part, "--out", tmp_path / part)
        assert re.search(r"Not kept for the model card of run: it learnt from \d+ of these", output)
    assert read_evidence(fitted_run.path).measured == ()


def test_evidence_says_when_it_was_measured_otherwise(fitted_run, table, tmp_path):
    common = ("evaluate", "--model", fitted_run.path, "--csv", table, "--part", "all")
    run(*common, "--out", tmp_path / "out", "--threads", 1)
    digest = weights_sha256(fitted_run.path)
    write_operation(
        fitted_run.path, Operation("", {OVERALL: Calibration()}, {OVERALL: 0.4}, (), digest)
    )
    [earlier] = read_evidence(fitted_run.path).measured
    assert "before calibration" in earlier.cohort
    assert all(metric.cohort == earlier.cohort for metric in earlier.metrics)
    run(*common, "--out", tmp_path / "out", "--threads", 1)
    [again] = read_evidence(fitted_run.path).measured
    assert again.cohort == "theirs all"
    fitted_run.weights_path.write_bytes(fitted_run.weights_path.read_bytes() + b" ")
    assert read_evidence(fitted_run.path).measured == ()
    output = run(*common, "--out", tmp_path / "out", "--threads", 1, status=1)
    assert "run was calibrated with other weights: calibrate again" in output


def test_damaged_evidence_is_named(fitted_run):
    (fitted_run.path / "evidence.json").write_text("{}")
    with pytest.raises(ValueError, match=r"evidence\.json is damaged"):
        read_evidence(fitted_run.path)


@pytest.mark.parametrize(
    ("arguments", "status", "cause"),
    [
        ((), 2, "Give one of --mura"),
        (("--csv", "TABLE", "--synthetic", 3), 2, "Give one of --mura"),
        (("--csv", "TABLE", "--part", "valid"), 1, "one of MURA's lists"),
    ],
)
def test_impossible_choices_are_explained(fitted_run, table, arguments, status, cause):
    given = [table if each == "TABLE" else each for each in arguments]
    common = ("evaluate", "--model", fitted_run.path, "--out", table.parent / "out")
    assert cause in run(*common, *given, status=status)


@pytest.mark.parametrize(
    ("models", "cause"),
    [(("RUN", "RUN"), "two models are named run"), (("nowhere",), "write FOLDER or NAME=FOLDER")],
)
def test_models_need_names_of_their_own(fitted_run, table, tmp_path, models, cause):
    given = [fitted_run.path if each == "RUN" else each for each in models]
    named = [part for each in given for part in ("--model", each)]
    output = run("evaluate", *named, "--csv", table, "--out", tmp_path / "out", status=1)
    assert cause in output


def test_runs_that_divided_their_images_otherwise_are_not_judged_together(
    fitted_run, table, small_mura, tmp_path
):
    other = tmp_path / "other"
    shutil.copytree(fitted_run.path, other)
    RunFolder(other).write_config(replace(fitted_run.read_config(), split_seed=8))
    common = (
        "evaluate", "--model", fitted_run.path, "--model", other, "--threads", 1,
        "--out", tmp_path / "out",
    )  # fmt: skip
    assert "different seeds" in run(*common, "--csv", table, status=1)
    run(*common, "--csv", table, "--split-seed", 3)
    run(*common, "--mura", small_mura, "--part", "valid")


def test_synthetic_studies_have_one_label_and_several_views(fitted_run, tmp_path):
    run(
        "score", "--model", fitted_run.path, "--synthetic", 6, "--out", tmp_path / "p.csv",
        "--threads", 1,
    )  # fmt: skip
    rows = read_predictions(tmp_path / "p.csv")
    labels = {row.study: row.label for row in rows}
    assert len(labels) == 6
    assert sum(labels.values()) == 3
    assert all(row.label == labels[row.study] for row in rows)
    assert len(rows) > 6
