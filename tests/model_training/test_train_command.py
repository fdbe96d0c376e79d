"""`train`: any cohort, any network, the settings of the papers."""

import json
import os
import subprocess
import sys
from pathlib import Path

import pytest
import torch
from click.testing import CliRunner
from PIL import Image
from tensorboard.backend.event_processing.event_accumulator import EventAccumulator

from model_training.commands import main
from model_training.presets import PRESETS
from model_training.run_folder import RunFolder

TINY = ("--weights", "none", "--architecture", "shufflenet_v2_x0_5", "--size", 32, "--threads", 1)


def train(*arguments, status=0):
    outcome = CliRunner().invoke(main, ["train", *map(str, (*TINY, *arguments))])
    assert outcome.exit_code == status, outcome.output
    return outcome.output


def test_a_run_folder_holds_all_that_is_needed_to_repeat_it(drawn_mura, tmp_path):
    output = train("--data", f"mura={drawn_mura}", "--epochs", 2, "--batch", 8, "--out", tmp_path)
    assert "epoch 2:" in output
    config = RunFolder(tmp_path).read_config()
    assert config.cohorts == (f"mura={drawn_mura}",)
    assert config.preprocessing.size == 32
    assert (config.plan.epochs, config.plan.batch, config.plan.learning_rate) == (2, 8, 1e-4)
    assert config.plan.weight_by_region
    environment = json.loads((tmp_path / "environment.json").read_text())
    assert environment["device"] == "cpu"
    assert environment["packages"]["torch"]
    assert len(json.loads((tmp_path / "history.json").read_text())) == 2
    with Image.open(tmp_path / "curves.png") as curves:
        assert curves.size[0] > 500
    events = EventAccumulator(str(tmp_path / "tensorboard"))
    events.Reload()
    assert [event.step for event in events.Scalars("loss/validation")] == [1, 2]
    assert RunFolder(tmp_path).read_network().architecture == "shufflenet_v2_x0_5"


def test_a_training_goes_on_only_if_asked(drawn_mura, tmp_path):
    arguments = ("--data", f"mura={drawn_mura}", "--epochs", 1, "--out", tmp_path, "--batch", 16)
    train(*arguments)
    assert "--resume" in train(*arguments, status=1)
    train(*arguments, "--resume")


@pytest.mark.parametrize("data", ["mura", "xray=somewhere", "mura="])
def test_unknown_cohorts_are_refused(tmp_path, data):
    assert "write one of mura" in train("--data", data, "--out", tmp_path, status=1)


@pytest.mark.skipif(torch.cuda.is_available(), reason="a device is there")
def test_a_device_that_is_not_there_is_said_in_one_line(drawn_mura, tmp_path):
    output = train(
        "--data", f"mura={drawn_mura}", "--out", tmp_path / "run", "--device", "cuda", status=1
    )
    assert "finds no CUDA device" in output
    assert not (tmp_path / "run").exists()


def test_presets_are_those_of_the_papers():
    mura, murad = PRESETS["mura"], PRESETS["murad"]
    assert (mura.architecture, mura.size, mura.plan.batch) == ("densenet169", 224, 8)
    assert (murad.size, murad.plan.epochs) == (320, 100)
    assert 16 <= murad.plan.batch <= 64
    for preset in (mura, murad):
        plan = preset.plan
        assert (plan.learning_rate, plan.plateau_factor, plan.weight_decay) == (1e-4, 0.1, 0.0)
        assert plan.augmentation.rotation_degrees == 30
        assert plan.weight_by_region


def test_a_killed_process_is_resumed_to_the_same_bits(drawn_mura, tmp_path):
    options = [*TINY, "--data", f"mura={drawn_mura}", "--epochs", 6, "--batch", 8, "--out"]
    train(*options[len(TINY) :], tmp_path / "whole")
    killed = tmp_path / "killed"
    with subprocess.Popen(
        [sys.executable, "-m", "model_training", "train", *map(str, [*options, killed])],
        cwd=Path(__file__).resolve().parents[2],
        env={**os.environ, "PYTHONUNBUFFERED": "1"},
        stdout=subprocess.PIPE,
        text=True,
    ) as process:
        # The checkpoint of the first epoch lies there as soon as the second one is reported.
        seen = next((line for line in process.stdout if line.startswith("epoch 2:")), "")
        process.kill()
    assert seen
    assert (killed / "checkpoint.pt").exists()
    assert "epoch 1:" not in train(*options[len(TINY) :], killed, "--resume")
    for name in ("best.safetensors", "history.json", "config.json"):
        assert (killed / name).read_bytes() == (tmp_path / "whole" / name).read_bytes()
