"""Nobody whom a training learnt from is judged as unseen."""

import csv
from dataclasses import replace

import pytest
from click.testing import CliRunner

from model_training.cohorts.fracatlas import fracatlas
from model_training.cohorts.kinds import cohort_samples
from model_training.cohorts.mura import mura, mura_part
from model_training.cohorts.sample import Part
from model_training.cohorts.subjects import LEARNT, learnt_of, marks_of, met_again
from model_training.commands import main
from model_training.evaluation.unseen import not_unseen, refuse_leaks
from model_training.fit_plan import FitPlan
from model_training.run_folder import RunConfig, RunFolder
from model_training.training import run_training
from model_training.watchers import Silence
from tests.model_training.conftest import learn, unread
from tests.model_training.evaluation.conftest import write_picture


@pytest.fixture
def samples():
    """Images of patients a to f, two of each, in three parts."""
    patients = {Part.TRAINING: "abcd", Part.VALIDATION: "e", Part.TEST: "f"}
    return {
        part: [
            replace(
                unread(f"{patient}{number}", abnormal=number == 0),
                patient=patient,
                names_patients=True,
            )
            for patient in names
            for number in range(2)
        ]
        for part, names in patients.items()
    }


@pytest.fixture
def trained(samples, tmp_path):
    folder = RunFolder(tmp_path / "run")
    learn(samples, folder)
    return folder.path


def test_what_was_learnt_from_is_known_again(samples, trained):
    assert not not_unseen(marks_of(samples[Part.TEST]), trained)
    for part in (Part.TRAINING, Part.VALIDATION):
        count = len(samples[part])
        assert f"learnt from {count} of these {count} images" in not_unseen(
            marks_of(samples[part]), trained
        )
    numbers = [
        replace(each, cohort="theirs", names_patients=False) for each in samples[Part.TRAINING]
    ]
    assert not not_unseen(marks_of(numbers), trained)  # "a" is somebody else in their list


def test_what_is_not_recorded_is_not_taken_for_unseen(samples, tmp_path):
    assert "does not say" in not_unseen(marks_of(samples[Part.TEST]), tmp_path)
    refuse_leaks(marks_of(samples[Part.TEST]), "test", [tmp_path])


@pytest.mark.parametrize("name", ["test", "valid", "validation"])
def test_another_image_of_a_patient_who_was_fitted_on_is_refused(samples, trained, name):
    other = replace(samples[Part.TRAINING][0], name="another", study="later")
    with pytest.raises(ValueError, match=r"from 1 of these 3 images, or from their patients: --sp"):
        refuse_leaks(marks_of([*samples[Part.TEST], other]), name, [trained])


def test_each_part_may_be_judged_as_what_it_is(samples, trained):
    refuse_leaks(marks_of(samples[Part.VALIDATION]), "validation", [trained])
    with pytest.raises(ValueError, match="2 of these 2"):
        refuse_leaks(marks_of(samples[Part.VALIDATION]), "test", [trained])
    everything = [each for part in samples.values() for each in part]
    for name in ("training", "train", "all"):
        refuse_leaks(marks_of(everything), name, [trained])


def pictures(folder, seeds):
    """Images on the disk whose names and patients are those of every such folder."""
    files = [folder / f"{number}.png" for number in range(len(seeds))]
    for path, seed in zip(files, seeds, strict=True):
        write_picture(path, seed)
    return [
        replace(unread(path.name, abnormal=True), patient=f"patient{number}", file=path)
        for number, path in enumerate(files)
    ]


