import shutil
import subprocess
import sys
from pathlib import Path

import numpy as np
import pytest
import safetensors.torch
import torch
from structlog.testing import capture_logs

from tests.contracts.classifier import ClassifierContract, Subject
from tests.fakes.bundle import make_bundle, make_network, make_preprocessing, write_bundle
from tests.fakes.classifier import BIAS, FakeClassifier
from triage_agent.adapters.torch_inference.bundle_files import (
    BUNDLED_FOLDER,
    LoadedBundle,
    read_bundle,
)
from triage_agent.adapters.torch_inference.classifiers import load_classifier
from triage_agent.adapters.torch_inference.cuda_driver import cuda_device_present
from triage_agent.adapters.torch_inference.onnx_cache import (
    SHIPPED,
    ExportedNetwork,
    cache_key,
    read_export,
    write_export,
)
from triage_agent.adapters.torch_inference.onnx_weights import with_weights
from triage_agent.adapters.torch_inference.precision import fastest_harmless
from triage_agent.adapters.torch_inference.reference_inputs import (
    agree_exactly,
    compare_reduction,
    reference_inputs,
)
from triage_agent.adapters.torch_inference.torch_classifier import TorchClassifier, load_network
from triage_agent.errors import BundleInvalid, SettingsInvalid
from triage_agent.settings import InferSettings

CPU = InferSettings(device="cpu", threads=1)
EAGER = InferSettings(device="cpu", threads=1, runtime="torch")


def bias_of(loaded: LoadedBundle) -> float:
    return float(load_network(loaded).classifier.bias.detach()[0])


def never(*_: object) -> ExportedNetwork:
    raise AssertionError("a network was exported")


class TestFakeClassifier(ClassifierContract):
    @pytest.fixture
    def subject(self) -> Subject:
        return Subject(FakeClassifier(), reference_inputs(make_preprocessing(32)), BIAS)


class TestEagerClassifier(ClassifierContract):
    @pytest.fixture
    def subject(self, random_bundle: LoadedBundle, tmp_path: Path) -> Subject:
        classifier = load_classifier(EAGER, random_bundle, tmp_path)
        inputs = reference_inputs(random_bundle.bundle.preprocessing)
        return Subject(classifier, inputs, bias_of(random_bundle))


class TestCompiledClassifier(ClassifierContract):
    @pytest.fixture
    def subject(self, random_bundle: LoadedBundle, cache: Path) -> Subject:
        classifier = load_classifier(CPU, random_bundle, cache, export=never)
        inputs = reference_inputs(random_bundle.bundle.preprocessing)
        return Subject(classifier, inputs, bias_of(random_bundle))


def test_compiled_and_eager_say_the_same(random_bundle: LoadedBundle, cache: Path) -> None:
    noise = np.random.default_rng(3).standard_normal((5, 3, 64, 64)).astype(np.float32)
    compiled = load_classifier(CPU, random_bundle, cache)
    eager = load_classifier(EAGER, random_bundle, cache)
    assert compiled.description.startswith("ONNX Runtime ")
    assert eager.description.startswith("PyTorch ")
    logits, maps, features = compiled.classify(noise)
    expected, expected_maps, expected_features = eager.classify(noise)
    assert agree_exactly(expected, logits)
    np.testing.assert_allclose(maps, expected_maps, atol=5e-3)
    np.testing.assert_allclose(features, expected_features, atol=5e-3)


def test_a_valid_export_is_served_without_pytorch(random_bundle: LoadedBundle, cache: Path) -> None:
    program = (
        "import sys\n"
        "from pathlib import Path\n"
        "from triage_agent.adapters.torch_inference.bundle_files import read_bundle\n"
        "from triage_agent.adapters.torch_inference.classifiers import load_classifier\n"
        "from triage_agent.settings import InferSettings\n"
        "settings = InferSettings(device='cpu', threads=1)\n"
        "loaded = read_bundle(Path(sys.argv[1]))\n"
        "print(load_classifier(settings, loaded, Path(sys.argv[2])).description)\n"
        "assert 'torch' not in sys.modules\n"
    )
    done = subprocess.run(
        [sys.executable, "-c", program, random_bundle.weights.parent, cache],
        capture_output=True,
        text=True,
        check=False,
        timeout=120,
    )
    assert done.returncode == 0, done.stderr
    assert "ONNX Runtime" in done.stdout


