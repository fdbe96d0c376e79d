"""The commands' help, and the run folder that they leave."""

import pytest
import torch
from click.testing import CliRunner

from model_training.commands import main
from model_training.fit_plan import FitPlan
from model_training.run_folder import RunConfig, RunFolder, Stage
from triage_agent.infer.network import build_network
from triage_agent.infer.preprocess import Preprocessing


def run(*arguments, status=0):
    outcome = CliRunner().invoke(main, [str(each) for each in arguments])
    assert outcome.exit_code == status, outcome.output
    return outcome.output


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
        earlier=(Stage(96, FitPlan(epochs=2), 5), Stage(128, FitPlan(annealed=True))),
        split_seed=4,
        synthetic_pairs=0,
        slipped_pairs=2,
        hand_pairs=3,
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
    network = build_network("shufflenet_v2_x0_5")
    with torch.no_grad():
        network.classifier.weight[0, 0] = 1e6
    with pytest.raises(ValueError, match="half precision"):
        RunFolder(tmp_path).write_weights(network)
