"""What is said of a model that is changed in place, and when a role takes it up."""

import shutil
from dataclasses import replace
from pathlib import Path

import pytest
from structlog.testing import capture_logs

from tests.fakes.bundle import make_preprocessing, relabel, write_bundle
from tests.triage_agent.conftest import Invoke
from triage_agent.adapters.torch_inference.bundle_files import WEIGHTS
from triage_agent.adapters.torch_inference.bundle_files import read_model as read_bundle_in
from triage_agent.domain.region import Region
from triage_agent.errors import BundleInvalid
from triage_agent.infer.scores import Calibration
from triage_agent.model_in_use import (
    ModelWatch,
    algorithm_identity,
    known_algorithms,
    take_up_model,
)
from triage_agent.settings import Settings


@pytest.fixture(scope="module")
def written(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("written") / "network-1"
    write_bundle(
        folder,
        name="network-1",
        architecture="shufflenet_v2_x0_5",
        preprocessing=make_preprocessing(48),
        device_uid="2.25.1",
    )
    return folder


@pytest.fixture
def edited(written: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, invoke: Invoke) -> Path:
    del invoke  # sets the data folder
    folder = Path(shutil.copytree(written, tmp_path / "exported"))
    monkeypatch.setenv("TRIAGE_INFER__BUNDLE", str(folder))
    return folder


def test_a_card_that_changes_in_place_is_noticed_if_the_model_has_a_new_version(edited):
    watch = ModelWatch(Settings(), take_up_model(Settings()))
    assert not watch()
    relabel(edited, version="2", calibrations={"WRIST": {"slope": 2.0, "intercept": 0.0}})
    assert watch()
    loaded = take_up_model(Settings())
    assert loaded.bundle.model == "network-1 2"
    assert loaded.bundle.calibration(Region.WRIST) == Calibration(2.0, 0.0)


def test_a_card_that_changes_under_the_old_name_is_refused_once_and_named(edited):
    watch = ModelWatch(Settings(), take_up_model(Settings()))
    relabel(edited, operating_points={"WRIST": 0.9})
    with capture_logs() as logs:
        assert not watch()
        assert not watch()
    [entry] = logs
    assert entry["event"] == "model_not_taken_up"
    assert "was changed in place and still goes by network-1 1" in entry["cause"]


def test_a_card_that_is_written_again_as_it_was_changes_nothing(edited):
    watch = ModelWatch(Settings(), take_up_model(Settings()))
    assert not watch()
    relabel(edited)
    with capture_logs() as logs:
        assert not watch()
    assert logs == []


CALIBRATIONS = {"WRIST": {"slope": 2.0, "intercept": 0.0}}
GATE = {"weights": [0.5, 0.5], "bias": -1.0}


@pytest.mark.parametrize(
    "fields",
    [
        {"operating_points": {"WRIST": 0.9}},
        {"calibrations": CALIBRATIONS},
        {"scope_gate": GATE},
        {"device_uid": "2.25.100"},
    ],
)
def test_a_role_does_not_start_with_another_model_under_the_old_name(edited, fields):
    take_up_model(Settings())
    relabel(edited, **fields)
    for _ in range(2):  # the refused one is not known by then
        with pytest.raises(BundleInvalid, match="network-1 1: another model") as caught:
            take_up_model(Settings())
    (known,) = known_algorithms(Settings()).files()
    assert str(caught.value).endswith(f"no score of that one matters any more, remove {known}.")
    relabel(edited, **fields, version="2")
    assert take_up_model(Settings()).bundle.model == "network-1 2"
    known.unlink()  # no other model is forgotten with it
    relabel(edited, version="1")
    assert take_up_model(Settings()).bundle.model == "network-1 1"
    assert known_algorithms(Settings()).named("network-1 2") is not None


def test_words_in_a_card_may_change(edited):
    take_up_model(Settings())
    relabel(edited, intended_use="tests of this node")
    assert take_up_model(Settings()).bundle.intended_use == "tests of this node"


def test_what_an_older_node_noted_of_a_model_holds_for_it(edited):
    """It did not note calibrations: the node starts, and notes them for the next time."""
    taken_up = algorithm_identity(take_up_model(Settings()).bundle)
    known = known_algorithms(Settings())
    for path in known.files():
        path.unlink()
    known.remember(replace(taken_up, judging_sha256=""))
    take_up_model(Settings())
    relabel(edited, calibrations=CALIBRATIONS)
    with pytest.raises(BundleInvalid):
        take_up_model(Settings())


def test_a_role_stays_with_what_it_has_if_a_namesake_takes_its_place(edited):
    take_up_model(Settings())
    relabel(edited, version="2")
    watch = ModelWatch(Settings(), take_up_model(Settings()))
    relabel(edited, version="1", calibrations=CALIBRATIONS)
    with capture_logs() as logs:
        assert not watch()
    assert "network-1 1: another model of that name" in logs[0]["cause"]
    relabel(edited, version="1", calibrations={})
    assert watch()


def test_a_new_version_counts_once_its_weights_are_there(edited):
    watch = ModelWatch(Settings(), take_up_model(Settings()))
    weights = (edited / WEIGHTS).read_bytes()
    (edited / WEIGHTS).unlink()
    relabel(edited, version="2")
    with capture_logs() as logs:
        assert not watch()
    assert [each["event"] for each in logs] == ["model_not_taken_up"]
    (edited / WEIGHTS).write_bytes(weights)
    assert watch()


@pytest.fixture
def reads(monkeypatch):
    """The folders of bundles that were read."""
    folders = []

    def read(folder):
        folders.append(folder)
        return read_bundle_in(folder)

    monkeypatch.setattr("triage_agent.model_in_use.read_bundle_in", read)
    return folders


def test_a_refused_bundle_is_read_again_only_when_it_has_changed(edited, reads):
    watch = ModelWatch(Settings(), take_up_model(Settings()))
    weights = (edited / WEIGHTS).read_bytes()
    (edited / WEIGHTS).write_bytes(b"half of a copy")
    relabel(edited, version="2")
    reads.clear()
    for _ in range(3):
        assert not watch()
    assert reads == [edited]
    (edited / WEIGHTS).write_bytes(weights)
    assert watch()


def test_a_refused_namesake_is_read_again_only_when_it_is_one_no_more(edited, reads):
    take_up_model(Settings())
    (known,) = known_algorithms(Settings()).files()
    relabel(edited, version="2")
    watch = ModelWatch(Settings(), take_up_model(Settings()))
    relabel(edited, version="1", calibrations=CALIBRATIONS)
    reads.clear()
    for _ in range(3):
        assert not watch()
    assert reads == [edited]
    known.unlink()
    assert watch()


def test_a_bundle_that_goes_away_is_named_and_the_role_stays(edited):
    watch = ModelWatch(Settings(), take_up_model(Settings()))
    shutil.rmtree(edited)
    with capture_logs() as logs:
        assert not watch()
    assert "it is not there" in logs[0]["cause"]
