"""`fit`, and the run folder that it leaves."""

import json

import numpy as np
import pytest
import torch
from click.testing import CliRunner

from model_training.commands import main
from model_training.fit_plan import FitPlan
from model_training.run_folder import RunConfig, RunFolder
from triage_agent.domain.region import Region
from triage_agent.infer.network import build_network
from triage_agent.infer.preprocess import Preprocessing

SMALL = "shufflenet_v2_x0_5"


def run(*arguments, status=0):
    outcome = CliRunner().invoke(main, [str(each) for each in arguments])
    assert outcome.exit_code == status, outcome.output
    return outcome.output


@pytest.fixture
def weights(tmp_path):
    path = tmp_path / "weights.npz"
    torch.manual_seed(1)
    state = build_network(SMALL).model.state_dict()
    np.savez(path, **{name: value.numpy() for name, value in state.items()})
    return path


def test_fit_leaves_what_is_needed_to_go_on(small_fracatlas, weights, tmp_path):
    folder = tmp_path / "run"
    output = run(
        "fit", "--fracatlas", small_fracatlas, "--weights", weights, "--out", folder,
        "--architecture", SMALL, "--size", 32, "--epochs", 1, "--batch", 64,
        "--warm-up-size", 24, "--warm-up-epochs", 1,
        "--synthetic-pairs", 1, "--threads", 1, "--full-precision",
    )  # fmt: skip
    assert output.count("epoch 1:") == 2
    assert len(json.loads((folder / "history.json").read_text())) == 2
    used = RunFolder(folder).read_cohorts()
    assert used["synthetic"].training == 14
    assert used["synthetic"].regions == tuple(sorted(Region))
    assert used["FracAtlas"].training > 4 * used["FracAtlas"].validation / 2


def test_what_can_be_mended_is_said_in_one_line(small_fracatlas, tmp_path):
    np.savez(tmp_path / "other.npz", nothing=np.zeros(1))
    output = run(
        "fit", "--fracatlas", small_fracatlas, "--weights", tmp_path / "other.npz",
        "--out", tmp_path / "run", "--architecture", SMALL, "--synthetic-pairs", 1,
        status=1,
    )  # fmt: skip
    assert "other.npz does not fit" in output
    assert "Traceback" not in output


def test_help_says_how_the_steps_follow():
    output = run("--help")
    steps = ("train  ", "calibrate  ", "evaluate  ", "localise  ", "export  ")
    places = [output.index(step) for step in steps]
    assert places == sorted(places)
    assert "RESEARCH USE ONLY" in output


def test_a_configuration_survives_writing_and_reading(tmp_path):
    config = RunConfig(
        "mobilenet_v2",
        Preprocessing(224, (0.1, 0.2, 0.3), (0.4, 0.5, 0.6)),
        FitPlan(epochs=3, seed=9),
        warm_up_size=96,
        warm_up_epochs=2,
        split_seed=4,
        synthetic_pairs=0,
    )
    RunFolder(tmp_path).write_config(config)
    assert RunFolder(tmp_path).read_config() == config


def test_weights_are_kept_in_half_precision_and_read_back_in_single(tmp_path):
    network = build_network("mobilenet_v2")
    folder = RunFolder(tmp_path)
    folder.write_config(RunConfig("mobilenet_v2", Preprocessing(64, (0.5,) * 3, (0.5,) * 3)))
    folder.write_weights(network)
    assert folder.weights_path.stat().st_size < 5e6
    read = folder.read_network()
    assert not read.training
    stored, given = read.state_dict(), network.state_dict()
    for name, value in given.items():
        assert stored[name].dtype == value.dtype
        assert torch.allclose(stored[name], value, rtol=1e-3, atol=1e-6)


def test_weights_beyond_half_precision_are_refused(tmp_path):
    network = build_network(SMALL)
    with torch.no_grad():
        network.classifier.weight[0, 0] = 1e6
    with pytest.raises(ValueError, match="half precision"):
        RunFolder(tmp_path).write_weights(network)
