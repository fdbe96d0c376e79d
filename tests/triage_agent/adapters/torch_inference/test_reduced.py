"""8-bit integers on the CPU: served only if harmless, judged once, told in words."""

import hashlib
import json
import logging
import shutil
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
import torch
from structlog.testing import capture_logs

from tests.contracts.classifier import ClassifierContract, Subject
from tests.factories import Value
from tests.fakes.bundle import make_network, make_preprocessing, write_bundle
from triage_agent.adapters.torch_inference.bundle_files import LoadedBundle
from triage_agent.adapters.torch_inference.classifiers import load_classifier
from triage_agent.adapters.torch_inference.onnx_cache import ExportedNetwork
from triage_agent.adapters.torch_inference.onnx_classifier import OnnxClassifier
from triage_agent.adapters.torch_inference.onnx_weights import with_weights
from triage_agent.adapters.torch_inference.quantising import quantised
from triage_agent.adapters.torch_inference.reduced import ReducedForm, reduced_form, reduced_key
from triage_agent.adapters.torch_inference.reference_inputs import Reduction, reference_inputs
from triage_agent.adapters.torch_inference.torch_classifier import load_network
from triage_agent.domain.region import Region
from triage_agent.infer.scores import Calibration
from triage_agent.settings import InferSettings

REDUCED = InferSettings(device="cpu", threads=1, precision="reduced")
FP32 = InferSettings(device="cpu", threads=1)
HARMLESS, HARMFUL = Reduction(0.004, changes_a_flag=False), Reduction(0.03, changes_a_flag=False)


@pytest.fixture(scope="module")
def placid(tmp_path_factory: pytest.TempPathFactory) -> LoadedBundle:
    """A network that hardly tells images apart: 8 bits are enough for it."""
    network = make_network("mobilenet_v2", make_preprocessing())
    with torch.no_grad():
        network.classifier.weight.mul_(0.001)
        network.classifier.bias.fill_(2.0)
    return write_bundle(tmp_path_factory.mktemp("placid"), network=network)


