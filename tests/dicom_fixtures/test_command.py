"""`python -m dicom_fixtures make` writes what its truth says."""

import csv
import json
import os
import re
import subprocess
import sys
from concurrent.futures.process import BrokenProcessPool
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import pytest
from click.testing import CliRunner
from PIL import Image
from pydicom import dcmread

from dicom_fixtures.command import main
from dicom_fixtures.pathology import Finding, Kind
from dicom_fixtures.truth_table import FindingTruth, StudyRecord
from dicom_fixtures.workers import processes_for, written
from triage_agent.dicom.pixels import displayed


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
        assert (dataset.Rows, dataset.Columns) == (64, 64)
    studies = {row["study_uid"]: row["study_abnormal"] for row in rows}
    assert len(studies) == 6
    assert sorted(studies.values()) == ["0", "0", "0", "1", "1", "1"]


@pytest.mark.parametrize(
    "options",
    [("--format", "dicom"), ("--format", "mura"), ("--transfer-syntax", "mixed")],
    ids=lambda options: options[1],
)
def test_the_same_seed_writes_the_same_files_with_any_number_of_processes(
    options: tuple[str, str], tmp_path: Path
):
    one, two = tmp_path / "one", tmp_path / "two"
    make(one, "--studies", "5", "--seed", "3", "--jobs", "1", *options)
    make(two, "--studies", "5", "--seed", "3", "--jobs", "2", *options)

    names = sorted(path.relative_to(one) for path in one.rglob("*") if path.is_file())
    assert names == sorted(path.relative_to(two) for path in two.rglob("*") if path.is_file())
    assert len(names) > 10
    assert all((one / name).read_bytes() == (two / name).read_bytes() for name in names)


def test_another_seed_writes_other_files(tmp_path: Path):
    one = make(tmp_path / "one", "--studies", "2", "--seed", "3")
    two = make(tmp_path / "two", "--studies", "2", "--seed", "4")

    assert not {row["study_uid"] for row in one} & {row["study_uid"] for row in two}


def test_a_folder_with_something_in_it_is_left_alone(tmp_path: Path):
    (tmp_path / "mine.txt").write_text("keep")

    result = CliRunner().invoke(main, ["make", "--out", str(tmp_path)])

    assert result.exit_code == 1
    assert "not empty" in result.output
    assert [path.name for path in tmp_path.iterdir()] == ["mine.txt"]


def test_where_nothing_can_be_written_it_says_so(tmp_path: Path):
    (tmp_path / "file").write_text("")

    result = CliRunner().invoke(main, ["make", "--out", str(tmp_path / "file" / "below")])

    assert result.exit_code == 1
    assert "cannot write to" in result.output


def test_a_missing_encoder_is_named(tmp_path: Path, monkeypatch: pytest.MonkeyPatch):
    monkeypatch.setenv("PATH", str(tmp_path))
    arguments = ["make", "--studies", "1", "--size", "64", "--transfer-syntax", "HTJ2KLossless"]

    result = CliRunner().invoke(main, [*arguments, "--out", str(tmp_path / "out")])

    assert result.exit_code == 1
    assert "openjph-tools" in result.output


@dataclass(frozen=True)
class Ended:
    """A task whose process is ended in the middle of it."""

    def write(self, out: Path) -> StudyRecord:  # noqa: ARG002 - as tasks have it
        os._exit(9)


def test_a_process_that_was_ended_is_noticed(tmp_path: Path):
    with pytest.raises(BrokenProcessPool):
        list(written([Ended(), Ended()], tmp_path, 2))  # type: ignore[list-item]


@pytest.mark.parametrize("syntax", ["JPEG2000Lossless", "jpegbaseline8bit", "JPEGExtended12Bit"])
def test_every_study_is_encoded_as_asked(syntax: str, tmp_path: Path):
    rows = make(tmp_path, "--studies", "6", "--views", "1", "--transfer-syntax", syntax)

    for row in rows:
        dataset = dcmread(tmp_path / row["file"])
        assert dataset.file_meta.TransferSyntaxUID.keyword.lower() == syntax.lower()
        assert displayed(dataset).shape == (64, 64)


