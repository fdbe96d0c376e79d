"""The served classifier against eager PyTorch and a plain ONNX Runtime, in the same rounds.

Eager is the network as torchvision builds it: fp32, channels first, in inference mode. All compute
with the same number of threads. The probabilities have to be the same.
"""

import os
import statistics
import time
from collections.abc import Callable
from functools import partial
from pathlib import Path

import numpy as np
import numpy.typing as npt
import onnxruntime
import pytest
import torch

from tests.benchmarks.figures import FULL, Figure, Figures
from tests.fakes.bundle import make_preprocessing, write_bundle
from triage_agent.adapters.torch_inference.bundle_files import (
    BUNDLED_FOLDER,
    LoadedBundle,
    read_bundle,
)
from triage_agent.adapters.torch_inference.classifiers import export_network, load_classifier
from triage_agent.adapters.torch_inference.onnx_cache import ExportedNetwork
from triage_agent.adapters.torch_inference.onnx_names import CAM, FEATURES, IMAGES, LOGITS
from triage_agent.adapters.torch_inference.onnx_weights import with_weights
from triage_agent.adapters.torch_inference.reference_inputs import (
    EXACT_TOLERANCE,
    reference_inputs,
)
from triage_agent.adapters.torch_inference.torch_classifier import TorchClassifier, load_network
from triage_agent.infer.scores import image_probability
from triage_agent.settings import InferSettings

pytestmark = [pytest.mark.benchmark, pytest.mark.timeout(900)]

ROUNDS = 5 if FULL else 2
BATCHES = (1, 3, 16) if FULL else (1, 3)  # an image, a study, a queue
SETTLE_SECONDS = 0.2
SLACK = 0.9  # a machine that does other things too
CORES = len(os.sched_getaffinity(0))
SIZE = 320 if FULL else 96
EAGER, PLAIN = "eager PyTorch", "ONNX Runtime as it comes"

Logits = npt.NDArray[np.float32]
Classify = Callable[[npt.NDArray[np.float32]], Logits]


def bundled(_: Path) -> LoadedBundle:
    return read_bundle(BUNDLED_FOLDER)


def random_weights(architecture: str, folder: Path) -> LoadedBundle:
    return write_bundle(
        folder / "bundle", architecture=architecture, preprocessing=make_preprocessing(SIZE)
    )


NETWORKS = {
    "the bundled model": bundled,
    "MobileNetV2": partial(random_weights, "mobilenet_v2"),
    "DenseNet-121": partial(random_weights, "densenet121"),
    "DenseNet-169": partial(random_weights, "densenet169"),
}
MEASURED = list(NETWORKS) if FULL else ["the bundled model", "MobileNetV2"]


def seconds_for(classify: Classify, images: npt.NDArray[np.float32]) -> float:
    time.sleep(SETTLE_SECONDS)  # another's threads may still be awake, and hold a core
    classify(images)  # the caches are another's, too
    begun = time.perf_counter()
    classify(images)
    return time.perf_counter() - begun


@pytest.mark.parametrize("name", MEASURED)
def test_served_classifier_against_eager(name: str, tmp_path: Path, figures: Figures) -> None:
    loaded = NETWORKS[name](tmp_path)
    inputs = reference_inputs(loaded.bundle.preprocessing)
    torch.set_num_threads(CORES)
    eager = TorchClassifier(load_network(loaded), "eager 1")
    kept: list[ExportedNetwork] = []

    def export(loaded: LoadedBundle, inputs: npt.NDArray[np.float32]) -> ExportedNetwork:
        kept.append(export_network(loaded, inputs))
        return kept[-1]

    settings = InferSettings(device="cpu", threads=CORES, precision="auto" if FULL else "fp32")
    chosen = load_classifier(settings, loaded, tmp_path / "cache", export=export)
    served = load_classifier(
        InferSettings(device="cpu", threads=CORES), loaded, tmp_path / "cache", export=export
    )
    found: dict[str, Classify] = {
        "ours": lambda images: served.classify(images).logits,
        EAGER: lambda images: eager.classify(images).logits,
    }
    if kept:
        session = onnxruntime.InferenceSession(
            with_weights(kept[0].graph, loaded.weights), providers=["CPUExecutionProvider"]
        )
        found[PLAIN] = lambda images: session.run([LOGITS, CAM, FEATURES], {IMAGES: images})[0]
    for batch in BATCHES:
        images = np.resize(inputs, (batch, *inputs.shape[1:]))
        agree(found["ours"](images), found[EAGER](images))
        rounds = [
            {each: seconds_for(classify, images) for each, classify in found.items()}
            for _ in range(ROUNDS)
        ]
        rate = {each: batch / statistics.median(times[each] for times in rounds) for each in found}
        ours = rate.pop("ours")
        what = f"{name}, {loaded.bundle.preprocessing.size} px, {batch} at a time"
        figures.add("Inference", Figure(what, "images/s", ours, rate))
        assert ours / rate[EAGER] >= SLACK
    figures.note("Inference", f"{name}: {chosen.description}.")


def agree(found: Logits, expected: Logits) -> None:
    """Assert that the probabilities are the same."""
    for one, other in zip(expected, found, strict=True):
        difference = abs(image_probability(float(one)) - image_probability(float(other)))
        assert difference <= EXACT_TOLERANCE
