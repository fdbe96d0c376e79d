"""Scoring a set of images with a network."""

import numpy as np
import numpy.typing as npt
import torch

from model_training.images import ImageSet
from triage_agent.infer.network import TriageNetwork
from triage_agent.infer.preprocess import Preprocessing, normalise

_BATCH = 32


def predict_logits(
    network: TriageNetwork,
    images: ImageSet,
    spec: Preprocessing,
    *,
    reduced_precision: bool = False,
) -> npt.NDArray[np.float64]:
    """Logits [N] of unchanged images, in evaluation mode; leaves the network in that mode.

    Args:
        network: what to run.
        images: at the size of `spec`.
        spec: the network's preprocessing.
        reduced_precision: bfloat16 where it is safe: quicker, and good enough to pick an epoch.
    """
    network.eval()
    logits = []
    with torch.inference_mode():
        for start in range(0, len(images), _BATCH):
            indices = np.arange(start, min(start + _BATCH, len(images)))
            batch = torch.from_numpy(normalise(images.batch(indices), spec))
            batch = batch.contiguous(memory_format=torch.channels_last)
            with torch.autocast("cpu", torch.bfloat16, enabled=reduced_precision):
                logit, _ = network(batch)
            logits.append(logit.double().numpy())
    return np.concatenate(logits)
