import json
import shutil
from pathlib import Path

import numpy as np
import pytest
import safetensors.numpy

from tests.fakes.bundle import write_bundle
from triage_agent.adapters.torch_inference.bundle_files import CARD, WEIGHTS, LoadedBundle
from triage_agent.adapters.torch_inference.onnx_cache import SHIPPED, ExportedNetwork, write_export
from triage_agent.adapters.torch_inference.verification import verify_bundle
from triage_agent.errors import BundleInvalid


@pytest.fixture
def folder(random_bundle: LoadedBundle, tmp_path: Path) -> Path:
    return Path(shutil.copytree(random_bundle.weights.parent, tmp_path / "copy"))


def refusal(folder: Path) -> str:
    with pytest.raises(BundleInvalid) as caught:
        verify_bundle(folder, threads=1)
    return str(caught.value)


def test_a_bundle_without_compiled_form_gets_one(
    folder: Path, random_bundle: LoadedBundle, exported: ExportedNetwork
) -> None:
    verified = verify_bundle(folder, threads=1)
    assert verified.loaded.bundle == random_bundle.bundle
    (fresh,) = verified.fresh_exports
    assert fresh is not None
    assert fresh.graph == exported.graph
    assert verified.findings[-1] == "compiled form: made now; says what PyTorch says"


def test_a_compiled_form_that_agrees_is_found_right(
    folder: Path, random_bundle: LoadedBundle, exported: ExportedNetwork
) -> None:
    write_export(folder, SHIPPED, random_bundle.bundle, exported)
    verified = verify_bundle(folder, threads=1)
    assert verified.fresh_exports == (None,)
    assert verified.findings[-1] == "compiled form: says what PyTorch says"


def test_changed_weights_are_refused(folder: Path) -> None:
    (folder / WEIGHTS).write_bytes(b"other")
    assert "its SHA-256 is" in refusal(folder)


def test_weights_of_another_architecture_are_refused(folder: Path) -> None:
    card = json.loads((folder / CARD).read_text())
    (folder / CARD).write_text(json.dumps(card | {"architecture": "resnet34"}))
    said = refusal(folder)
    assert "is not a set of weights for resnet34" in said
    assert len(said.splitlines()) == 1


def test_weights_that_give_no_number_are_refused(tmp_path: Path) -> None:
    loaded = write_bundle(tmp_path / "nan")
    weights = safetensors.numpy.load_file(loaded.weights)
    broken = {
        name: np.full_like(value, np.nan) if value.dtype == np.float32 else value
        for name, value in weights.items()
    }
    _replace_weights(loaded.weights.parent, broken)
    assert "no finite number" in refusal(loaded.weights.parent)


def test_a_compiled_form_of_other_weights_is_refused(
    folder: Path, random_bundle: LoadedBundle, exported: ExportedNetwork, tmp_path: Path
) -> None:
    del random_bundle
    other = write_bundle(tmp_path / "other", seed=1)
    write_export(folder, SHIPPED, other.bundle, exported)
    assert "is damaged, or of another bundle. Remove compiled.json" in refusal(folder)


def test_half_a_compiled_form_is_refused(folder: Path) -> None:
    (folder / f"{SHIPPED}.onnx").write_bytes(b"graph")
    assert "is damaged, or of another bundle" in refusal(folder)


def test_a_compiled_form_that_says_something_else_is_refused(
    folder: Path, random_bundle: LoadedBundle, exported: ExportedNetwork
) -> None:
    other = ExportedNetwork(exported.graph, exported.reference_logits + np.float32(0.1))
    write_export(folder, SHIPPED, random_bundle.bundle, other)
    assert "does not say what PyTorch says" in refusal(folder)


def test_a_compiled_form_that_cannot_run_is_refused(
    folder: Path, random_bundle: LoadedBundle, exported: ExportedNetwork
) -> None:
    broken = ExportedNetwork(b"no graph", exported.reference_logits)
    write_export(folder, SHIPPED, random_bundle.bundle, broken)
    assert "does not say what PyTorch says" in refusal(folder)


def _replace_weights(folder: Path, weights: dict[str, np.ndarray]) -> None:
    import hashlib

    safetensors.numpy.save_file(weights, folder / WEIGHTS)
    card = json.loads((folder / CARD).read_text())
    digest = hashlib.sha256((folder / WEIGHTS).read_bytes()).hexdigest()
    (folder / CARD).write_text(json.dumps(card | {"weights_sha256": digest}))


def test_a_scope_gate_is_tried_on_the_network(
    folder: Path, random_bundle: LoadedBundle, exported: ExportedNetwork
) -> None:
    write_export(folder, SHIPPED, random_bundle.bundle, exported)
    _add_gate(folder, weights=1280)
    assert (
        "scope gate: fits the network; images unlike its own are not assessed"
        in verify_bundle(folder, threads=1).findings
    )


def test_a_scope_gate_of_another_network_is_refused(folder: Path) -> None:
    _add_gate(folder, weights=512)
    assert "field scope_gate: the network has 1280 features, the gate 512 weights" in refusal(
        folder
    )


def _add_gate(folder: Path, *, weights: int) -> None:
    card = json.loads((folder / CARD).read_text())
    card["scope_gate"] = {"weights": [0.5] * weights, "bias": -1.0}
    (folder / CARD).write_text(json.dumps(card))
