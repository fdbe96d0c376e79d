"""One training from start to end: images, initial weights, fit, run folder."""

from collections.abc import Callable
from dataclasses import replace
from pathlib import Path

import numpy as np
import torch

from model_training.cohorts.fracatlas import fracatlas
from model_training.cohorts.sample import Part, Sample
from model_training.cohorts.synthetic import synthetic, validation_pairs
from model_training.fitting import Epoch, Watcher, fit
from model_training.images import ImageSet, load_images
from model_training.initial_weights import load_initial_weights, unfold_batch_norm
from model_training.run_folder import RunConfig, RunFolder
from triage_agent.infer.network import TriageNetwork, build_network
from triage_agent.infer.preprocess import normalise

# The network is near its goal by then: larger steps would only undo what it learnt.
_RATE_AFTER_WARM_UP = 0.4

# Images from which batch norm layers take their first statistics.
_STATISTICS_IMAGES = 128


class Keeper:
    """A watcher that writes the history and the best weights as soon as there are new ones."""

    def __init__(self, folder: RunFolder, inner: Watcher) -> None:
        self._folder = folder
        self._inner = inner
        self._history: list[Epoch] = []

    def on_step(self, share: float) -> None:
        """Pass it on."""
        self._inner.on_step(share)

    def on_epoch(self, epoch: Epoch, network: TriageNetwork) -> None:
        """Write, so that a training that is interrupted can still be evaluated; then pass it on."""
        self._history.append(epoch)
        self._folder.write_history(self._history)
        if epoch.best:
            self._folder.write_weights(network)
        self._inner.on_epoch(epoch, network)


def training_samples(config: RunConfig, fracatlas_folder: Path) -> dict[Part, list[Sample]]:
    """What to fit on and what to choose the epoch by: real images, then synthetic ones.

    Raises:
        ValueError: the folder holds no usable image.
        OSError: the manifest cannot be read.
    """
    real = fracatlas(fracatlas_folder, config.split_seed)
    pairs = config.synthetic_pairs
    return {
        Part.TRAINING: real[Part.TRAINING] + synthetic(Part.TRAINING, pairs),
        Part.VALIDATION: real[Part.VALIDATION]
        + synthetic(Part.VALIDATION, validation_pairs(pairs)),
    }


def run_training(
    config: RunConfig,
    samples: dict[Part, list[Sample]],
    weights: Path,
    folder: RunFolder,
    *,
    watcher: Watcher,
    on_image: Callable[[], None] = lambda: None,
) -> list[Epoch]:
    """Fit and leave configuration, history and best weights in the run folder.

    Args:
        config: what to do.
        samples: training and validation samples.
        weights: an .npz with torchvision's key names and folded batch norm.
        folder: where the results go.
        watcher: told about every step and epoch.
        on_image: called for each image that was read.

    Raises:
        ValueError: images or initial weights are not usable.
        OSError: a file cannot be read or written.
    """
    folder.write_config(config)
    spec = config.preprocessing
    torch.manual_seed(config.plan.seed)
    network = build_network(config.architecture)
    load_initial_weights(network, weights)
    training = load_images(samples[Part.TRAINING], spec, on_image)
    validation = load_images(samples[Part.VALIDATION], spec, on_image)
    unfold_batch_norm(network, _varied_batch(training, config))
    keeper = Keeper(folder, watcher)
    plan, history = config.plan, list[Epoch]()
    if config.warm_up_size:
        small = replace(spec, size=config.warm_up_size)
        history += fit(
            network,
            training.shrunk(small),
            validation.shrunk(small),
            small,
            plan=replace(plan, epochs=config.warm_up_epochs),
            watcher=keeper,
        )
        plan = replace(plan, learning_rate=plan.learning_rate * _RATE_AFTER_WARM_UP)
    history += fit(network, training, validation, spec, plan=plan, watcher=keeper)
    return history


def _varied_batch(images: ImageSet, config: RunConfig) -> torch.Tensor:
    order = np.random.default_rng(config.plan.seed).permutation(len(images))
    chosen = order[:_STATISTICS_IMAGES]
    return torch.from_numpy(normalise(images.batch(chosen), config.preprocessing))
