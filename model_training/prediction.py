"""Scoring a set of images with a network."""

import numpy as np
import numpy.typing as npt
import torch

from model_training.images import Images, IndexArray
from model_training.machine import PROCESSOR, Machine
from triage_agent.infer.network import TriageNetwork
from triage_agent.infer.preprocess import Preprocessing, normalise

_BATCH = 32


def predict_logits(
    network: TriageNetwork,
    images: Images,
    spec: Preprocessing,
    *,
    reduced_precision: bool = False,
    machine: Machine = PROCESSOR,
    indices: IndexArray | None = None,
) -> npt.NDArray[np.float64]:
    """Logits [N] of unchanged images, in evaluation mode; leaves the network in that mode.

    Args:
        network: what to run; on the device of `machine`.
        images: at the size of `spec`.
        spec: the network's preprocessing.
        reduced_precision: bfloat16 where it is safe: quicker, and good enough to pick an epoch.
        machine: where to compute.
        indices: which images; all of them by default.
    """
    network.eval()
    chosen = np.arange(len(images)) if indices is None else indices
    starts = range(0, len(chosen), _BATCH)
    logits = [np.empty(0, dtype=np.float64)]
    with torch.inference_mode():
        for raw in images.batches([chosen[start : start + _BATCH] for start in starts]):
            batch = machine.take(torch.from_numpy(normalise(raw, spec)))
            with torch.autocast(machine.kind, torch.bfloat16, enabled=reduced_precision):
                logit = network(batch)[0]
            logits.append(logit.double().cpu().numpy())
    return np.concatenate(logits)