@pytest.fixture(scope="module")
def kept(placid: LoadedBundle, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A cache folder after a start."""
    folder = tmp_path_factory.mktemp("cache")
    load_classifier(REDUCED, placid, folder)
    return folder


@pytest.fixture(scope="module")
def eight_bits(random_bundle: LoadedBundle, exported: ExportedNetwork) -> bytes:
    inputs = reference_inputs(random_bundle.bundle.preprocessing)
    level = logging.getLogger().level
    made = quantised(with_weights(exported.graph, random_bundle.weights), inputs)
    assert logging.getLogger().level == level  # the node's own warnings are told as before
    return made


class TestReducedClassifier(ClassifierContract):
    @pytest.fixture
    def subject(self, random_bundle: LoadedBundle, eight_bits: bytes) -> Subject:
        classifier = OnnxClassifier(eight_bits, "random 1", threads=1, precision="int8")
        assert classifier.description.endswith(" on CPU, int8, 1 threads")
        bias = float(load_network(random_bundle).classifier.bias.detach()[0])
        return Subject(classifier, reference_inputs(random_bundle.bundle.preprocessing), bias)


def test_it_is_served_where_it_is_harmless(placid: LoadedBundle, kept: Path) -> None:
    inputs = reference_inputs(placid.bundle.preprocessing)
    with capture_logs() as logs:
        served = load_classifier(REDUCED, placid, kept)
    exact = load_classifier(FP32, placid, kept)
    found, expected = served.classify(inputs).logits, exact.classify(inputs).logits
    assert np.abs(found - expected).max() <= 0.04
    assert (found != expected).any()
    [said] = [each for each in logs if each["event"] == "precision_checked"]
    assert (said["form"], said["used"]) == ("int8", True)


def test_it_is_not_served_where_a_probability_would_move(
    random_bundle: LoadedBundle, cache: Path, tmp_path: Path
) -> None:
    kept = Path(shutil.copytree(cache, tmp_path / "cache"))
    with capture_logs() as logs:
        served = load_classifier(REDUCED, random_bundle, kept)
    exact = load_classifier(FP32, random_bundle, kept)
    inputs = reference_inputs(random_bundle.bundle.preprocessing)
    np.testing.assert_array_equal(served.classify(inputs).logits, exact.classify(inputs).logits)
    assert ", fp32 (int8 is " in served.description
    assert ": not used)" in served.description
    [said] = [each for each in logs if each["event"] == "precision_checked"]
    assert said["used"] is False


def test_a_second_start_neither_makes_nor_compares_it_again(
    placid: LoadedBundle, kept: Path
) -> None:
    def never(*_: object) -> bytes:
        raise AssertionError("it was made again")

    key = reduced_key(placid.bundle)
    found = reduced_form(b"", placid.bundle, 1, kept, quantise=never)
    assert found.reduction.is_harmless
    (kept / f"{key}.int8.onnx").write_bytes(found.network)
    damaged = kept / "damaged"
    damaged.mkdir()
    for name in ("json", "onnx"):
        whole = (kept / f"{key}.int8.{name}").read_bytes()
        (damaged / f"{key}.int8.{name}").write_bytes(whole[:-9] if name == "onnx" else whole)
    with pytest.raises(AssertionError, match="made again"):
        reduced_form(b"", placid.bundle, 1, damaged, quantise=never)


@pytest.mark.parametrize(
    "judged_by",
    [
        {"calibrations": {Region.WRIST: Calibration(slope=500.0)}},
        {"operating_points": {Region.WRIST: 0.4}},
        {"regions": (Region.WRIST,)},
    ],
)
def test_what_is_judged_by_other_rules_is_compared_again(
    placid: LoadedBundle, kept: Path, judged_by: dict[str, Value]
) -> None:
    def made(*_: object) -> bytes:
        raise RuntimeError("it is made and compared")

    other = replace(placid.bundle, version="2", **judged_by)
    with pytest.raises(RuntimeError, match="compared"):
        reduced_form(b"", other, 1, kept, quantise=made)


def test_fp32_is_served_when_it_cannot_be_used(
    placid: LoadedBundle, kept: Path, tmp_path: Path
) -> None:
    shutil.copytree(kept, tmp_path / "cache")
    key = reduced_key(placid.bundle)
    card = tmp_path / "cache" / f"{key}.int8.json"
    (tmp_path / "cache" / f"{key}.int8.onnx").write_bytes(b"no network")
    digest = hashlib.sha256(b"no network").hexdigest()
    card.write_text(json.dumps(json.loads(card.read_text()) | {"sha256": digest}))
    with capture_logs() as logs:
        served = load_classifier(REDUCED, placid, tmp_path / "cache")
    assert served.description.endswith(" on CPU, fp32, 1 threads")
    assert [each["event"] for each in logs][-1] == "reduced_form_not_usable"


def test_a_folder_that_cannot_be_written_costs_only_time(
    placid: LoadedBundle, kept: Path, tmp_path: Path
) -> None:
    (tmp_path / "file").touch()
    key = reduced_key(placid.bundle)
    small = (kept / f"{key}.int8.onnx").read_bytes()
    with capture_logs() as logs:
        form = reduced_form(small, placid.bundle, 1, tmp_path / "file", quantise=lambda *_: small)
    assert form.network == small
    assert [each["event"] for each in logs] == ["reduced_form_not_kept"]


@pytest.mark.parametrize(
    ("reduction", "times_as_fast", "however_slow", "served"),
    [
        (HARMLESS, 2.0, False, True),
        (HARMLESS, 1.0, False, False),
        (HARMLESS, 1.0, True, True),
        (HARMFUL, 2.0, False, False),
        (HARMFUL, 2.0, True, False),
        (Reduction(0.004, changes_a_flag=True), 2.0, True, False),
    ],
)
def test_what_decides(
    reduction: Reduction, times_as_fast: float, *, however_slow: bool, served: bool
) -> None:
    form = ReducedForm(b"", reduction, times_as_fast)
    assert form.is_served(however_slow=however_slow) is served
