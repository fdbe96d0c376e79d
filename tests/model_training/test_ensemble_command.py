"""`ensemble`: from members' bundles and predictions to a bundle that the node takes."""

import json
from pathlib import Path

import numpy as np
import pytest
from click.testing import CliRunner

from model_training.commands import main
from model_training.evaluation.predictions import Prediction, write_predictions
from model_training.evaluation.scorers import read_scorer
from model_training.prediction_table import decide, listed_studies
from tests.fakes.bundle import make_preprocessing, write_bundle
from triage_agent.adapters.torch_inference.bundle_files import CARD_TEXT, read_model
from triage_agent.domain.region import Region
from triage_agent.infer.ensemble_bundle import EnsembleKind
from triage_agent.infer.provenance import DataSource

STRONG = {"WRIST": (2.0, 0.4), "HAND": (0.4, 2.0)}  # how well each member parts the classes
STUDIES = 60


@pytest.fixture(scope="module")
def bundles(tmp_path_factory: pytest.TempPathFactory) -> list[Path]:
    folders = [tmp_path_factory.mktemp("bundles") / name for name in ("wrists", "hands")]
    for place, folder in enumerate(folders):
        write_bundle(
            folder,
            seed=place,
            name=folder.name,
            architecture="shufflenet_v2_x0_5",
            preprocessing=make_preprocessing((32, 48)[place]),
            device_uid=f"2.25.{place + 7}",
            training_data=(
                DataSource("common", "training", 7, "CC0", "all"),
                DataSource(f"of {folder.name}", "training", 3, "CC0", "some"),
            ),
            limitations=("It knows nothing.", f"It is called {folder.name}."),
        )
        (folder / CARD_TEXT).write_text(f"# {folder.name}")
    return folders


@pytest.fixture
def predicted(tmp_path: Path) -> dict[str, list[Path]]:
    """Predictions of validation and test images by both members."""
    found: dict[str, list[Path]] = {}
    for seed, part in enumerate(("validation", "test")):
        noise = np.random.default_rng(seed)
        rows: list[list[Prediction]] = [[], []]
        for region, strengths in STRONG.items():
            for number in range(STUDIES):
                abnormal = number % 2 == 1
                for member, strength in enumerate(strengths):
                    logit = noise.normal(strength if abnormal else -strength)
                    probability = float(1 / (1 + np.exp(-logit)))
                    rows[member].append(
                        Prediction(f"{region}{number}", region, abnormal, probability)
                    )
        found[part] = [tmp_path / f"{part}-{member}.csv" for member in (1, 2)]
        for path, own in zip(found[part], rows, strict=True):
            write_predictions(path, own)
    return found


@pytest.fixture
def make(bundles, predicted, tmp_path):
    """Run the command; the answer, and where the bundle is if it was made."""

    def run(*arguments, leave_out=()):
        given = {"--member": bundles, "--validation": predicted["validation"]}
        given["--test"] = predicted["test"]
        options = [
            str(each)
            for option, paths in given.items()
            if option not in leave_out
            for path in paths
            for each in (option, path)
        ]
        out = tmp_path / "made" / "ensemble"
        fixed = ["--name", "both", "--version", "2", "--out", str(out)]
        result = CliRunner().invoke(main, ["ensemble", *options, *fixed, *map(str, arguments)])
        return result, out

    return run


def test_the_mean_is_a_bundle_with_its_own_card_and_figures(make, bundles):
    result, out = make("--mean", "--weight", 3, "--weight", 1, "--cohort", "a test")
    assert result.exit_code == 0, result.output
    loaded = read_model(out)
    bundle = loaded.bundle
    assert bundle.kind is EnsembleKind.MEAN
    assert [each.weight for each in bundle.members] == [3.0, 1.0]
    assert [each.bundle.model for each in loaded.networks] == ["wrists 1", "hands 1"]
    assert [source.name for source in bundle.training_data] == ["common", "of wrists", "of hands"]
    assert bundle.limitations.count("It knows nothing.") == 1
    assert any("does not add up" in each for each in bundle.limitations)
    assert bundle.intended_use.endswith("tests")
    assert {each.cohort for each in bundle.metrics} == {"a test"}
    assert {each.name for each in bundle.metrics} >= {"auc", "cohen_kappa", "sensitivity"}
    assert set(bundle.operating_points) == set(bundle.regions) == set(Region)
    assert bundle.operating_point(Region.WRIST) != bundle.operating_point(Region.HAND)
    card = (out / CARD_TEXT).read_text()
    for expected in ("both, version 2", "wrists 1", "hands 1", "2.25.7", "of hands", "not the"):
        assert expected in card
    assert (out / "member-2" / CARD_TEXT).read_text() == "# hands"
    assert list(out.parent.iterdir()) == [out]
    assert (bundles[0] / CARD_TEXT).is_file()


def test_the_best_by_region_beats_either_member(make):
    result, out = make("--best-by", "kappa")
    assert result.exit_code == 0, result.output
    bundle = read_model(out).bundle
    assert bundle.kind is EnsembleKind.BY_REGION
    assert bundle.member_for(Region.WRIST) == 0
    assert bundle.member_for(Region.HAND) == 1
    assert next(each.value for each in bundle.metrics if each.name == "auc") > 0.9
    card = (out / CARD_TEXT).read_text()
    assert "Compared by kappa" in card
    assert "| WRIST |" in card


def test_a_table_says_who_answers(make, tmp_path):
    table = tmp_path / "table.csv"
    table.write_text("region,member\nwrist,hands 1\nHAND,1\n")
    result, out = make("--by-region", table)
    assert result.exit_code == 0, result.output
    bundle = read_model(out).bundle
    assert bundle.regions == (Region.HAND, Region.WRIST)
    assert [bundle.member_for(each) for each in bundle.regions] == [0, 1]


