"""Cohorts in the forms in which they are distributed, and images that cannot be read."""

import csv
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
from click.testing import CliRunner
from PIL import Image

from dicom_fixtures.command import main as fixtures_command
from model_training.cohorts.lera import lera
from model_training.cohorts.mura import mura, mura_part
from model_training.cohorts.patients import check_patients, joined
from model_training.cohorts.sample import Part
from model_training.cohorts.table import fixtures, table


def everything(divided):
    return [sample for part in Part for sample in divided[part]]


def sides(divided):
    return {
        part: {sample.patient for sample in samples} for part, samples in divided.items() if samples
    }


def save(path: Path, value: int, shape=(20, 14)) -> None:
    path.parent.mkdir(parents=True, exist_ok=True)
    Image.fromarray(np.full(shape, value, dtype=np.uint8)).save(path)


def test_mura_is_read_as_distributed(mura_folder):
    divided = mura(mura_folder, seed=1, validation_share=0.3)
    listed = (mura_folder / "train_image_paths.csv").read_text().splitlines()
    trained = divided[Part.TRAINING] + divided[Part.VALIDATION]
    assert sorted(sample.name for sample in trained) == sorted(listed)
    assert all("/valid/" in sample.name for sample in divided[Part.TEST])
    patients = sides(divided)
    assert len(patients) == 3
    assert sum(map(len, patients.values())) == len(set().union(*patients.values()))
    for sample in everything(divided):
        assert sample.abnormal == ("positive" in sample.name)
        assert f"XR_{sample.region}/{sample.patient}/" in sample.name
        assert sample.study == sample.name.rpartition("/")[0]
    image = divided[Part.TEST][0].read()
    assert image.dtype == np.float32
    assert 0.0 <= image.min() < image.max() <= 1.0


def test_without_a_share_the_epoch_is_chosen_on_the_published_part(mura_folder):
    divided = mura(mura_folder, seed=1, validation_share=0)
    assert all("/valid/" in sample.name for sample in divided[Part.VALIDATION])
    assert len(divided[Part.VALIDATION]) == len(mura_part(mura_folder, "valid"))
    assert divided[Part.TEST] == []


def test_the_folder_may_have_another_name(mura_folder):
    renamed = mura_folder.rename(mura_folder.parent / "renamed")
    assert mura(renamed, seed=1)[Part.TEST][0].read().size


@pytest.mark.parametrize(
    ("name", "line", "cause"),
    [
        ("train_labeled_studies.csv", "MURA-v1.1/train/XR_HAND/patient1/study1/,2", "not a study"),
        ("train_image_paths.csv", "MURA-v1.1/train/XR_HAND/nobody/s/image1.png", "no label"),
    ],
)
def test_a_list_of_another_form_is_refused_by_name(mura_folder, name, line, cause):
    with (mura_folder / name).open("a") as opened:
        opened.write(line + "\n")
    with pytest.raises(ValueError, match=cause) as caught:
        mura(mura_folder, seed=1)
    assert line.partition(",")[0] in str(caught.value)


def test_a_patient_on_two_sides_is_named(mura_folder):
    part = mura_part(mura_folder, "valid")
    stranger = mura_part(mura_folder, "train")[0]
    with pytest.raises(ValueError, match=rf"{stranger.patient} \(test, training\)"):
        check_patients({Part.TRAINING: [stranger], Part.TEST: [*part, stranger]})
    nameless = replace(stranger, patient="")
    with pytest.raises(ValueError, match=rf"{stranger.study} \(test, training\)"):
        check_patients({Part.TRAINING: [nameless], Part.TEST: [nameless]})
    many = [replace(stranger, patient=f"p{number:02d}") for number in range(12)]
    with pytest.raises(ValueError, match=r"p09 .*and 2 more"):
        joined([{Part.TRAINING: many}, {Part.TEST: many}])


def test_two_cohorts_may_use_one_name_for_two_patients(mura_folder):
    one = mura_part(mura_folder, "train")[0]
    other = replace(one, cohort="elsewhere")
    together = joined([{Part.TRAINING: [one]}, {Part.TEST: [other]}])
    assert together[Part.TRAINING] == [one]
    assert together[Part.VALIDATION] == []


def make_lera(folder: Path, *, header: bool = True) -> Path:
    regions = ("ankle", "foot", "hip", "knee")
    lines = ["patient,region,label"] if header else []
    for number in range(40):
        patient = str(1000 + number)
        lines.append(f"{patient},{regions[number % 4]},{number % 3 == 0:d}")
        for image in range(1 + number % 2):
            save(folder / patient / "ST-1" / f"{image}.png", number)
    (folder / "labels.csv").write_text("\n".join(lines) + "\n")
    return folder