def test_pictures_have_no_transfer_syntax(tmp_path: Path):
    arguments = ["make", "--format", "png", "--transfer-syntax", "mixed", "--out", str(tmp_path)]
    result = CliRunner().invoke(main, arguments)

    assert result.exit_code == 2
    assert "no meaning" in result.output


def test_regions_views_and_shape_can_be_asked_for(tmp_path: Path):
    asked = ("--regions", "hand, Wrist", "--views", "2", "--size", "96x64", "--studies", "6")
    rows = make(tmp_path, *asked)

    assert {row["region"] for row in rows} == {"HAND", "WRIST"}
    assert [row["view"] for row in rows] == ["PA", "LATERAL"] * 6
    dataset = dcmread(tmp_path / rows[0]["file"])
    assert (dataset.Rows, dataset.Columns) == (96, 64)


@pytest.mark.parametrize(
    ("option", "value"),
    [
        ("--size", "12"),
        ("--size", "64x"),
        ("--size", "64x64x64"),
        ("--size", "64x5000"),
        ("--regions", "knee"),
        ("--regions", ""),
        ("--views", "0"),
        ("--jobs", "0"),
        ("--transfer-syntax", "GIF"),
    ],
)
def test_nonsense_is_refused_and_names_the_option(option: str, value: str, tmp_path: Path):
    result = CliRunner().invoke(main, ["make", "--out", str(tmp_path), option, value])

    assert result.exit_code == 2
    assert option in result.output
    assert not list(tmp_path.iterdir())


def test_the_json_says_what_the_table_says(tmp_path: Path):
    rows = make(tmp_path, "--studies", "8", "--abnormal", "0.75", "--seed", "2")

    studies = json.loads((tmp_path / "truth.json").read_text("utf-8"))["studies"]
    images = [(study, image) for study in studies for image in study["images"]]
    assert [image["file"] for _, image in images] == [row["file"] for row in rows]
    assert sum(study["abnormal"] for study in studies) == 6
    for row, (study, image) in zip(rows, images, strict=True):
        assert row["study"] == study["study"]
        assert row["abnormal"] == str(int(bool(image["findings"])))
        assert row["kinds"] == "; ".join(each["kind"] for each in image["findings"])
        mask = np.asarray(Image.open(tmp_path / image["mask"]))
        assert mask.any() == bool(image["findings"])
        for finding in image["findings"]:
            top, left, bottom, right = finding["box"]
            assert mask[top : bottom + 1, left : right + 1].any()
            assert finding["group"] in row["groups"]
            assert finding["place"]
            assert 0.0 <= finding["conspicuity"] <= float(row["conspicuity"]) + 1e-3 <= 1.001


def test_a_box_is_as_large_as_its_mask():
    mask = np.zeros((20, 30), dtype=np.bool_)
    mask[3:9, 4:12] = True

    assert FindingTruth.of(Finding(Kind.LYTIC, "radius", "A.", mask, 0.5)).box == (3, 4, 8, 11)


def test_every_core_is_used_where_there_is_enough_to_do():
    assert processes_for(1000, cores=6) == 6
    assert processes_for(20, cores=6) == 2
    assert processes_for(1, cores=6) == 1


def test_folders_and_files_are_named_by_number(tmp_path: Path):
    make(tmp_path, "--studies", "2")

    assert sorted(path.name for path in tmp_path.iterdir()) == [
        "masks",
        "study-00001",
        "study-00002",
        "truth.csv",
        "truth.json",
    ]
    assert {path.stem for path in tmp_path.rglob("*.dcm")} <= {"1", "2", "3", "4"}


def test_pictures_come_with_masks(tmp_path: Path):
    rows = make(tmp_path, "--studies", "4", "--abnormal", "0.5", "--format", "png")

    for row in rows:
        picture = np.asarray(Image.open(tmp_path / row["file"]))
        mask = np.asarray(Image.open(tmp_path / row["mask"]))
        assert picture.shape == mask.shape == (64, 64)
        assert mask.any() == (row["abnormal"] == "1")
    assert sum(row["study_abnormal"] == "1" and row["file"].endswith("/1.png") for row in rows) == 2


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
        assert row["study_abnormal"] == str(int("positive" in row["file"]))
        assert row["abnormal"] <= row["study_abnormal"]
        assert row["patient"] in row["file"]
        shapes.add(picture.shape)
    assert len(shapes) > 4
