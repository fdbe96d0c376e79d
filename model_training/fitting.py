"""Fitting all layers of a network, keeping the epoch with the best validation loss."""

import copy
from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import Protocol, cast

import numpy as np
import numpy.typing as npt
import torch
from torch import Tensor, nn
from torch.optim.swa_utils import AveragedModel, get_ema_multi_avg_fn

from model_training.augmentation import Augmentation, augment
from model_training.evaluation.auc import auc
from model_training.images import ImageSet
from model_training.loss import ClassWeights, weighted_bce
from model_training.prediction import predict_logits
from triage_agent.infer.network import TriageNetwork
from triage_agent.infer.preprocess import Preprocessing, normalise


@dataclass(frozen=True, slots=True)
class FitPlan:
    """How to fit.

    Attributes:
        epochs: passes over the training images, at most.
        batch: images per step.
        learning_rate: of Adam, at the start.
        weight_decay: of Adam, decoupled, on weights with more than one dimension.
        plateau_epochs: epochs without a better validation loss before the rate is cut to 30%.
        give_up_epochs: epochs without a better validation loss before fitting ends.
        averaging: share of the past in a running average of the weights over the steps; the
            average is what is validated and kept, as it varies less from step to step. 0: none.
        batch_norm_learns: whether batch norm normalises by each batch; if not, its statistics stay
            as they were and only its scale and shift are fitted.
        reduced_precision: whether to compute in bfloat16 where it is safe.
        drawn_share: share of the synthetic images that each epoch uses, another each time; real
            images are all used.
        seed: of the order of the images, of their changes and of dropout.
        augmentation: how training images are changed.
    """

    epochs: int = 30
    batch: int = 16
    learning_rate: float = 3e-4
    weight_decay: float = 1e-4
    plateau_epochs: int = 3
    give_up_epochs: int = 8
    averaging: float = 0.98
    batch_norm_learns: bool = True
    reduced_precision: bool = True
    drawn_share: float = 0.35
    seed: int = 1
    augmentation: Augmentation = field(default_factory=Augmentation)


@dataclass(frozen=True, slots=True)
class Epoch:
    """What one pass over the training images brought. `validation_auc` is in 0..1."""

    number: int
    learning_rate: float
    training_loss: float
    validation_loss: float
    validation_auc: float
    best: bool


class Watcher(Protocol):
    """Who is told how the fit proceeds."""

    def on_step(self, share: float) -> None:
        """So much of the fit is done, from 0 to 1, were all its epochs needed."""

    def on_epoch(self, epoch: Epoch, network: TriageNetwork) -> None:
        """An epoch is done; `network` is what was validated, to be kept if `epoch.best`."""