@pytest.mark.parametrize("header", [True, False])
def test_lower_extremities_are_read_by_patient(tmp_path, header):
    divided = lera(make_lera(tmp_path, header=header), seed=2)
    samples = everything(divided)
    assert len(samples) == 60
    assert {sample.region for sample in samples} == {"ANKLE", "FOOT", "HIP", "KNEE"}
    patients = sides(divided)
    assert sum(map(len, patients.values())) == 40
    assert len(patients[Part.TRAINING]) > len(patients[Part.TEST]) > 3
    assert {sample.study for sample in samples if sample.patient == "1003"} == {"1003/ST-1"}


@pytest.mark.parametrize(
    ("line", "cause"),
    [
        ("1001,knee,maybe", "not patient"),
        ("1001,knee,1", "1001 twice"),
        ("2000,knee,1", "holds no image"),
    ],
)
def test_lera_labels_that_do_not_fit_are_refused(tmp_path, line, cause):
    folder = make_lera(tmp_path)
    with (folder / "labels.csv").open("a") as opened:
        opened.write(line + "\n")
    with pytest.raises(ValueError, match=cause):
        lera(folder, seed=2)


def write_table(path: Path, rows: list[dict[str, str]]) -> Path:
    with path.open("w", newline="") as opened:
        writer = csv.DictWriter(opened, list(rows[0]))
        writer.writeheader()
        writer.writerows(rows)
    return path


def row_of(number: int, **changes: str) -> dict[str, str]:
    return {
        "path": f"images/{number}.png",
        "study": f"s{number // 2}",
        "patient": f"p{number // 4}",
        "region": "knee",
        "label": ("normal", "abnormal")[number // 4 % 2],
        **changes,
    }


def test_any_table_is_a_cohort(tmp_path):
    save(tmp_path / "images" / "0.png", 51)
    divided = table(write_table(tmp_path / "ours.csv", [row_of(n) for n in range(80)]), seed=1)
    samples = everything(divided)
    assert len(samples) == 80
    assert {sample.cohort for sample in samples} == {"ours"}
    assert {sample.region for sample in samples} == {"KNEE"}
    patients = sides(divided)
    assert sum(map(len, patients.values())) == 20
    first = next(sample for sample in samples if sample.name == "images/0.png")
    assert first.read() == pytest.approx(0.2)
    assert not first.abnormal


def test_a_table_may_bring_its_division(tmp_path):
    parts = ("train", "valid", "test")
    rows = [row_of(n, part=parts[n // 4 % 3]) for n in range(24)]
    divided = table(write_table(tmp_path / "t.csv", rows), seed=1)
    assert [sample.patient for sample in divided[Part.VALIDATION]][:5] == ["p1"] * 4 + ["p4"]
    rows[0]["part"] = "test"
    with pytest.raises(ValueError, match=r"p0 \(test, training\)"):
        table(write_table(tmp_path / "t.csv", rows), seed=1)


@pytest.mark.parametrize(
    ("rows", "cause"),
    [
        ([row_of(0, label="perhaps")], "'perhaps' is no label"),
        ([row_of(0, part="later")], "'later' is no part"),
        ([row_of(0), row_of(1, label="abnormal")], "s0 two labels"),
        ([{"path": "x.png", "label": "1"}], "no column study, patient, region"),
    ],
)
def test_tables_that_do_not_fit_are_refused(tmp_path, rows, cause):
    with pytest.raises(ValueError, match=cause):
        table(write_table(tmp_path / "t.csv", rows), seed=1)


def test_tables_without_images_or_with_short_lines_are_refused(tmp_path):
    path = write_table(tmp_path / "t.csv", [row_of(0)])
    path.write_text(path.read_text() + "lonely\n")
    with pytest.raises(ValueError, match="line 3: too few"):
        table(path, seed=1)
    path.write_text("path,study,patient,region,label\n")
    with pytest.raises(ValueError, match="lists no image"):
        table(path, seed=1)


@pytest.mark.parametrize("form", ["dicom", "png"])
def test_fixtures_are_a_cohort(tmp_path, form):
    arguments = ["make", "--studies", "8", "--abnormal", "0.5", "--size", "64", "--format", form]
    made = CliRunner().invoke(fixtures_command, [*arguments, "--out", str(tmp_path)])
    assert made.exit_code == 0, made.output
    samples = everything(fixtures(tmp_path, seed=1))
    assert len({sample.patient for sample in samples}) == 8
    assert len({sample.patient for sample in samples if sample.abnormal}) == 4
    for sample in samples:
        image = sample.read()
        assert image.shape == (64, 64)
        assert 0.0 <= image.min() < image.max() <= 1.0
        if sample.mask is not None:
            assert sample.abnormal
            assert sample.mask().shape == image.shape
            assert sample.mask().any()
    assert {sample.study for sample in samples if sample.mask is not None} == {
        sample.study for sample in samples if sample.abnormal
    }
