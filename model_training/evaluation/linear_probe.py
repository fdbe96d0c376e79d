"""What first weights know without being fitted: a logistic regression on their frozen features.

It is the least that a fitted network has to beat on the same images.
"""

from collections.abc import Mapping, Sequence
from pathlib import Path

import numpy as np
import numpy.typing as npt
import torch
from torch import Tensor, nn
from torch.nn import functional

from model_training.cohorts.sample import Part, Sample
from model_training.evaluation.auc import auc
from model_training.images import load_images
from model_training.initial_weights import load_initial_weights
from triage_agent.infer.network import build_network
from triage_agent.infer.preprocess import Preprocessing, normalise

NAME = "linear probe"

# Of the squared weights, beside the mean loss; the features have unit variance.
_PENALTIES = (10.0, 1.0, 0.1, 0.01)
_BATCH = 16
_STEPS = 200


def linear_probe(
    architecture: str,
    weights: Path,
    spec: Preprocessing,
    samples: Mapping[Part, Sequence[Sample]],
) -> npt.NDArray[np.float64]:
    """Fit on the training images, choose the penalty by the AUC on validation, score the others.

    The features are pooled, as the network's own head sees them; each class weighs one half.

    Args:
        architecture: of the network.
        weights: first weights of it, see `load_initial_weights`.
        spec: what these expect.
        samples: of each part, with images of both classes.

    Returns:
        A log-odds for each test image, float64 [N].

    Raises:
        UnreadableImage: an image is missing or damaged.
        ValueError: the weights do not fit, or a part lacks a class.
        OSError: the weights cannot be read.
    """
    network = build_network(architecture)
    load_initial_weights(network, weights)
    features = {part: _features(network.eval(), spec, samples[part]) for part in Part}
    labels = {part: np.array([sample.abnormal for sample in samples[part]]) for part in Part}
    centre = features[Part.TRAINING].mean(dim=0)
    # A feature that never changes says nothing, and must not be divided by 0.
    spread = features[Part.TRAINING].std(dim=0).clamp_min(1e-6)
    scaled = {part: (each - centre) / spread for part, each in features.items()}
    probes = [_fitted(scaled[Part.TRAINING], labels[Part.TRAINING], each) for each in _PENALTIES]
    best = max(
        probes,
        key=lambda each: auc(_scores(each, scaled[Part.VALIDATION]), labels[Part.VALIDATION]),
    )
    return _scores(best, scaled[Part.TEST])


def _features(network: nn.Module, spec: Preprocessing, samples: Sequence[Sample]) -> Tensor:
    images = load_images(samples, spec)
    starts = range(0, len(images), _BATCH)
    batches = [np.arange(start, min(start + _BATCH, len(images))) for start in starts]
    with torch.inference_mode():
        found = [
            network(torch.from_numpy(normalise(batch, spec)))[2]
            for batch in images.batches(batches)
        ]
    return torch.cat(found).double()


def _fitted(features: Tensor, abnormal: npt.NDArray[np.bool_], penalty: float) -> nn.Linear:
    probe = nn.Linear(features.shape[1], 1, dtype=torch.float64)
    nn.init.zeros_(probe.weight)
    nn.init.zeros_(probe.bias)
    labels = torch.from_numpy(abnormal).double()
    share = labels.mean()
    weights = torch.where(labels > 0, 0.5 / share, 0.5 / (1.0 - share))
    optimiser = torch.optim.LBFGS(
        probe.parameters(), max_iter=_STEPS, line_search_fn="strong_wolfe"
    )

    def loss() -> Tensor:
        optimiser.zero_grad()
        losses = functional.binary_cross_entropy_with_logits(
            probe(features)[:, 0], labels, weight=weights
        )
        total: Tensor = losses + 0.5 * penalty * probe.weight.square().sum()
        total.backward()  # type: ignore[no-untyped-call]
        return total

    optimiser.step(loss)  # type: ignore[no-untyped-call]
    return probe


def _scores(probe: nn.Linear, features: Tensor) -> npt.NDArray[np.float64]:
    with torch.inference_mode():
        scores: npt.NDArray[np.float64] = probe(features)[:, 0].numpy()
    return scores
