"""What a network makes of images before it judges them."""

import tempfile
from collections.abc import Callable, Sequence
from pathlib import Path

import numpy as np
import numpy.typing as npt
import torch
from safetensors.torch import save_file

from triage_agent.adapters.torch_inference.onnx_classifier import OnnxClassifier
from triage_agent.adapters.torch_inference.onnx_export import export
from triage_agent.adapters.torch_inference.onnx_weights import with_weights
from triage_agent.infer.network import TriageNetwork
from triage_agent.infer.preprocess import FloatArray, Preprocessing, normalise

Features = npt.NDArray[np.float64]
Look = Callable[[Sequence[FloatArray]], Features]

_BATCH = 16


def looking_through(
    network: TriageNetwork, spec: Preprocessing, on_image: Callable[[], None] = lambda: None
) -> Look:
    """Return what gives the features [N, K] of N images [S, S] in 0..1, S being the size of `spec`.

    The network is compiled as a node compiles it: several times faster, and what a node will see.

    Args:
        network: on the CPU; left in evaluation mode.
        spec: its preprocessing.
        on_image: called for each image.
    """
    compiled = _compiled(network.eval(), spec)

    def look(images: Sequence[FloatArray]) -> Features:
        found = [np.empty((0, network.classifier.in_features))]
        for start in range(0, len(images), _BATCH):
            batch = normalise(np.stack(images[start : start + _BATCH]), spec)
            found.append(compiled.classify(batch).features.astype(np.float64))
            for _ in batch:
                on_image()
        return np.concatenate(found)

    return look


def _compiled(network: TriageNetwork, spec: Preprocessing) -> OnnxClassifier:
    with tempfile.TemporaryDirectory() as folder:
        weights = Path(folder) / "weights.safetensors"
        save_file({name: each.contiguous() for name, each in network.state_dict().items()}, weights)
        graph = with_weights(export(network, spec.size), weights)
    return OnnxClassifier(graph, "network being fitted", threads=torch.get_num_threads())
