"""Kill and resume, streaming, and several processes: none of it changes what is learnt."""

import os
import subprocess
import sys
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
import torch

from model_training.cohorts.mura import mura
from model_training.fit_plan import FitPlan
from model_training.fitting import fit
from model_training.loss import StudyTypeWeights, image_losses
from model_training.machine import Machine
from model_training.parallel import ALONE, Processes
from model_training.run_folder import RunFolder, Stage
from model_training.training import Means, run_training
from model_training.training_batches import TrainingBatches
from model_training.watchers import Silence
from tests.model_training.conftest import small_config
from tests.model_training.two_processes import fitted
from triage_agent.infer.network import build_network

SMALL = "shufflenet_v2_x0_5"

PLAN = FitPlan(
    epochs=3, batch=8, learning_rate=1e-3, reduced_precision=False, averaging=0.5, drawn_share=1.0
)


class Killed(Exception):
    pass


class KillAfter(Silence):
    """Ends the process, as far as the fit can tell, in the middle of an epoch."""

    def __init__(self, share):
        self._share = share

    def on_step(self, share):
        if share > self._share:
            raise Killed


def dropping_network():
    torch.manual_seed(4)
    return build_network("efficientnet_b0")


def same(one, other):
    assert one.keys() == other.keys()
    return all(torch.equal(value, other[name]) for name, value in one.items())


@pytest.mark.parametrize("share", [0.4, 0.7])
def test_a_resumed_fit_ends_with_the_same_bits(tiny_images, tiny_spec, tmp_path, share):
    def go(watcher, checkpoint=None):
        network = dropping_network()
        history = fit(
            network,
            tiny_images,
            tiny_images,
            tiny_spec,
            plan=PLAN,
            watcher=watcher,
            checkpoint=checkpoint,
        )
        return network.state_dict(), history

    whole, history = go(Silence())
    with pytest.raises(Killed):
        go(KillAfter(share), tmp_path / "c.pt")
    resumed, resumed_history = go(Silence(), tmp_path / "c.pt")
    assert resumed_history == history
    assert same(whole, resumed)
    # A fit that has ended only takes up its best weights.
    again, _ = go(KillAfter(0.0), tmp_path / "c.pt")
    assert same(whole, again)


def test_a_killed_training_of_several_stages_is_resumed(drawn_mura, tiny_spec, tmp_path):
    samples = mura(drawn_mura, 1, validation_share=0.3)
    config = small_config(tiny_spec, earlier=(Stage(32, replace(PLAN, epochs=2)),))
    run_training(config, samples, "none", RunFolder(tmp_path / "a"), watcher=Silence())
    for share in (0.7, 0.7, 1.1):
        means = Means(resume=(tmp_path / "b").exists())
        try:
            run_training(
                config,
                samples,
                "none",
                RunFolder(tmp_path / "b"),
                watcher=KillAfter(share),
                means=means,
            )
        except Killed:
            continue
    for name in ("best.safetensors", "history.json", "config.json"):
        assert (tmp_path / "a" / name).read_bytes() == (tmp_path / "b" / name).read_bytes()
    assert (tmp_path / "a" / "history.json").read_text().count('"number"') == 4


def test_a_training_that_has_ended_reads_no_image_again(drawn_mura, tiny_spec, tmp_path):
    samples = mura(drawn_mura, 1, validation_share=0.3)
    config, folder = small_config(tiny_spec), RunFolder(tmp_path)
    history = run_training(config, samples, "none", folder, watcher=Silence())
    read = []
    again = run_training(
        config,
        samples,
        "none",
        folder,
        watcher=Silence(),
        means=Means(resume=True),
        on_image=lambda: read.append(1),
    )
    assert (again, read) == (history, [])


def test_classes_are_weighted_by_type_of_study():
    labels = np.array([True, False, False, False, True, True])
    regions = ("HAND", "HAND", "HAND", "HAND", "KNEE", "KNEE")
    weights = StudyTypeWeights.of(labels, regions)
    given = weights.of_images(labels, regions)
    # HAND: 1 abnormal, 3 normal. KNEE shows abnormal images only: they weigh nothing.
    assert given.tolist() == [0.75, 0.25, 0.25, 0.25, 0.0, 0.0]
    # A type that was not trained on weighs as all images do: three of each.
    assert weights.of_images(labels[:2], ("FOOT", "FOOT")).tolist() == [0.5, 0.5]
    assert StudyTypeWeights.of(labels).of_images(labels, ()).tolist() == [0.5] * 6
    losses = image_losses(torch.zeros(2), torch.tensor([1.0, 0.0]), torch.tensor([0.75, 0.25]))
    assert losses.tolist() == pytest.approx([0.75 * np.log(2), 0.25 * np.log(2)])