@pytest.mark.parametrize(
    ("rows", "complaint"),
    [
        ("KNEE,1", "line 2: KNEE is none of"),
        ("HAND,3", r"line 2: 3 is no member (1, 2, wrists 1, hands 1)"),
        ("HAND,1\nHAND,2", "line 3: HAND is there twice"),
        ("HAND,1\nWRIST,1", "every member must answer for a region"),
        ("HAND,1", "no member answers for WRIST"),
    ],
)
def test_a_table_that_cannot_be_meant_is_refused(make, tmp_path, rows, complaint):
    table = tmp_path / "table.csv"
    table.write_text(f"region,member\n{rows}\n")
    result, out = make("--by-region", table)
    assert result.exit_code == 1
    assert complaint in result.output
    assert not out.exists()


def test_another_version_or_another_choice_has_another_device_uid(make):
    uids = set()
    for arguments in (("--mean",), ("--mean", "--version", "3"), ("--best-by", "auc")):
        result, out = make(*arguments)
        assert result.exit_code == 0, result.output
        uids.add(json.loads((out / "model.json").read_text())["device_uid"])
        out.rename(out.with_name(f"made-{len(uids)}"))
    assert len(uids) == 3


def test_what_is_missing_is_all_named(make, tmp_path):
    write_bundle(
        tmp_path / "third",
        seed=3,
        architecture="shufflenet_v2_x0_5",
        preprocessing=make_preprocessing(32),
        intended_use="something else",
    )
    result, out = make("--mean", "--member", tmp_path / "third", leave_out=("--test",))
    assert result.exit_code == 1
    for gap in ("intended use:", "operating points:", "metrics:"):
        assert gap in result.output
    assert not out.exists()


def test_a_member_that_is_best_nowhere_is_left_out_by_hand(make, predicted):
    predicted["validation"][1] = predicted["validation"][0]
    result, _ = make("--best-by", "auc")
    assert result.exit_code == 1
    assert "hands 1: best nowhere" in result.output


@pytest.mark.parametrize(
    "arguments",
    [
        (),
        ("--mean", "--best-by", "auc"),
        ("--best-by", "auc", "--weight", "1"),
        ("--mean", "--weight", "1"),
    ],
)
def test_one_says_how_members_answer_together(make, arguments):
    assert make(*arguments)[0].exit_code == 2


def test_choosing_needs_predictions_of_every_member(make):
    result, _ = make("--best-by", "auc", leave_out=("--validation",))
    assert "give --validation once for each member" in result.output


def test_nothing_is_overwritten(make):
    _, out = make("--mean")
    before = (out / "model.json").read_bytes()
    result, _ = make("--mean", "--version", "3")
    assert result.exit_code == 1
    assert "is there already" in result.output
    assert (out / "model.json").read_bytes() == before


def test_the_same_member_twice_is_refused(make, bundles, tmp_path):
    _, out = make("--mean")
    assert out.exists()
    result, _ = make("--mean", "--out", tmp_path / "twice", "--member", bundles[0])
    assert result.exit_code == 1
    assert not (tmp_path / "twice").exists()


def test_members_that_do_not_fit_leave_nothing_behind(make, bundles, tmp_path):
    card = json.loads((bundles[0] / "model.json").read_text())
    result, out = make("--mean", "--name", card["name"], "--version", card["version"])
    assert result.exit_code == 1
    assert "goes by the name" in result.output
    assert not out.exists()
    assert list(out.parent.iterdir()) == []
    del tmp_path


def test_an_ensemble_is_calibrated_as_any_bundle(make, predicted):
    _, out = make("--mean")
    before = read_model(out).bundle
    arguments = ["--predictions", predicted["validation"][0], "--to", out, "--version", "2.1"]
    result = CliRunner().invoke(main, ["calibrate", *map(str, arguments)])
    assert result.exit_code == 0, result.output
    after = read_model(out).bundle
    assert after.version == "2.1"
    assert after.members == before.members
    assert after.calibration(Region.WRIST).slope != 1.0
    # It is another algorithm: the node would not tell the two apart by name alone.
    assert after.device_uid != before.device_uid
    assert after.device_uid in (out / CARD_TEXT).read_text()
    assert before.device_uid not in (out / CARD_TEXT).read_text()


def test_predict_decides_with_an_ensemble(make, drawn_mura, bundles, tmp_path):
    table = tmp_path / "table.csv"
    regions = "\n".join(f"{region},{1 + (region is Region.WRIST)}" for region in Region)
    table.write_text(f"region,member\n{regions}\n")
    result, both = make("--by-region", table)
    assert result.exit_code == 0, result.output
    listed = drawn_mura / "valid_image_paths.csv"

    def probabilities(folder):
        bundle, scorer = read_model(folder).bundle, read_scorer(folder)
        decided = decide(listed_studies(listed), listed.parent, scorer, bundle)
        return {each.study: each.probability for each in decided}

    joined, first, second = (probabilities(each) for each in (both, *bundles))
    for study, probability in joined.items():
        answering = second if "XR_WRIST" in study else first
        assert probability == pytest.approx(answering[study], abs=1e-6)
    out = tmp_path / "out.csv"
    result = CliRunner().invoke(main, ["predict", str(listed), str(out), "--bundle", str(both)])
    assert result.exit_code == 0, result.output
    assert [line.split(",")[0] for line in out.read_text().splitlines()] == list(joined)
