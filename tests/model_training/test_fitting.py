"""From initial weights to fitted ones."""

import math
from dataclasses import replace

import numpy as np
import pytest
import torch
from torch import nn

from model_training.augmentation import Augmentation, augment
from model_training.fit_plan import FitPlan
from model_training.fitting import fit
from model_training.folded_batch_norm import is_folded, unfold_batch_norm
from model_training.initial_weights import load_initial_weights
from model_training.localisation_loss import localisation_losses
from model_training.loss import ClassWeights, weighted_bce
from model_training.prediction import predict_logits
from triage_agent.infer.network import build_network
from triage_agent.infer.preprocess import normalise

SMALL = "shufflenet_v2_x0_5"

STILL = Augmentation(
    rotation_degrees=0, zoom=0, shift=0, brightness=0, contrast=0, gamma=1, blur_probability=0
)

PLAN = FitPlan(
    epochs=6,
    batch=8,
    learning_rate=2e-3,
    averaging=0.0,
    drawn_share=1.0,
    reduced_precision=False,
    augmentation=STILL,
)


class Recorder:
    def __init__(self):
        self.shares = []
        self.epochs = []

    def on_step(self, share):
        self.shares.append(share)

    def on_epoch(self, epoch, network):
        self.epochs.append((epoch, {k: v.clone() for k, v in network.state_dict().items()}))


def small_network(seed=0):
    torch.manual_seed(seed)
    return build_network(SMALL)


def test_fitting_sixteen_images_lowers_the_loss(tiny_images, tiny_spec):
    recorder = Recorder()
    plan = replace(PLAN, epochs=15, plateau_epochs=20, give_up_epochs=20)
    history = fit(small_network(), tiny_images, tiny_images, tiny_spec, plan=plan, watcher=recorder)
    assert history[-1].training_loss < 0.7 * history[0].training_loss
    assert [epoch for epoch, _ in recorder.epochs] == history
    assert recorder.shares == sorted(recorder.shares)
    assert recorder.shares[-1] == pytest.approx(1.0)


def test_the_epoch_with_the_best_validation_loss_is_kept(tiny_images, tiny_spec):
    network, recorder = small_network(), Recorder()
    unlearnable = replace(tiny_images, labels=~tiny_images.labels)
    fit(network, tiny_images, unlearnable, tiny_spec, plan=PLAN, watcher=recorder)
    best = min((epoch.validation_loss, index) for index, (epoch, _) in enumerate(recorder.epochs))
    kept = recorder.epochs[best[1]]
    assert kept[0].best
    assert all(torch.equal(value, kept[1][name]) for name, value in network.state_dict().items())
    assert not network.training


def test_fitting_ends_when_nothing_improves(tiny_images, tiny_spec):
    unlearnable = replace(tiny_images, labels=~tiny_images.labels)
    plan = replace(PLAN, epochs=12, give_up_epochs=2, plateau_epochs=0)
    history = fit(
        small_network(), tiny_images, unlearnable, tiny_spec, plan=plan, watcher=Recorder()
    )
    assert len(history) < 12
    assert not any(epoch.best for epoch in history[-2:])
    assert history[-1].learning_rate < history[0].learning_rate


def test_the_seed_decides_the_outcome(tiny_images, tiny_spec):
    def losses(seed):
        plan = replace(PLAN, epochs=2, seed=seed, augmentation=Augmentation())
        history = fit(
            small_network(), tiny_images, tiny_images, tiny_spec, plan=plan, watcher=Recorder()
        )
        return [epoch.training_loss for epoch in history]

    assert losses(1) == losses(1)
    assert losses(1) != losses(2)


def test_batch_norm_can_keep_its_statistics(tiny_images, tiny_spec):
    network = small_network()
    before = {k: v.clone() for k, v in network.state_dict().items() if "running_mean" in k}
    plan = replace(PLAN, epochs=1, batch_norm_learns=False)
    fit(network, tiny_images, tiny_images, tiny_spec, plan=plan, watcher=Recorder())
    after = network.state_dict()
    assert all(torch.allclose(value, after[name]) for name, value in before.items())