def fit(
    network: TriageNetwork,
    training: ImageSet,
    validation: ImageSet,
    spec: Preprocessing,
    *,
    plan: FitPlan,
    watcher: Watcher,
) -> list[Epoch]:
    """Fit in place; at the end the network has the weights of the best epoch, in evaluation mode.

    The best epoch is the one with the lowest weighted loss on the validation images.

    Raises:
        ValueError: the training images do not show both classes.
    """
    weights = ClassWeights.of(training.labels)
    torch.manual_seed(plan.seed)
    generator = torch.Generator().manual_seed(plan.seed)
    optimiser = _optimiser(network, plan)
    schedule = torch.optim.lr_scheduler.ReduceLROnPlateau(
        optimiser, factor=0.3, patience=plan.plateau_epochs
    )
    network.to(memory_format=torch.channels_last)
    running_average = get_ema_multi_avg_fn(plan.averaging)  # type: ignore[no-untyped-call]
    averaged = AveragedModel(network, multi_avg_fn=running_average, use_buffers=True)
    candidate = cast("TriageNetwork", averaged.module)
    best_weights = copy.deepcopy(network.state_dict())
    history: list[Epoch] = []
    best_loss, stale = float("inf"), 0
    for number in range(1, plan.epochs + 1):
        rate = float(optimiser.param_groups[0]["lr"])
        losses = []
        _set_training(network, batch_norm_learns=plan.batch_norm_learns)
        order = _epoch_order(training, plan.drawn_share, generator)
        steps = -(-len(order) // plan.batch)
        batches = _batches(training, order, spec, plan, generator)
        for step, (batch, labels) in enumerate(batches, 1):
            loss = _loss(network, batch, labels, weights, plan)
            optimiser.zero_grad()
            loss.backward()  # type: ignore[no-untyped-call]
            optimiser.step()
            averaged.update_parameters(network)
            losses.append(float(loss.detach()))
            watcher.on_step((number - 1 + step / steps) / plan.epochs)
        logits = predict_logits(
            candidate, validation, spec, reduced_precision=plan.reduced_precision
        )
        validation_loss = _loss_of(logits, validation, weights)
        better = validation_loss < best_loss
        if better:
            best_loss, stale = validation_loss, 0
            best_weights = copy.deepcopy(candidate.state_dict())
        else:
            stale += 1
        history.append(
            Epoch(
                number=number,
                learning_rate=rate,
                training_loss=float(np.mean(losses)),
                validation_loss=validation_loss,
                validation_auc=auc(logits, validation.labels),
                best=better,
            )
        )
        watcher.on_epoch(history[-1], candidate)
        schedule.step(validation_loss)
        if stale >= plan.give_up_epochs:
            break
    network.load_state_dict(best_weights)
    network.eval()
    return history


def _optimiser(network: nn.Module, plan: FitPlan) -> torch.optim.Optimizer:
    parameters = [p for p in network.parameters() if p.requires_grad]
    return torch.optim.AdamW(
        [
            {"params": [p for p in parameters if p.ndim > 1], "weight_decay": plan.weight_decay},
            {"params": [p for p in parameters if p.ndim <= 1], "weight_decay": 0.0},
        ],
        lr=plan.learning_rate,
        fused=True,
    )


def _set_training(network: nn.Module, *, batch_norm_learns: bool) -> None:
    network.train()
    if not batch_norm_learns:
        for layer in network.modules():
            if isinstance(layer, nn.BatchNorm2d):
                layer.eval()


def _epoch_order(
    images: ImageSet, drawn_share: float, generator: torch.Generator
) -> npt.NDArray[np.intp]:
    """All real images and a share of the synthetic ones, shuffled."""
    chance = torch.rand(len(images), generator=generator).numpy()
    used = np.flatnonzero(~images.drawn | (chance < drawn_share))
    order: npt.NDArray[np.intp] = used[torch.randperm(len(used), generator=generator).numpy()]
    return order


def _batches(
    images: ImageSet,
    order: npt.NDArray[np.intp],
    spec: Preprocessing,
    plan: FitPlan,
    generator: torch.Generator,
) -> Iterator[tuple[Tensor, Tensor]]:
    for start in range(0, len(order), plan.batch):
        indices = order[start : start + plan.batch]
        raw = torch.from_numpy(images.batch(indices))
        changed = augment(raw, plan.augmentation, generator).numpy()
        batch = torch.from_numpy(normalise(changed, spec))
        labels = torch.from_numpy(images.labels[indices].astype(np.float32))
        yield batch.contiguous(memory_format=torch.channels_last), labels


def _loss(
    network: TriageNetwork, batch: Tensor, labels: Tensor, weights: ClassWeights, plan: FitPlan
) -> Tensor:
    with torch.autocast("cpu", torch.bfloat16, enabled=plan.reduced_precision):
        logits, _ = network(batch)
    return weighted_bce(logits, labels, weights)


def _loss_of(logits: npt.NDArray[np.float64], images: ImageSet, weights: ClassWeights) -> float:
    labels = torch.from_numpy(images.labels.astype(np.float32))
    return float(weighted_bce(torch.from_numpy(logits), labels, weights))