def test_the_bundled_model_comes_with_its_export(tmp_path: Path) -> None:
    """If not: run `python -m triage_agent.adapters.torch_inference.ship_export` on its folder."""
    loaded = read_bundle(BUNDLED_FOLDER)
    classifier = load_classifier(CPU, loaded, tmp_path, export=never)
    assert classifier.description.startswith("ONNX Runtime ")
    inputs = reference_inputs(loaded.bundle.preprocessing)
    expected = TorchClassifier(load_network(loaded), "eager 1").classify(inputs)[0]
    assert agree_exactly(expected, classifier.classify(inputs)[0])
    assert list(tmp_path.iterdir()) == []


def test_an_export_can_be_shipped_with_a_bundle(
    random_bundle: LoadedBundle, exported: ExportedNetwork, tmp_path: Path
) -> None:
    folder = Path(shutil.copytree(random_bundle.weights.parent, tmp_path / "bundle"))
    write_export(folder, SHIPPED, random_bundle.bundle, exported)
    classifier = load_classifier(CPU, read_bundle(folder), tmp_path / "cache", export=never)
    assert classifier.description.startswith("ONNX Runtime ")


def test_an_export_of_other_weights_is_not_used(
    random_bundle: LoadedBundle, exported: ExportedNetwork, tmp_path: Path
) -> None:
    other = write_bundle(tmp_path / "other", seed=1)
    for folder, name in ((tmp_path / "other", SHIPPED), (tmp_path, cache_key(other.bundle))):
        write_export(folder, name, random_bundle.bundle, exported)
    with pytest.raises(AssertionError, match="a network was exported"):
        load_classifier(CPU, other, tmp_path, export=never)


def test_an_export_holds_neither_weights_nor_paths(
    random_bundle: LoadedBundle, exported: ExportedNetwork
) -> None:
    assert len(exported.graph) < random_bundle.weights.stat().st_size / 20
    assert b".py" not in exported.graph


def test_weights_of_another_form_do_not_fit_the_graph(
    exported: ExportedNetwork, random_bundle: LoadedBundle, tmp_path: Path
) -> None:
    weights = safetensors.torch.load_file(random_bundle.weights)
    weights["model.classifier.1.weight"] = weights["model.classifier.1.weight"].T.contiguous()
    path = tmp_path / "model.safetensors"
    safetensors.torch.save_file(weights, path)
    with pytest.raises(ValueError, match="another shape"):
        with_weights(exported.graph, path)


def test_a_damaged_export_is_built_again(
    random_bundle: LoadedBundle, exported: ExportedNetwork, tmp_path: Path
) -> None:
    key = cache_key(random_bundle.bundle)
    write_export(tmp_path, key, random_bundle.bundle, exported)
    (tmp_path / f"{key}.onnx").write_bytes(exported.graph[:-100])
    load_classifier(CPU, random_bundle, tmp_path, export=lambda *_: exported)
    kept = read_export(tmp_path, key, random_bundle.bundle)
    assert kept is not None
    assert kept.graph == exported.graph


def test_an_export_that_is_no_network_is_built_again(
    random_bundle: LoadedBundle, exported: ExportedNetwork, tmp_path: Path
) -> None:
    key = cache_key(random_bundle.bundle)
    broken = ExportedNetwork(b"no network", exported.reference_logits)
    write_export(tmp_path, key, random_bundle.bundle, broken)
    with capture_logs() as logs:
        classifier = load_classifier(CPU, random_bundle, tmp_path, export=lambda *_: exported)
    assert classifier.description.startswith("ONNX Runtime ")
    assert [each["event"] for each in logs] == ["export_not_usable"]


def test_pytorch_serves_when_the_two_disagree(
    random_bundle: LoadedBundle, exported: ExportedNetwork, tmp_path: Path
) -> None:
    other = ExportedNetwork(exported.graph, exported.reference_logits + np.float32(0.1))
    with capture_logs() as logs:
        classifier = load_classifier(CPU, random_bundle, tmp_path, export=lambda *_: other)
    assert classifier.description.startswith("PyTorch ")
    assert [each["event"] for each in logs] == ["classifier_fallback"]
    assert list(tmp_path.iterdir()) == []