def test_every_epoch_uses_all_real_images_and_some_drawn_ones(tiny_images, tiny_spec):
    mixed = replace(tiny_images, drawn=np.arange(16) >= 4)
    steps = Recorder()
    plan = replace(PLAN, epochs=1, batch=1, drawn_share=0.5, batch_norm_learns=False)
    fit(small_network(), mixed, mixed, tiny_spec, plan=plan, watcher=steps)
    assert 4 < len(steps.shares) < 16
    steps = Recorder()
    plan = replace(plan, drawn_share=0.0)
    fit(small_network(), mixed, mixed, tiny_spec, plan=plan, watcher=steps)
    assert len(steps.shares) == 4


def test_predictions_do_not_depend_on_the_batch(tiny_images, tiny_spec):
    network = small_network()
    many = tiny_images + tiny_images + tiny_images
    logits = predict_logits(network, many, tiny_spec)
    assert logits.shape == (48,)
    assert np.allclose(logits[:16], logits[32:], atol=1e-5)


def test_weights_of_the_classes_are_those_of_mura():
    weights = ClassWeights.of([True, False, False, False])
    assert (weights.abnormal, weights.normal) == (0.75, 0.25)
    with pytest.raises(ValueError, match="need both"):
        ClassWeights.of([True, True])


def test_loss_equals_the_formula():
    logits, labels = torch.tensor([1.0, -2.0]), torch.tensor([1.0, 0.0])
    loss = weighted_bce(logits, labels, ClassWeights(abnormal=0.75, normal=0.25))
    by_hand = (0.75 * math.log(1 + math.exp(-1)) + 0.25 * math.log(1 + math.exp(-2))) / 2
    assert float(loss) == pytest.approx(by_hand)


def test_augmentation_without_limits_only_mirrors(tiny_images):
    images = torch.from_numpy(tiny_images.batch(np.arange(16)))
    changed, _ = augment(images, STILL, torch.Generator().manual_seed(1))
    same = (changed - images).abs().amax(dim=(1, 2)) < 1e-4
    mirrored = (changed - images.flip(2)).abs().amax(dim=(1, 2)) < 1e-4
    assert (same | mirrored).all()
    assert same.any()
    assert mirrored.any()


def test_augmented_images_differ_and_stay_in_range(tiny_images):
    images = torch.from_numpy(tiny_images.batch(np.zeros(8, dtype=np.intp)))
    changed, _ = augment(images, Augmentation(), torch.Generator().manual_seed(1))
    assert changed.shape == images.shape
    assert float(changed.min()) >= 0.0
    assert float(changed.max()) <= 1.0
    assert len({round(float(each.mean()), 5) for each in changed}) == 8


def test_masks_are_turned_with_their_images():
    images = torch.zeros(8, 64, 64)
    images[:, 8:24, 36:52] = 1.0
    masks = torch.nn.functional.avg_pool2d(images[:, None], 4)[:, 0]
    how = replace(STILL, rotation_degrees=40.0, zoom=0.2, shift=0.1)
    changed, turned = augment(images, how, torch.Generator().manual_seed(1), masks)
    shrunk = torch.nn.functional.avg_pool2d(changed[:, None], 4)[:, 0]
    assert turned.shape == masks.shape
    assert float((shrunk - turned).abs().mean()) < 0.02
    assert float((turned - masks).abs().mean()) > 0.02


def test_the_rate_of_an_annealed_fit_rises_and_falls_to_nothing(tiny_images, tiny_spec):
    plan = replace(PLAN, epochs=4, annealed=True, localisation=1.0)
    history = fit(
        small_network(), tiny_images, tiny_images, tiny_spec, plan=plan, watcher=Recorder()
    )
    assert len(history) == 4
    assert history[1].learning_rate > history[2].learning_rate > history[3].learning_rate > 0


