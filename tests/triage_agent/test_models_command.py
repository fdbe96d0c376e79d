"""`triage-agent model`: bundles are verified, installed, chosen and listed."""

import errno
import os
import pwd
import shutil
from pathlib import Path

import pytest

from tests.fakes.bundle import relabel, write_bundle
from triage_agent.adapters.torch_inference.bundle_files import BUNDLED_FOLDER, WEIGHTS, read_model
from triage_agent.adapters.torch_inference.installed_bundles import InstalledBundles
from triage_agent.adapters.torch_inference.onnx_cache import SHIPPED
from triage_agent.adapters.torch_inference.ship_export import ship_export
from triage_agent.composition import open_node
from triage_agent.domain.audit import AuditFilter, AuditLine, Deed
from triage_agent.infer.bundle import ModelBundle
from triage_agent.model_in_use import (
    ModelWatch,
    installed_bundles,
    known_algorithms,
    model_folder,
    take_up_model,
)
from triage_agent.settings import Settings

FEATURES = 1280  # of a MobileNetV2


@pytest.fixture(scope="module")
def written(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("written") / "bundle"
    write_bundle(folder, name="other", version="2", device_uid="2.25.2")
    ship_export(folder)  # once: else each `verify` and `use` makes the compiled form for itself
    return folder


@pytest.fixture
def folder(written: Path, tmp_path: Path) -> Path:
    return Path(shutil.copytree(written, tmp_path / "exported"))


def bundled() -> ModelBundle:
    from triage_agent.adapters.torch_inference.bundle_files import read_bundle

    return read_bundle(BUNDLED_FOLDER).bundle


def test_verifying_says_what_was_checked_and_installs_nothing(invoke, folder, tmp_path):
    result = invoke("verify", str(folder))
    assert result.exit_code == 0
    assert [line.split(":")[0] for line in result.stdout.splitlines()] == [
        "card",
        WEIGHTS,
        "weights",
        "compiled form",
    ]
    assert not (tmp_path / "node").exists()


@pytest.mark.parametrize("command", ["verify", "use"])
def test_a_damaged_bundle_is_refused_in_one_line(invoke, folder, tmp_path, command):
    (folder / WEIGHTS).write_bytes(b"damaged")
    result = invoke(command, str(folder))
    assert (result.exit_code, result.stdout) == (1, "")
    [line] = result.stderr.splitlines()
    assert "its SHA-256 is" in line
    assert not (tmp_path / "node").exists()


def test_a_bundle_is_taken_into_use_and_back(invoke, folder):
    before = take_up_model(Settings())
    watch = ModelWatch(Settings(), before)
    assert not watch()
    used = invoke("use", str(folder))
    assert used.exit_code == 0, used.stderr
    assert "other 2 is in use" in used.stdout
    assert watch()
    shutil.rmtree(folder)
    after = take_up_model(Settings())
    assert (after.bundle.name, after.bundle.version) == ("other", "2")
    assert (after.weights.parent / f"{SHIPPED}.onnx").is_file()
    assert not ModelWatch(Settings(), after)()
    assert known_algorithms(Settings()).device_uids() == {bundled().device_uid, "2.25.2"}
    listed = invoke("list").stdout.splitlines()
    assert [line for line in listed if "in use" in line] == [
        f"other 2  {after.weights.parent.name}  in use"
    ]
    assert f"    {bundled().architecture}, Device UID {bundled().device_uid}" in listed
    assert "Device UID 2.25.2" in invoke("show").stdout

    assert invoke("use", "--bundled").exit_code == 0
    assert model_folder(Settings()) == BUNDLED_FOLDER
    assert not watch()
    for name in ("other", "other 2", after.weights.parent.name):
        assert invoke("use", name).exit_code == 0
    assert model_folder(Settings()) == after.weights.parent


def audit_lines() -> list[AuditLine]:
    with open_node(Settings()) as node:
        return [each.line for each in node.audit.export(AuditFilter())]


def test_a_choice_that_could_not_be_written_is_not_in_the_audit_trail(invoke, folder, monkeypatch):
    def fail(*_: object) -> None:
        raise OSError(errno.ENOSPC, "No space left on device")

    monkeypatch.setattr(InstalledBundles, "choose", fail)
    assert "cannot be put into" in invoke("use", str(folder)).stderr
    monkeypatch.setattr(InstalledBundles, "remove", fail)
    (kept,) = installed_bundles(Settings()).folders()
    assert "cannot be removed from" in invoke("remove", kept.name).stderr
    assert audit_lines() == []


def test_who_changes_the_model_stands_in_the_audit_trail(invoke, folder):
    invoke("use", str(folder))
    (kept,) = installed_bundles(Settings()).folders()
    for refused in (("use", "nowhere"), ("remove", kept.name)):
        assert invoke(*refused).exit_code == 1
    invoke("use", "--bundled")
    invoke("remove", "other 2")
    user, lines = pwd.getpwuid(os.getuid()).pw_name, audit_lines()
    assert {(each.who, each.deed) for each in lines} == {("command line", Deed.MODEL_CHANGED)}
    assert [each.detail for each in lines] == [
        f"other 2 chosen; by {user}",
        f"{bundled().model} chosen; by {user}",
        f"other 2 removed; by {user}",
    ]


def test_a_model_whose_installed_copy_is_damaged_is_shown_and_not_taken_up(invoke, folder):
    watch = ModelWatch(Settings(), take_up_model(Settings()))
    assert invoke("use", str(folder)).exit_code == 0  # else the bundled model would be damaged
    (model_folder(Settings()) / WEIGHTS).write_bytes(b"damaged")
    assert not watch()
    assert not watch()
    assert f"(damaged)  {model_folder(Settings()).name}  in use" in invoke("list").stdout
    assert invoke("use", str(folder)).exit_code == 0
    assert watch()


def test_the_settings_win_and_the_command_says_so(invoke, folder, monkeypatch, tmp_path):
    monkeypatch.setenv("TRIAGE_INFER__BUNDLE", str(folder))
    watch = ModelWatch(Settings(), take_up_model(Settings()))
    second = Path(shutil.copytree(folder, tmp_path / "second"))
    relabel(second, name="third", device_uid="2.25.3")
    result = invoke("use", str(second))
    assert result.exit_code == 0
    assert f"infer.bundle is set to {folder} and wins" in result.stdout
    assert not watch()
    listed = invoke("list").stdout
    assert "other 2  settings  in use" in listed
    assert "infer.bundle is set and wins" in listed
    monkeypatch.delenv("TRIAGE_INFER__BUNDLE")
    assert take_up_model(Settings()).bundle.name == "third"


@pytest.mark.parametrize(
    ("fields", "complaint"),
    [
        ({"device_uid": "2.25.3"}, "other 2: another model of that name and version"),
        ({"operating_points": {"WRIST": 0.4}}, "other 2: another model of that name and version"),
        (
            {"calibrations": {"WRIST": {"slope": 2.0, "intercept": 0.0}}},
            "other 2: another model of that name and version",
        ),
        (
            {"scope_gate": {"weights": [0.0] * FEATURES, "bias": -1.0}},
            "other 2: another model of that name and version",
        ),
        ({"version": "3"}, "other 3: has the Device UID of other 2"),
    ],
)
def test_a_model_that_could_be_taken_for_another_is_refused(invoke, folder, fields, complaint):
    assert invoke("use", str(folder)).exit_code == 0
    relabel(folder, **fields)
    result = invoke("use", str(folder))
    assert result.exit_code == 1
    assert complaint in result.stderr


def test_a_namesake_that_never_was_in_use_gives_way_when_it_is_removed(invoke, folder):
    place = installed_bundles(Settings()).install(read_model(folder)).name
    relabel(folder, operating_points={"WRIST": 0.4})
    complaint = invoke("use", str(folder)).stderr
    assert f"can be chosen here: {place}. Choose that one, remove it" in complaint
    assert f"(`triage-agent model remove {place}`)" in complaint
    assert "known" not in complaint
    assert invoke("remove", place).exit_code == 0
    assert invoke("use", str(folder)).exit_code == 0


def test_the_bundled_models_own_name_is_not_to_be_had(invoke, folder):
    relabel(folder, name=bundled().name, version=bundled().version)
    complaint = invoke("use", str(folder)).stderr
    assert "another model of that name and version" in complaint
    assert complaint.endswith(
        "can be chosen here: bundled. Choose that one, or export this one with a version of its "
        "own.\n"
    )


def test_a_name_that_is_not_clear_is_refused(invoke, folder):
    invoke("use", str(folder))
    relabel(folder, version="3", device_uid="2.25.3")
    invoke("use", str(folder))
    assert "several models are called so: name one of" in invoke("use", "other").stderr
    assert "is no folder and no model that is here" in invoke("use", "nobody").stderr
    assert "other 2, other 3" in invoke("use", "nobody").stderr.replace(
        "other 3, other 2", "other 2, other 3"
    )


@pytest.mark.parametrize("arguments", [(), ("name", "--bundled")])
def test_one_says_which_model(invoke, arguments):
    result = invoke("use", *arguments)
    assert result.exit_code == 2
    assert "--bundled" in result.stderr
