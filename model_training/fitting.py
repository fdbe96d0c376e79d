"""Fitting all layers of a network, keeping the epoch with the best validation loss."""

from pathlib import Path

import numpy as np
import numpy.typing as npt
import torch
from torch import Tensor, nn

from model_training.course import Course
from model_training.evaluation.auc import auc
from model_training.fit_plan import Epoch, FitPlan, Watcher
from model_training.images import Images
from model_training.localisation_loss import localisation_losses
from model_training.loss import StudyTypeWeights, image_losses
from model_training.machine import PROCESSOR, Machine
from model_training.parallel import ALONE, Processes
from model_training.prediction import predict_logits
from model_training.training_batches import Batch, TrainingBatches, chance
from triage_agent.infer.network import TriageNetwork
from triage_agent.infer.preprocess import Preprocessing


def fit(
    network: TriageNetwork,
    training: Images,
    validation: Images,
    spec: Preprocessing,
    *,
    plan: FitPlan,
    watcher: Watcher,
    machine: Machine = PROCESSOR,
    processes: Processes = ALONE,
    checkpoint: Path | None = None,
) -> list[Epoch]:
    """Fit in place; at the end the network has the weights of the best epoch, in evaluation mode.

    The best epoch is the one with the lowest weighted loss on the validation images. All chance in
    an epoch follows from the seed and its number; so a fit that goes on from a checkpoint ends
    with the weights of one that was never interrupted, bit for bit on one processor.

    Args:
        network: with its initial weights; moved to the device of `machine`.
        training: what to fit on.
        validation: what to choose the epoch by.
        spec: the network's preprocessing.
        plan: how to fit.
        watcher: told about every step and epoch of this process.
        machine: where to compute.
        processes: among which each batch is divided.
        checkpoint: written after every epoch; if it is there, the fit goes on from it.

    Raises:
        ValueError: the training images do not show both classes, or the network has no row of
            blocks of which some could be frozen.
        OSError: the checkpoint cannot be read or written.
    """
    regions = training.regions if plan.weight_by_region else ()
    weighing = StudyTypeWeights.of(training.labels, regions)
    batches = TrainingBatches(
        training, weighing.of_images(training.labels, regions), spec, plan, processes
    )
    _freeze(network, plan.frozen)
    course = Course(network, plan, machine)
    if checkpoint is not None:
        course.restore(checkpoint)
    parallel = processes.wrapped(network, machine.device)
    while not course.ended:
        number = course.epochs_done + 1
        rate = course.rate
        torch.manual_seed(chance(plan.seed, number, "dropout", processes.rank))
        _set_training(parallel, network, plan)
        losses = []
        for step, batch in enumerate(batches.of_epoch(number), 1):
            loss = _loss(parallel, batch, machine, plan) * (processes.count / batch.size)
            share = (number - 1 + min(step / batches.steps, 1.0)) / plan.epochs
            course.anneal(share)
            course.step(loss)
            losses.append(float(loss.detach()))
            watcher.on_step(share)
        processes.align_buffers(network, course.candidate)
        logits = processes.gathered(
            predict_logits(
                course.candidate,
                validation,
                spec,
                reduced_precision=plan.reduced_precision,
                machine=machine,
                indices=processes.share(np.arange(len(validation))),
            )
        )
        training_loss = processes.gathered(np.array([np.mean(losses)])).mean()
        epoch = course.note(
            rate,
            training_loss=float(training_loss),
            validation_loss=_loss_of(logits, validation, weighing),
            validation_auc=auc(logits, validation.labels),
        )
        watcher.on_epoch(epoch, course.candidate)
        if checkpoint is not None and processes.is_first:
            course.save(checkpoint)
        processes.wait()
    course.finish()
    return course.history


def _leading(network: TriageNetwork, count: int) -> list[nn.Module]:
    if not count:
        return []
    blocks = getattr(network.model, "features", None)
    if not isinstance(blocks, nn.Sequential):
        raise ValueError(  # noqa: TRY004 (what was asked for is wrong, not its type)
            f"{network.architecture} has no row of blocks to freeze the first of"
        )
    return list(blocks)[:count]


def _freeze(network: TriageNetwork, count: int) -> None:
    network.requires_grad_(requires_grad=True)
    for block in _leading(network, count):
        block.requires_grad_(requires_grad=False)


def _set_training(parallel: nn.Module, network: TriageNetwork, plan: FitPlan) -> None:
    parallel.train()
    held = _leading(network, plan.frozen) if plan.batch_norm_learns else [parallel]
    for part in held:
        for layer in part.modules():
            if isinstance(layer, nn.BatchNorm2d):
                layer.eval()


def _loss(network: nn.Module, batch: Batch, machine: Machine, plan: FitPlan) -> Tensor:
    images = machine.take(batch.images)
    with torch.autocast(machine.kind, torch.bfloat16, enabled=plan.reduced_precision):
        logits, maps = network(images)[:2]
    labels, weights = batch.labels.to(machine.device), batch.weights.to(machine.device)
    losses = image_losses(logits, labels, weights)
    if batch.masks is not None:
        masks = batch.masks.to(machine.device)
        losses = losses + plan.localisation * localisation_losses(maps, masks)
    return losses.sum()


def _loss_of(logits: npt.NDArray[np.float64], images: Images, weighing: StudyTypeWeights) -> float:
    labels = torch.from_numpy(images.labels.astype(np.float32))
    weights = torch.from_numpy(weighing.of_images(images.labels, images.regions))
    return float(image_losses(torch.from_numpy(logits), labels, weights).mean())