def test_a_cache_that_cannot_be_written_costs_only_time(
    random_bundle: LoadedBundle, exported: ExportedNetwork, tmp_path: Path
) -> None:
    (tmp_path / "file").touch()
    with capture_logs() as logs:
        classifier = load_classifier(
            CPU, random_bundle, tmp_path / "file", export=lambda *_: exported
        )
    assert classifier.description.startswith("ONNX Runtime ")
    assert [each["event"] for each in logs] == ["export_not_kept"]


def test_cuda_must_be_there_when_asked_for(random_bundle: LoadedBundle, tmp_path: Path) -> None:
    settings = InferSettings(device="cuda")
    with pytest.raises(SettingsInvalid, match="the driver shows no device"):
        load_classifier(settings, random_bundle, tmp_path, cuda_present=lambda: False)


def test_onnx_runtime_is_for_the_cpu(random_bundle: LoadedBundle, tmp_path: Path) -> None:
    settings = InferSettings(device="cuda", runtime="onnxruntime")
    with pytest.raises(SettingsInvalid, match=r'set infer\.runtime = "torch"'):
        load_classifier(settings, random_bundle, tmp_path, cuda_present=lambda: True)


@pytest.mark.parametrize("settings", [{}, {"runtime": "onnxruntime"}])
def test_the_cpu_is_used_where_there_is_no_cuda(
    random_bundle: LoadedBundle, cache: Path, settings: dict[str, str]
) -> None:
    chosen = InferSettings.model_validate({"device": "auto", "threads": 1} | settings)
    classifier = load_classifier(chosen, random_bundle, cache, cuda_present=lambda: False)
    assert classifier.description.endswith("on CPU, fp32, 1 threads")


def test_a_library_that_is_not_there_shows_no_device() -> None:
    assert not cuda_device_present("libno-such-driver.so.1")
    assert not cuda_device_present("libc.so.6")


def test_an_architecture_without_an_exact_map_is_refused(random_bundle: LoadedBundle) -> None:
    loaded = LoadedBundle(make_bundle(architecture="vit_b_16"), random_bundle.weights)
    with pytest.raises(BundleInvalid, match=r"architecture.*exact"):
        load_network(loaded)


def test_weights_of_another_network_are_refused(random_bundle: LoadedBundle) -> None:
    loaded = LoadedBundle(make_bundle(architecture="resnet18"), random_bundle.weights)
    with pytest.raises(BundleInvalid, match="not a set of weights for resnet18"):
        load_network(loaded)


def test_a_file_that_is_no_weights_is_refused(tmp_path: Path) -> None:
    path = tmp_path / "model.safetensors"
    path.write_bytes(b"pickle")
    with pytest.raises(BundleInvalid, match="not a set of weights"):
        load_network(LoadedBundle(make_bundle(), path))


def test_half_the_weights_are_refused(random_bundle: LoadedBundle, tmp_path: Path) -> None:
    weights = safetensors.torch.load_file(random_bundle.weights)
    half = dict(list(weights.items())[: len(weights) // 2])
    path = tmp_path / "model.safetensors"
    safetensors.torch.save_file(half, path)
    with pytest.raises(BundleInvalid, match="Missing key"):
        load_network(LoadedBundle(random_bundle.bundle, path))


def test_precision_that_changes_probabilities_is_not_reduced() -> None:
    bundle = make_bundle()
    network = make_network("mobilenet_v2", bundle.preprocessing)
    inputs = reference_inputs(bundle.preprocessing)
    exact = TorchClassifier(network, "m 1").classify(inputs)[0]
    reduced = TorchClassifier(network, "m 1", reduced=torch.bfloat16).classify(inputs)[0]
    assert not compare_reduction(exact, reduced, bundle).is_harmless
    served = fastest_harmless(network, bundle, device="cpu", reduced=torch.bfloat16)
    assert " on CPU, fp32 (bfloat16 refused: a probability in doubt moves" in served.description
    assert agree_exactly(exact, served.classify(inputs)[0])


def test_precision_is_reduced_where_that_is_harmless() -> None:
    bundle = make_bundle()
    network = make_network("mobilenet_v2", bundle.preprocessing)
    with torch.no_grad():
        network.classifier.weight.mul_(0.01)
        network.classifier.bias.fill_(2.0)
    served = fastest_harmless(network, bundle, device="cpu", reduced=torch.bfloat16)
    assert served.description.endswith("on CPU, bfloat16")
    logits, maps, _ = served.classify(reference_inputs(bundle.preprocessing))
    assert logits.dtype == maps.dtype == np.float32
