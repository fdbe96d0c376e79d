"""`score` judges an ensemble as the node would."""

import hashlib
import shutil
from dataclasses import fields

import pytest
from click.testing import CliRunner

from model_training.commands import main
from model_training.evaluation.predictions import read_predictions
from tests.fakes.bundle import make_preprocessing, write_bundle
from triage_agent.adapters.torch_inference.bundle_files import CARD, member_folder
from triage_agent.domain.region import Region
from triage_agent.infer.bundle import render_bundle
from triage_agent.infer.card import BundleCard
from triage_agent.infer.ensemble_bundle import EnsembleBundle, EnsembleKind, EnsembleMember


def run(*arguments, status=0):
    outcome = CliRunner().invoke(main, [str(each) for each in arguments])
    assert outcome.exit_code == status, outcome.output
    return outcome.output


@pytest.fixture
def members(tmp_path):
    """Two bundles of networks that differ in all their weights, and in the size of their input."""
    return [
        write_bundle(
            tmp_path / name,
            seed=place,
            name=name,
            architecture="shufflenet_v2_x0_5",
            preprocessing=make_preprocessing((32, 48)[place]),
            device_uid=f"2.25.{place + 7}",
        )
        for place, name in enumerate(("one", "two"))
    ]


@pytest.fixture
def ensemble(members, tmp_path):
    """The mean of both, in equal shares, with an operating point of its own for wrists."""
    folder = tmp_path / "both"
    told = []
    for place, member in enumerate(members):
        shutil.copytree(member.folder, member_folder(folder, place))
        digest = hashlib.sha256((member.folder / CARD).read_bytes()).hexdigest()
        told.append(
            EnsembleMember(model=f"{place}", architecture="some", card_sha256=digest, weight=1.0)
        )
    common = {each.name: getattr(members[0].bundle, each.name) for each in fields(BundleCard)}
    own = {"name": "both", "device_uid": "2.25.3", "operating_points": {Region.WRIST: 0.25}}
    bundle = EnsembleBundle(**(common | own), kind=EnsembleKind.MEAN, members=tuple(told))
    (folder / CARD).write_text(render_bundle(bundle))
    return folder


def test_an_ensemble_is_judged_as_it_answers_in_the_node(members, ensemble, table, tmp_path):
    found = {}
    for folder in (*(member.folder for member in members), ensemble):
        path = tmp_path / f"{folder.name}.csv"
        run(
            "score", "--model", folder, "--csv", table, "--part", "all", "--out", path,
            "--threads", 1,
        )  # fmt: skip
        found[folder.name] = read_predictions(path)
    for one, two, both in zip(found["one"], found["two"], found["both"], strict=True):
        assert both.image == one.image == two.image
        assert both.probability == pytest.approx((one.probability + two.probability) / 2)
        assert both.operating_point == (0.25 if both.region == "WRIST" else 0.5)

    text = table.read_text().replace("WRIST", "KNEE")
    table.write_text(text)
    common = ("score", "--model", ensemble, "--csv", table, "--out", tmp_path / "p.csv")
    assert "no region that the ensemble answers for" in run(*common, "--part", "all", status=1)