def test_an_image_is_known_by_its_bytes_and_not_by_the_name_of_its_list(tmp_path):
    learnt = pictures(tmp_path / "learnt", range(4))
    folder = RunFolder(tmp_path / "run")
    learn({Part.TRAINING: learnt, Part.VALIDATION: []}, folder)
    assert not not_unseen(marks_of(pictures(tmp_path / "fresh", range(10, 14))), folder.path)
    copied = [replace(each, cohort="renamed", name=f"x{each.name}") for each in learnt[:1]]
    moved = pictures(tmp_path / "moved", (20, 3))
    for again, count in ((copied, 1), (moved, 1), (learnt, 4)):
        assert f"from {count} of these {len(again)} images" in not_unseen(
            marks_of(again), folder.path
        )
        with pytest.raises(ValueError, match=f"learnt from {count} of these"):
            refuse_leaks(marks_of(again), "test", [folder.path])


def test_what_a_list_has_twice_is_told_and_refuses_nothing(drawn_mura, tiny_spec, tmp_path):
    samples = mura(drawn_mura, 1, validation_share=0.3)
    twice = replace(samples[Part.TRAINING][0], name="twice", patient="patient0")
    samples[Part.TEST] = [*mura_part(drawn_mura, "valid"), twice]
    told, run = [], RunFolder(tmp_path / "run")
    plan = FitPlan(epochs=1, batch=8, reduced_precision=False)
    config = RunConfig("shufflenet_v2_x0_5", tiny_spec, plan, synthetic_pairs=0)
    run_training(config, samples, "none", run, watcher=Silence(), report=told.append)
    assert told[0].startswith("1 images of the test part are in training or validation too")
    refuse_leaks(marks_of([twice]), "test", [run.path])
    with pytest.raises(ValueError, match="learnt from 1 of these 1"):
        refuse_leaks(marks_of(samples[Part.TRAINING][1:2]), "test", [run.path])


def test_a_patient_on_two_sides_of_two_lists_is_no_double(samples):
    patient = replace(samples[Part.TRAINING][0], cohort="theirs", name="later")
    learnt = learnt_of({**samples, Part.TEST: [patient]})
    assert learnt.doubles == frozenset()
    assert met_again(marks_of([patient]), learnt, LEARNT) == 1


@pytest.mark.parametrize("command", ["localise", "scope"])
def test_figures_of_other_commands_are_of_unseen_images_too(fitted_run, small_fracatlas, command):
    test = fracatlas(small_fracatlas, 1)[Part.TEST]
    learn({Part.TRAINING: test, Part.VALIDATION: []}, fitted_run)
    if command == "scope":
        config = replace(fitted_run.read_config(), cohorts=(f"fracatlas={small_fracatlas}",))
        fitted_run.write_config(config)
        arguments = ["scope", "--run", fitted_run.path]
    else:
        arguments = ["localise", "--model", fitted_run.path, "--synthetic", 0]
        arguments += ["--fracatlas", small_fracatlas]
    refused = CliRunner().invoke(main, [str(each) for each in (*arguments, "--threads", 1)])
    assert refused.exit_code == 1
    assert f"learnt from {len(test)} of these {len(test)} images" in refused.output


@pytest.mark.parametrize("change", ["rows", "seed", "name"])
def test_a_list_that_is_divided_otherwise_than_in_training_is_refused(
    fitted_run, table, tmp_path, change
):
    learn(cohort_samples([f"csv={table}"], 1), fitted_run)
    arguments = ["score", "--model", fitted_run.path, "--csv", table, "--threads", 1]
    arguments += ["--out", tmp_path / "scores.csv"]
    assert CliRunner().invoke(main, list(map(str, arguments))).exit_code == 0
    if change == "seed":
        arguments += ["--split-seed", 2]
    else:
        if change == "name":
            table = table.rename(tmp_path / "of another year.csv")
            arguments[4] = table
        image = next((tmp_path / "images").iterdir())
        with table.open("a", newline="") as opened:
            csv.writer(opened).writerows(
                (image, f"more{number}", f"more{number}", "HAND", number % 2) for number in range(3)
            )
    refused = CliRunner().invoke(main, list(map(str, arguments)))
    assert refused.exit_code == 1
    assert "run learnt from" in refused.output
    assert len(refused.output.strip().splitlines()) == 1