def test_masks_draw_the_map_to_the_abnormality(tiny_images, tiny_spec):
    """The upper half of every abnormal image is marked."""
    masks = np.zeros((16, 12, 12), dtype=np.uint8)
    masks[tiny_images.labels, :6] = 255
    marked = replace(tiny_images, masks=masks)

    def share_on_it(localisation):
        network, recorder = small_network(), Recorder()
        plan = replace(PLAN, epochs=15, localisation=localisation, give_up_epochs=99)
        fit(network, marked, marked, tiny_spec, plan=plan, watcher=recorder)
        # The last epoch, not the one that judges labels best.
        network.load_state_dict(recorder.epochs[-1][1])
        chosen = np.flatnonzero(marked.labels)
        batch = torch.from_numpy(normalise(marked.batch(chosen), tiny_spec))
        with torch.inference_mode():
            maps = network(batch)[1]
        losses = localisation_losses(maps, torch.from_numpy(masks[chosen]).float() / 255.0)
        return float(torch.exp(-losses).mean())

    assert share_on_it(1.0) > share_on_it(0.0) + 0.1


def test_blur_removes_fine_detail():
    stripes = (torch.arange(32) % 2).float().repeat(4, 32, 1)
    blurred, _ = augment(stripes, replace(STILL, blur_probability=1.0), torch.Generator())
    assert float(blurred.std()) < 0.5 * float(stripes.std())


@pytest.fixture
def folded(tmp_path):
    """Weights of a small network whose batch norm layers pass their input through."""
    network = small_network(5)
    with torch.no_grad():
        for layer in network.modules():
            if isinstance(layer, nn.BatchNorm2d):
                layer.weight.fill_(1.0)
                layer.bias.normal_(0.0, 0.5)
                layer.running_var.fill_(1.0 - layer.eps)
    path = tmp_path / "weights.npz"
    np.savez(path, **{k: v.numpy() for k, v in network.model.state_dict().items()})
    return network, path


def test_initial_weights_fill_all_but_the_head(folded):
    source, path = folded
    network = small_network(6)
    head = network.classifier.weight.detach().clone()
    load_initial_weights(network, path)
    assert torch.equal(network.classifier.weight, head)
    filled, given = network.model.state_dict(), source.model.state_dict()
    assert all(torch.equal(filled[k], v) for k, v in given.items() if not k.startswith("fc."))


@pytest.mark.parametrize(
    ("change", "cause"),
    [
        (lambda w: w.pop("conv1.0.weight"), "missing"),
        (lambda w: w.update({"stem.weight": np.zeros(3)}), "unexpected"),
        (lambda w: w.update({"conv1.0.weight": np.zeros((1, 2))}), "size mismatch"),
    ],
)
def test_weights_of_another_network_are_refused(folded, tmp_path, change, cause):
    _, path = folded
    weights = dict(np.load(path))
    change(weights)
    np.savez(tmp_path / "other.npz", **weights)
    with pytest.raises(ValueError, match=cause):
        load_initial_weights(small_network(), tmp_path / "other.npz")


def test_unfolding_changes_statistics_but_not_the_function(folded):
    network, _ = folded
    assert is_folded(network)
    network.eval()
    batch = torch.randn(24, 3, 48, 48)
    with torch.inference_mode():
        before = network(batch)[0]
    unfold_batch_norm(network.train(), batch)
    assert not is_folded(network)
    assert network.training
    network.eval()
    with torch.inference_mode():
        assert torch.allclose(network(batch)[0], before, atol=1e-4)
        network.train()
        # Now batch statistics and stored ones agree, so that training starts where it should.
        assert torch.allclose(network(batch)[0], before, atol=0.05 * float(before.std()) + 1e-3)


def test_batch_norm_without_statistics_cannot_be_unfolded():
    layer = nn.Sequential(nn.BatchNorm2d(3, track_running_stats=False))
    with pytest.raises(ValueError, match="running statistics"):
        unfold_batch_norm(layer, torch.randn(2, 3, 4, 4))
