"""The served classifier against plain eager PyTorch, round by round in the same run.

Prints images per second and their ratio; both compute with the same number of threads.
"""

import os
import statistics
import time
from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest
import torch

from tests.fakes.bundle import make_preprocessing, write_bundle
from triage_agent.adapters.torch_inference.bundle_files import (
    BUNDLED_FOLDER,
    LoadedBundle,
    read_bundle,
)
from triage_agent.adapters.torch_inference.classifiers import load_classifier
from triage_agent.adapters.torch_inference.reference_inputs import (
    EXACT_TOLERANCE,
    reference_inputs,
)
from triage_agent.adapters.torch_inference.torch_classifier import TorchClassifier, load_network
from triage_agent.infer.scores import image_probability
from triage_agent.ports import Classifier
from triage_agent.settings import InferSettings

pytestmark = [pytest.mark.benchmark, pytest.mark.timeout(900)]

ROUNDS = 3
BATCHES = (1, 3, 16)  # an image, a study, a queue
SLACK = 0.9  # a machine that does other things too
CORES = len(os.sched_getaffinity(0))


def bundled(_: Path) -> LoadedBundle:
    return read_bundle(BUNDLED_FOLDER)


def random_densenet(folder: Path) -> LoadedBundle:
    return write_bundle(
        folder / "bundle", architecture="densenet121", preprocessing=make_preprocessing(320)
    )


def seconds_for(
    classifier: Classifier, images: np.ndarray[tuple[int, ...], np.dtype[np.float32]]
) -> float:
    begun = time.perf_counter()
    classifier.classify(images)
    return time.perf_counter() - begun


@pytest.mark.parametrize("network", [bundled, random_densenet])
def test_served_classifier_against_eager(
    network: Callable[[Path], LoadedBundle], tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    loaded = network(tmp_path)
    torch.set_num_threads(CORES)
    eager = TorchClassifier(load_network(loaded), "eager 1")
    served = load_classifier(InferSettings(threads=CORES), loaded, tmp_path / "cache")
    inputs = reference_inputs(loaded.bundle.preprocessing)
    name, size = loaded.bundle.architecture, loaded.bundle.preprocessing.size
    lines = [f"\n{name}, {size} pixels: {served.description} against {eager.description}"]
    for batch in BATCHES:
        images = np.resize(inputs, (batch, *inputs.shape[1:]))
        expected, found = eager.classify(images)[0], served.classify(images)[0]
        for one, other in zip(expected, found, strict=True):
            difference = abs(image_probability(float(one)) - image_probability(float(other)))
            assert difference <= EXACT_TOLERANCE
        rounds = [(seconds_for(eager, images), seconds_for(served, images)) for _ in range(ROUNDS)]
        slow, fast = (statistics.median(times) for times in zip(*rounds, strict=True))
        lines.append(
            f"  batch {batch:2}: {batch / fast:7.1f} images/s, eager {batch / slow:7.1f}, "
            f"ratio {slow / fast:.2f}"
        )
        assert slow / fast >= SLACK
    with capsys.disabled():
        print("\n".join(lines))  # noqa: T201 (the figures are what a benchmark is for)
