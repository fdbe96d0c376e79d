"""Nobody whom a training learnt from is judged as unseen."""

import csv
from dataclasses import replace

import pytest
from click.testing import CliRunner

from model_training.cohorts.kinds import cohort_samples
from model_training.cohorts.sample import Part
from model_training.commands import main
from model_training.evaluation.cohort_options import CohortPart
from model_training.evaluation.unseen import is_unseen, refuse_leaks
from model_training.run_folder import RunFolder
from tests.model_training.conftest import unread


@pytest.fixture
def samples():
    """Images of patients a to f, two of each, in three parts."""
    patients = {Part.TRAINING: "abcd", Part.VALIDATION: "e", Part.TEST: "f"}
    return {
        part: [
            replace(unread(f"{patient}{number}", abnormal=number == 0), patient=patient)
            for patient in names
            for number in range(2)
        ]
        for part, names in patients.items()
    }


@pytest.fixture
def trained(samples, tmp_path):
    folder = RunFolder(tmp_path / "run")
    folder.write_cohorts(samples)
    return folder.path


def part_of(samples, name):
    return CohortPart(f"ours {name}", samples, "images", name, "csv")


def test_what_was_learnt_from_is_known_again(samples, trained):
    assert is_unseen(part_of(samples[Part.TEST], "test"), trained)
    for part in (Part.TRAINING, Part.VALIDATION):
        assert not is_unseen(part_of(samples[part], part.value), trained)
    strangers = [replace(each, cohort="theirs") for each in samples[Part.TRAINING]]
    assert is_unseen(part_of(strangers, "all"), trained)


def test_what_is_not_recorded_is_not_taken_for_unseen(samples, tmp_path):
    part = part_of(samples[Part.TEST], "test")
    assert not is_unseen(part, tmp_path)
    refuse_leaks(part, [tmp_path])


@pytest.mark.parametrize("name", ["test", "valid", "validation"])
def test_another_image_of_a_patient_who_was_fitted_on_is_refused(samples, trained, name):
    other = replace(samples[Part.TRAINING][0], name="another", study="later")
    with pytest.raises(ValueError, match=r"the patients of 1 of these 3 images: --split-seed"):
        refuse_leaks(part_of([*samples[Part.TEST], other], name), [trained])


def test_each_part_may_be_judged_as_what_it_is(samples, trained):
    refuse_leaks(part_of(samples[Part.VALIDATION], "validation"), [trained])
    with pytest.raises(ValueError, match="2 of these 2"):
        refuse_leaks(part_of(samples[Part.VALIDATION], "test"), [trained])
    everything = [each for part in samples.values() for each in part]
    for name in ("training", "train", "all"):
        refuse_leaks(part_of(everything, name), [trained])


@pytest.mark.parametrize("change", ["rows", "seed"])
def test_a_list_that_is_divided_otherwise_than_in_training_is_refused(
    fitted_run, table, tmp_path, change
):
    fitted_run.write_cohorts(cohort_samples([f"csv={table}"], 1))
    arguments = ["score", "--model", fitted_run.path, "--csv", table, "--threads", 1]
    arguments += ["--out", tmp_path / "scores.csv"]
    assert CliRunner().invoke(main, list(map(str, arguments))).exit_code == 0
    if change == "seed":
        arguments += ["--split-seed", 2]
    else:
        image = next((tmp_path / "images").iterdir())
        with table.open("a", newline="") as opened:
            csv.writer(opened).writerows(
                (image, f"more{number}", f"more{number}", "HAND", number % 2) for number in range(3)
            )
    refused = CliRunner().invoke(main, list(map(str, arguments)))
    assert refused.exit_code == 1
    assert "run learnt from the patients of" in refused.output
    assert len(refused.output.strip().splitlines()) == 1