@pytest.mark.parametrize("machine", [Machine(channels_last=False), Machine()])
def test_mixed_precision_and_either_layout_fit(tiny_images, tiny_spec, machine):
    plan = replace(PLAN, epochs=1, reduced_precision=True)
    torch.manual_seed(1)
    network = build_network(SMALL)
    (epoch,) = fit(
        network,
        tiny_images,
        tiny_images,
        tiny_spec,
        plan=plan,
        watcher=Silence(),
        machine=machine,
    )
    assert np.isfinite(epoch.training_loss)
    assert all(value.dtype != torch.bfloat16 for value in network.state_dict().values())


@pytest.mark.parametrize(
    "architecture", ["densenet121", "inception_v3", "vgg11_bn", "convnext_tiny", "resnet34"]
)
def test_networks_of_every_kind_train_a_step(tiny_images, tiny_spec, architecture):
    size = 80 if architecture == "inception_v3" else 48
    spec = replace(tiny_spec, size=size)
    few = tiny_images.subset(np.arange(16) < 4).shrunk(spec)
    torch.manual_seed(1)
    network = build_network(architecture)
    before = {name: value.clone() for name, value in network.named_parameters()}
    plan = replace(PLAN, epochs=1, batch=4)
    (epoch,) = fit(network, few, few, spec, plan=plan, watcher=Silence())
    assert epoch.best
    changed = [name for name, value in network.named_parameters() if (value != before[name]).any()]
    # Every layer learns, but for biases that a batch norm takes away again.
    assert len(changed) > 0.7 * len(before)
    assert "model.classifier" in str(changed) or "model.fc" in str(changed)


def test_a_last_batch_of_one_image_is_left_out(tiny_images, tiny_spec):
    def sizes(count, batch, processes=1):
        images = tiny_images.subset(np.arange(16) < count)
        weights = np.ones(count, dtype=np.float32)
        plan = replace(PLAN, batch=batch)
        batches = TrainingBatches(images, weights, tiny_spec, plan, Processes(0, processes))
        found = [(len(each.labels), each.size) for each in batches.of_epoch(1)]
        assert batches.steps == len(found)
        return found

    assert sizes(9, 4) == [(4, 4), (4, 4)]
    assert sizes(10, 4) == [(4, 4), (4, 4), (2, 2)]
    assert sizes(3, 1) == [(1, 1)] * 3
    assert sizes(1, 4) == [(1, 1)]
    assert sizes(11, 8, processes=2) == [(4, 8)]
    with pytest.raises(ValueError, match="too few"):
        sizes(1, 8, processes=2)


def test_two_processes_learn_what_one_learns(tmp_path):
    alone, history = fitted(ALONE)
    done = subprocess.run(
        [
            sys.executable, "-m", "torch.distributed.run", "--standalone",
            "--local-addr", "127.0.0.1", "--nproc-per-node", "2",
            "-m", "tests.model_training.two_processes", str(tmp_path),
        ],
        cwd=Path(__file__).resolve().parents[2],
        env={**os.environ, "OMP_NUM_THREADS": "1", "GLOO_SOCKET_IFNAME": "lo"},
        capture_output=True,
        text=True,
        check=False,
        timeout=200,
    )  # fmt: skip
    assert done.returncode == 0, done.stderr + done.stdout
    first, second = (torch.load(tmp_path / f"{rank}.pt", weights_only=True) for rank in (0, 1))
    assert first["count"] == second["count"] == 2
    assert same(first["weights"], second["weights"])
    for name, value in alone.state_dict().items():
        assert torch.allclose(first["weights"][name], value, atol=2e-5), name
    for (_, validation_loss), epoch in zip(first["losses"], history, strict=True):
        assert validation_loss == pytest.approx(epoch.validation_loss, abs=1e-5)
