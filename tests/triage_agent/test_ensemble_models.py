"""`triage-agent model` with ensembles, and the removal of models."""

import shutil
from pathlib import Path

import pytest

from tests.factories import make_scored
from tests.fakes.bundle import make_preprocessing, relabel, write_bundle
from tests.fakes.ensemble import write_ensemble
from triage_agent.adapters.torch_inference.bundle_files import (
    BUNDLED_FOLDER,
    CARD,
    WEIGHTS,
    LoadedEnsemble,
)
from triage_agent.adapters.torch_inference.judges import load_judge
from triage_agent.adapters.torch_inference.ship_export import ship_export
from triage_agent.domain.region import Region
from triage_agent.model_in_use import (
    ModelWatch,
    algorithm_identity,
    known_algorithms,
    model_folder,
    take_up_model,
)
from triage_agent.settings import Settings

ARCHITECTURE = "shufflenet_v2_x0_5"


@pytest.fixture(scope="module")
def written(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Two networks and the mean of both, with compiled forms."""
    place = tmp_path_factory.mktemp("written")
    # At 32 pixels a random network magnifies rounding beyond what two runtimes may differ by.
    for number, size in enumerate((48, 64), start=1):
        write_bundle(
            place / f"network-{number}",
            seed=number,
            name=f"network-{number}",
            architecture=ARCHITECTURE,
            preprocessing=make_preprocessing(size),
            device_uid=f"2.25.{number}",
        )
        ship_export(place / f"network-{number}")
    write_ensemble(
        place / "both",
        [place / "network-1", place / "network-2"],
        name="both",
        operating_points={Region.WRIST: 0.4},
    )
    return place


@pytest.fixture
def place(written: Path, tmp_path: Path) -> Path:
    return Path(shutil.copytree(written, tmp_path / "exported"))


def test_an_ensemble_is_verified_member_by_member(invoke, place):
    result = invoke("verify", str(place / "both"))
    assert result.exit_code == 0, result.stderr
    lines = result.stdout.splitlines()
    assert lines[0].startswith("card: both 1")
    assert lines[1] == "members: 2, as the card says: mean of " + ", ".join([ARCHITECTURE] * 2)
    assert [line.split(":")[0] for line in lines[2:]] == [
        f"member-{number}, {what}"
        for number in (1, 2)
        for what in ("card", WEIGHTS, "weights", "compiled form")
    ]


@pytest.mark.parametrize("command", ["verify", "use"])
def test_an_ensemble_with_a_damaged_member_is_refused_in_one_line(invoke, place, tmp_path, command):
    (place / "both" / "member-2" / WEIGHTS).write_bytes(b"damaged")
    result = invoke(command, str(place / "both"))
    assert (result.exit_code, result.stdout) == (1, "")
    [line] = result.stderr.splitlines()
    assert "member-2/model.safetensors: its SHA-256 is" in line
    assert not (tmp_path / "node").exists()


def test_an_ensemble_is_taken_into_use_and_back(invoke, place):
    watch = ModelWatch(Settings(), take_up_model(Settings()))
    used = invoke("use", str(place / "both"))
    assert used.exit_code == 0, used.stderr
    assert "both 1 is in use" in used.stdout
    assert watch()
    shutil.rmtree(place)
    loaded = take_up_model(Settings())
    assert isinstance(loaded, LoadedEnsemble)
    served = load_judge(Settings().infer, loaded, Settings().data_dir / "cache")
    assert served.judge.model == "both 1"
    assert "ONNX Runtime" in served.description
    listed = invoke("list").stdout
    assert f"both 1  {loaded.folder.name}  in use" in listed
    assert "    mean of shufflenet_v2_x0_5, shufflenet_v2_x0_5, Device UID 2.25.99" in listed
    assert "    member-2: network-2 1" in listed
    assert "Device UID 2.25.99" in invoke("show").stdout
    known = known_algorithms(Settings()).named("both 1")
    assert known == algorithm_identity(loaded.bundle)
    assert known.operating_point([make_scored(region=Region.WRIST)]) == 0.4
    assert invoke("use", "--bundled").exit_code == 0
    assert model_folder(Settings()) == BUNDLED_FOLDER
    assert invoke("use", "both").exit_code == 0
    assert model_folder(Settings()) == loaded.folder


def test_an_ensemble_that_could_be_taken_for_another_is_refused(invoke, place):
    assert invoke("use", str(place / "both")).exit_code == 0
    relabel(place / "both", device_uid="2.25.100")
    assert "another model of that name and version" in invoke("use", str(place / "both")).stderr


def test_a_model_that_is_not_in_use_is_removed_and_stays_known(invoke, place, tmp_path):
    invoke("use", str(place / "network-1"))
    invoke("use", str(place / "both"))
    result = invoke("remove", "network-1")
    assert result.exit_code == 0, result.stderr
    assert "network-1 1" not in invoke("list").stdout.replace("member-1: network-1 1", "")
    assert {each.model for each in known_algorithms(Settings()).all()} >= {"network-1 1", "both 1"}
    installed = [path.name for path in (tmp_path / "node" / "models").iterdir()]
    assert sorted(installed) == sorted(
        [".lock", "current.json", "known", model_folder(Settings()).name]
    )
    assert invoke("use", str(place / "network-1")).exit_code == 0


def test_a_damaged_copy_is_removed_by_the_name_of_its_folder(invoke, place):
    # Else it were the bundled model that is damaged.
    assert invoke("use", str(place / "network-1")).exit_code == 0
    folder = model_folder(Settings())
    assert invoke("use", "--bundled").exit_code == 0
    (folder / WEIGHTS).write_bytes(b"damaged")
    assert invoke("remove", folder.name).exit_code == 0
    assert not folder.exists()


def test_the_model_in_use_is_not_removed(invoke, place, monkeypatch):
    invoke("use", str(place / "both"))
    folder = model_folder(Settings())
    monkeypatch.setenv("TRIAGE_INFER__BUNDLE", str(place / "network-1"))
    # The settings win for now; what was chosen comes back when they do not name one any more.
    for wanted in ("both", folder.name):
        result = invoke("remove", wanted)
        assert result.exit_code == 1
        assert "is in use" in result.stderr
    monkeypatch.setenv("TRIAGE_INFER__BUNDLE", str(folder))
    invoke("use", "--bundled")
    assert "is in use" in invoke("remove", folder.name).stderr
    assert folder.is_dir()


@pytest.mark.parametrize("wanted", ["network-2", "nobody"])
def test_only_a_copy_of_the_nodes_own_is_removed(invoke, place, monkeypatch, wanted):
    monkeypatch.setenv("TRIAGE_INFER__BUNDLE", str(place / "network-2"))
    result = invoke("remove", wanted)
    assert result.exit_code == 1
    assert (place / "network-2" / CARD).is_file()
    bundled = invoke("remove", "triage-agent demonstration mobilenet_v2")
    assert bundled.exit_code == 1
    assert (BUNDLED_FOLDER / CARD).is_file()
