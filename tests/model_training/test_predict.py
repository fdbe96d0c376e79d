"""`predict` in the form of the MURA competition."""

import csv

import pytest
from click.testing import CliRunner

from dicom_fixtures.command import main as make_fixtures
from model_training.commands import main
from tests.fakes.bundle import make_preprocessing, write_bundle
from triage_agent.domain.region import Region
from triage_agent.infer.scores import Calibration


@pytest.fixture(scope="module")
def bundle(tmp_path_factory):
    folder = tmp_path_factory.mktemp("bundle")
    write_bundle(folder, architecture="shufflenet_v2_x0_5", preprocessing=make_preprocessing(32))
    return folder


def predict(*arguments, status=0):
    outcome = CliRunner().invoke(main, ["predict", *map(str, arguments)])
    assert outcome.exit_code == status, outcome.output
    return outcome.output


def answers(path):
    with path.open(newline="") as opened:
        return dict(csv.reader(opened))


def listed(folder):
    lines = (folder / "valid_labeled_studies.csv").read_text().splitlines()
    return [line.partition(",")[0] for line in lines]


def test_one_line_per_study_in_the_form_of_the_competition(drawn_mura, bundle, tmp_path):
    out = tmp_path / "out.csv"
    predict(drawn_mura / "valid_image_paths.csv", out, "--bundle", bundle)
    decided = answers(out)
    assert list(decided) == listed(drawn_mura)
    assert set(decided.values()) <= {"0", "1"}


def test_the_operating_point_of_the_region_decides(drawn_mura, tmp_path):
    points = dict.fromkeys(Region, 1e-9) | {Region.HAND: 1 - 1e-9, Region.ELBOW: 1 - 1e-9}
    write_bundle(
        tmp_path / "b",
        architecture="shufflenet_v2_x0_5",
        preprocessing=make_preprocessing(32),
        operating_points=points,
        calibrations={Region.WRIST: Calibration(2.0, 0.1)},
    )
    predict(drawn_mura / "train_image_paths.csv", tmp_path / "o.csv", "--bundle", tmp_path / "b")
    decided = answers(tmp_path / "o.csv")
    assert set(decided.values()) == {"0", "1"}
    for study, label in decided.items():
        assert label == ("0" if "XR_HAND" in study or "XR_ELBOW" in study else "1")


def test_the_model_of_the_node_tells_fixtures_apart(tmp_path):
    arguments = ["make", "--studies", "14", "--abnormal", "0.5", "--size", "320", "--seed", "5"]
    made = CliRunner().invoke(
        make_fixtures, [*arguments, "--format", "mura", "--out", str(tmp_path)]
    )
    assert made.exit_code == 0, made.output
    out = tmp_path / "out.csv"
    predict(tmp_path / "MURA-v1.1" / "train_image_paths.csv", out)
    right = [label == str(int("positive" in study)) for study, label in answers(out).items()]
    assert len(right) > 8
    assert sum(right) / len(right) > 0.75


def test_what_cannot_be_read_stops_the_run_or_is_left_out(mura_folder, bundle, tmp_path):
    source, out = mura_folder / "valid_image_paths.csv", tmp_path / "out.csv"
    images = source.read_text().splitlines()
    gone = images[0].rpartition("/")[0]
    for image in images:
        if image.startswith(gone):
            (mura_folder.parent / image).unlink()

    output = predict(source, out, "--bundle", bundle, status=1)
    assert f"{images[0]}: is not there" in output.replace("\n", "")
    assert not out.exists()

    output = predict(source, out, "--bundle", bundle, "--on-error", "skip", status=3)
    assert "none of its images can be read" in output.replace("\n", " ")
    assert list(answers(out)) == listed(mura_folder)[1:]


def test_the_region_comes_from_the_path_or_is_given(drawn_mura, bundle, tmp_path):
    source = tmp_path / "images.csv"
    image = next(drawn_mura.rglob("*.png"))
    source.write_text(f"{image}\n")
    predict(source, tmp_path / "out.csv", "--bundle", bundle)
    (tmp_path / "odd").mkdir()
    (tmp_path / "odd" / "picture.png").write_bytes(image.read_bytes())
    source.write_text("odd/picture.png\n")
    assert "--region" in predict(source, tmp_path / "out.csv", "--bundle", bundle, status=1)
    predict(source, tmp_path / "out.csv", "--bundle", bundle, "--region", "WRIST")
    assert list(answers(tmp_path / "out.csv")) == ["odd/"]


def test_an_empty_list_is_refused(bundle, tmp_path):
    (tmp_path / "empty.csv").write_text("\n")
    output = predict(tmp_path / "empty.csv", tmp_path / "o.csv", "--bundle", bundle, status=1)
    assert "names no image" in output
