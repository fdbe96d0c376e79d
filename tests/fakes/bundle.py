"""Model bundles with random weights: right in form, without any skill."""

import hashlib
import json
from pathlib import Path

import safetensors.torch
import torch

from tests.factories import Value
from triage_agent.adapters.torch_inference.bundle_files import (
    CARD,
    WEIGHTS,
    LoadedBundle,
    read_bundle,
)
from triage_agent.adapters.torch_inference.reference_inputs import reference_inputs
from triage_agent.domain.region import Region
from triage_agent.infer.bundle import ModelBundle, render_bundle
from triage_agent.infer.network import TriageNetwork, build_network
from triage_agent.infer.preprocess import Preprocessing
from triage_agent.infer.provenance import DataSource, Metric


def make_preprocessing(size: int = 64) -> Preprocessing:
    """Return what a network on ImageNet statistics asks for."""
    return Preprocessing(size, (0.485, 0.456, 0.406), (0.229, 0.224, 0.225))


def make_bundle(**overrides: Value) -> ModelBundle:
    """Return the card of a small MobileNetV2 for all regions."""
    values: dict[str, Value] = {
        "name": "random",
        "version": "1",
        "architecture": "mobilenet_v2",
        "preprocessing": make_preprocessing(),
        "regions": tuple(Region),
        "training_data": (DataSource("no images", "none", None, "none", "nobody"),),
        "metrics": (Metric("auc", "no images", 1, 0.5, 0.0, 1.0, "none"),),
        "intended_use": "tests",
        "limitations": ("It knows nothing.",),
        "device_uid": "2.25.1",
        "weights_sha256": "0" * 64,
    }
    return ModelBundle(**(values | overrides))


def make_network(architecture: str, spec: Preprocessing, seed: int = 0) -> TriageNetwork:
    """Return a network with random weights whose logits differ clearly from image to image.

    Fresh weights alone would give logits near zero, and any two runtimes would agree on those. So
    the batch norms see some images first, and the head is scaled to logits of a few units.
    """
    torch.manual_seed(seed)
    network = build_network(architecture)
    images = torch.from_numpy(reference_inputs(spec))
    for module in network.modules():
        if isinstance(module, torch.nn.BatchNorm2d):
            module.momentum = None  # average over all that is seen
    with torch.inference_mode():
        for _ in range(3):
            network.train()(images)
        logits = network.eval()(images)[0]
        head = network.classifier
        head.weight.mul_(1.5 / logits.std())
        logits = network(images)[0]
        head.bias.sub_(logits.mean())
    return network


def write_bundle(
    folder: Path, *, seed: int = 0, network: TriageNetwork | None = None, **overrides: Value
) -> LoadedBundle:
    """Write a bundle with the weights of `network`, or else random ones, and read it back."""
    draft = make_bundle(**overrides)
    network = network or make_network(draft.architecture, draft.preprocessing, seed)
    folder.mkdir(parents=True, exist_ok=True)
    weights = folder / WEIGHTS
    safetensors.torch.save_file(network.state_dict(), weights)
    digest = hashlib.sha256(weights.read_bytes()).hexdigest()
    bundle = make_bundle(**(overrides | {"weights_sha256": digest}))
    (folder / CARD).write_text(render_bundle(bundle), encoding="utf-8")
    return read_bundle(folder)


def relabel(folder: Path, **fields: object) -> None:
    """Change fields of the card, as somebody with an editor would."""
    card = json.loads((folder / CARD).read_text())
    # Another file in its place, as editors and copies make it.
    (folder / "new").write_text(json.dumps(card | fields))
    (folder / "new").replace(folder / CARD)
