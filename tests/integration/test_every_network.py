"""Every network of MuRAD's Table 3 trains, is put into a bundle, and is served by the node."""

import math
import shutil
import sys
from pathlib import Path

import numpy as np
import pytest
import torch

from model_training.loss import image_losses
from tests.fakes.bundle import make_network, make_preprocessing, write_bundle
from tests.triage_agent.infer.test_network import MURAD
from triage_agent.adapters.torch_inference.bundle_files import LoadedBundle, read_model
from triage_agent.adapters.torch_inference.classifiers import load_classifier
from triage_agent.adapters.torch_inference.reference_inputs import agree_exactly, reference_inputs
from triage_agent.infer.network import TriageNetwork
from triage_agent.infer.preprocess import Preprocessing
from triage_agent.settings import InferSettings

pytestmark = [pytest.mark.integration, pytest.mark.timeout(900)]

CPU = InferSettings(device="cpu", threads=1, runtime="onnxruntime")
EAGER = InferSettings(device="cpu", threads=1, runtime="torch")
EXACT = 1e-4  # of a logit


@pytest.fixture(autouse=True)
def _one_thread():
    before = torch.get_num_threads()
    torch.set_num_threads(1)
    yield
    torch.set_num_threads(before)


@pytest.fixture(autouse=True)
def _uncovered():
    """To trace the exports takes nearly as long as they do, and shows nothing that is not tested.

    The mark `no_cover` does not do this in a worker of xdist.
    """
    tracing = sys.gettrace()
    sys.settrace(None)
    yield
    sys.settrace(tracing)


def smallest(architecture: str) -> Preprocessing:
    """So small that it takes little time, so large that a map has more than one place."""
    return make_preprocessing(128 if architecture == "inception_v3" else 64)


def train_a_step(network: TriageNetwork, spec: Preprocessing) -> None:
    """One step of Adam as the papers make it; every weight has to learn."""
    images = torch.from_numpy(reference_inputs(spec))
    abnormal = torch.tensor([0.0, 1.0, 0.0, 1.0])
    optimizer = torch.optim.Adam(network.parameters(), lr=1e-4)
    before = {name: each.detach().clone() for name, each in network.named_parameters()}
    # Statistics of four images would not be those of the next: the averages stay in use.
    network.eval()
    loss = image_losses(network(images)[0], abnormal, torch.ones(4)).mean()
    loss.backward()
    optimizer.step()
    assert math.isfinite(float(loss.detach()))
    same = [name for name, each in network.named_parameters() if torch.equal(each, before[name])]
    assert same == []


def some_images(spec: Preprocessing) -> np.ndarray:
    noise = np.random.default_rng(5).standard_normal((3, 3, spec.size, spec.size))
    return np.concatenate([reference_inputs(spec), noise.astype(np.float32)])


def settle(network: TriageNetwork, spec: Preprocessing) -> None:
    """Scale the head to logits of a few units, as trained networks have; float32 ends at 1e-4."""
    with torch.no_grad():
        logits = network.eval()(torch.from_numpy(some_images(spec)))[0]
        network.classifier.weight.mul_(2.0 / logits.std())
        network.classifier.bias.fill_(0.5)


@pytest.fixture(params=MURAD)
def trained(request: pytest.FixtureRequest, tmp_path: Path):
    """A bundle as the node finds it, and what the mean of a map lacks to be the logit."""
    spec = smallest(request.param)
    network = make_network(request.param, spec)
    train_a_step(network, spec)
    settle(network, spec)
    folder = tmp_path / "bundle"
    write_bundle(folder, network=network, architecture=request.param, preprocessing=spec)
    bias = float(network.map_bias.detach())
    del network
    yield read_model(folder), bias
    shutil.rmtree(folder)  # up to 350 MB each


def test_it_is_served_with_an_exact_map(
    trained: tuple[LoadedBundle, float], tmp_path: Path
) -> None:
    loaded, bias = trained
    spec = loaded.bundle.preprocessing
    images = some_images(spec)
    compiled = load_classifier(CPU, loaded, tmp_path / "cache")
    eager = load_classifier(EAGER, loaded, tmp_path / "cache")
    assert compiled.description.startswith("ONNX Runtime")
    assert eager.description.startswith("PyTorch")
    said = {each: each.classify(images) for each in (compiled, eager)}
    for found in said.values():
        assert found.maps[0].size > 1
        assert np.ptp(found.logits) > 1.0
        np.testing.assert_allclose(
            found.maps.mean(axis=(1, 2), dtype=np.float64) + bias, found.logits, atol=EXACT
        )
    exact, found = said[eager], said[compiled]
    assert agree_exactly(exact.logits, found.logits)
    for expected, other in ((exact.maps, found.maps), (exact.features, found.features)):
        np.testing.assert_allclose(other, expected, atol=1e-3 * float(np.abs(expected).max()))
