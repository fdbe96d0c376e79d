"""`python -m dicom_fixtures make` writes what its truth says."""

import csv
import re
import subprocess
import sys
from pathlib import Path

import numpy as np
from click.testing import CliRunner
from PIL import Image
from pydicom import dcmread

from dicom_fixtures.command import main


def make(out: Path, *options: str) -> list[dict[str, str]]:
    arguments = ["make", "--size", "64", "--out", str(out), *options]
    result = CliRunner().invoke(main, arguments, catch_exceptions=False)
    assert result.exit_code == 0, result.output
    with (out / "truth.csv").open(encoding="utf-8", newline="") as file:
        return list(csv.DictReader(file))


def test_every_line_of_the_truth_is_a_file(tmp_path: Path):
    rows = make(tmp_path, "--studies", "6", "--abnormal", "0.5", "--seed", "7")

    files = {path.relative_to(tmp_path).as_posix() for path in tmp_path.rglob("*.dcm")}
    assert {row["file"] for row in rows} == files
    for row in rows:
        dataset = dcmread(tmp_path / row["file"])
        assert dataset.StudyInstanceUID == row["study_uid"]
        assert dataset.AccessionNumber == row["accession_number"]
        assert dataset.BodyPartExamined == row["region"]
        assert (dataset.Rows, dataset.Columns) == (64, 64)
    studies = {row["study_uid"]: row["abnormal"] for row in rows}
    assert len(studies) == 6
    assert sorted(studies.values()) == ["0", "0", "0", "1", "1", "1"]


def test_the_same_seed_writes_the_same_files(tmp_path: Path):
    first, second = tmp_path / "a", tmp_path / "b"
    make(first, "--studies", "2", "--seed", "3")
    make(second, "--studies", "2", "--seed", "3")

    names = sorted(path.relative_to(first) for path in first.rglob("*") if path.is_file())
    assert len(names) > 2
    assert all((first / name).read_bytes() == (second / name).read_bytes() for name in names)


def test_folders_and_files_are_named_by_number(tmp_path: Path):
    make(tmp_path, "--studies", "2")

    assert sorted(path.name for path in tmp_path.iterdir()) == [
        "study-00001",
        "study-00002",
        "truth.csv",
    ]
    assert {path.stem for path in tmp_path.rglob("*.dcm")} <= {"1", "2", "3"}


def test_pictures_come_with_masks(tmp_path: Path):
    rows = make(tmp_path, "--studies", "4", "--abnormal", "0.5", "--format", "png")

    for row in rows:
        picture = np.asarray(Image.open(tmp_path / row["file"]))
        mask = np.asarray(Image.open(tmp_path / row["mask"]))
        assert picture.shape == mask.shape == (64, 64)
        assert mask.any() == (row["abnormal"] == "1")


def test_urgent_studies_are_marked(tmp_path: Path):
    rows = make(tmp_path, "--studies", "2", "--stat", "1")

    assert {row["stat"] for row in rows} == {"1"}


def test_what_is_out_of_range_is_refused_with_a_reason(tmp_path: Path):
    arguments = ["make", "--out", str(tmp_path), "--abnormal", "1.5"]
    result = CliRunner().invoke(main, arguments)

    assert result.exit_code == 2
    assert "abnormal" in result.output


def test_help_teaches_with_an_example():
    result = CliRunner().invoke(main, ["make", "--help"])

    assert result.exit_code == 0
    assert "Examples:" in result.output
    assert "truth.csv" in result.output


def test_the_package_can_be_run_as_a_module():
    result = subprocess.run(
        [sys.executable, "-m", "dicom_fixtures", "--help"],
        capture_output=True,
        text=True,
        check=True,
        cwd=Path(__file__).resolve().parents[2],
    )

    assert "make" in result.stdout


def test_mura_has_the_form_of_the_real_set(tmp_path: Path):
    rows = make(tmp_path, "--studies", "16", "--abnormal", "0.5", "--seed", "7", "--format", "mura")

    folder, patients = tmp_path / "MURA-v1.1", {}
    listed = []
    for part in ("train", "valid"):
        paths = (folder / f"{part}_image_paths.csv").read_text().splitlines()
        studies = dict(
            line.split(",")
            for line in (folder / f"{part}_labeled_studies.csv").read_text().splitlines()
        )
        assert set(studies) == {f"{Path(path).parent.as_posix()}/" for path in paths}
        assert set(studies.values()) == {"0", "1"}
        for study, label in studies.items():
            assert re.fullmatch(
                rf"MURA-v1\.1/{part}/XR_[A-Z]+/patient\d{{5}}/study\d_"
                rf"{('negative', 'positive')[int(label)]}/",
                study,
            )
        patients[part] = [study.split("/")[3] for study in studies]
        listed += paths
    assert sorted(listed) == sorted(row["file"] for row in rows)
    assert not set(patients["train"]) & set(patients["valid"])
    assert len(set(patients["train"] + patients["valid"])) == 12
    shapes = set()
    for row in rows:
        picture = np.asarray(Image.open(tmp_path / row["file"]))
        assert picture.shape == np.asarray(Image.open(tmp_path / row["mask"])).shape
        assert row["abnormal"] == str(int("positive" in row["file"]))
        shapes.add(picture.shape)
    assert len(shapes) > 4
