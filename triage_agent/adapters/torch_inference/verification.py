"""Whether a bundle may be served: its files, its weights, and its compiled form."""

from dataclasses import dataclass
from pathlib import Path

import numpy as np
import numpy.typing as npt

from triage_agent.adapters.torch_inference.bundle_files import (
    CARD,
    WEIGHTS,
    LoadedBundle,
    LoadedModel,
    model_name,
    read_model,
)
from triage_agent.adapters.torch_inference.onnx_cache import SHIPPED, ExportedNetwork, read_export
from triage_agent.adapters.torch_inference.reference_inputs import agree_exactly, reference_inputs
from triage_agent.errors import BundleInvalid
from triage_agent.ports.inference import Classification

# Of the largest value of a map: far less than a colour of the overlay can show. Features differ by
# rounding as maps do.
MAP_TOLERANCE = 1e-3

_CURE = (
    f"Remove {SHIPPED}.json and {SHIPPED}.onnx, or make them again from these weights; "
    "without them they are made when the bundle is installed"
)

Floats = npt.NDArray[np.float32]


@dataclass(frozen=True, slots=True)
class VerifiedBundle:
    """A bundle that may be served.

    Attributes:
        loaded: the bundle.
        findings: what was checked and found right, one sentence each.
        fresh_exports: for each of its networks the compiled form, if it came without one and the
            one that was made agrees.
    """

    loaded: LoadedModel
    findings: tuple[str, ...]
    fresh_exports: tuple[ExportedNetwork | None, ...]


def verify_bundle(folder: Path, *, threads: int = 0) -> VerifiedBundle:
    """Check a bundle as far as that is possible without images of patients.

    The card is whole; the weights are those of the card and of the architecture, and give finite
    numbers for the reference inputs; for these the compiled form gives the same. Of an ensemble
    all that holds for each member, and the members are those of its card.

    Args:
        folder: the bundle.
        threads: to compute with; 0 is one for each core.

    Raises:
        BundleInvalid: naming what is wrong and how to mend it.
    """
    loaded = read_model(folder)
    if isinstance(loaded, LoadedBundle):
        findings, fresh = _verify_network(loaded, threads)
        return VerifiedBundle(loaded, findings, (fresh,))
    found = [
        f"card: {loaded.bundle.model}, with training data, metrics and intended use",
        f"members: {len(loaded.networks)}, as the card says: {loaded.bundle.architecture}",
    ]
    exports = []
    for each in loaded.networks:
        findings, fresh = _verify_network(each, threads)
        found += [f"{each.folder.name}, {finding}" for finding in findings]
        exports.append(fresh)
    return VerifiedBundle(loaded, tuple(found), tuple(exports))


def _verify_network(
    loaded: LoadedBundle, threads: int
) -> tuple[tuple[str, ...], ExportedNetwork | None]:
    from triage_agent.adapters.torch_inference import torch_loading  # noqa: PLC0415 (seconds)

    folder, bundle = loaded.folder, loaded.bundle
    inputs = reference_inputs(bundle.preprocessing)
    eager = torch_loading.serve_eager(loaded, threads).classify(inputs)
    if not all(np.isfinite(each).all() for each in eager):
        raise BundleInvalid(
            f"{loaded.weights}: the network gives no finite number for the reference inputs. "
            "Train or export the model again."
        )
    findings = [
        f"card: {model_name(bundle)}, with training data, metrics and intended use",
        f"{WEIGHTS}: SHA-256 {bundle.weights_sha256}, as the card says",
        f"weights: those of a {bundle.architecture}",
    ]
    if bundle.scope_gate is not None:
        try:
            bundle.scope_gate.beyond(eager.features)
        except ValueError as error:
            raise BundleInvalid(
                f"{folder / CARD}, field scope_gate: {error}. Fit the gate again."
            ) from error
        findings.append("scope gate: fits the network; images unlike its own are not assessed")
    if _is_compiled(folder):
        shipped = read_export(folder, SHIPPED, bundle)
        if shipped is None:
            raise BundleInvalid(
                f"{folder / SHIPPED}.onnx: is damaged, or of another bundle. {_CURE}."
            )
        if not _agrees(shipped, loaded, eager, inputs, threads):
            raise BundleInvalid(
                f"{folder / SHIPPED}.onnx: does not say what PyTorch says. {_CURE}."
            )
        findings.append("compiled form: says what PyTorch says")
        return tuple(findings), None
    fresh = torch_loading.export_network(loaded, inputs)
    if _agrees(fresh, loaded, eager, inputs, threads):
        findings.append("compiled form: made now; says what PyTorch says")
        return tuple(findings), fresh
    findings.append("compiled form: does not say what PyTorch says, so PyTorch will serve")
    return tuple(findings), None


def _is_compiled(folder: Path) -> bool:
    return any((folder / f"{SHIPPED}.{suffix}").exists() for suffix in ("json", "onnx"))


def _agrees(
    exported: ExportedNetwork,
    loaded: LoadedBundle,
    eager: Classification,
    inputs: Floats,
    threads: int,
) -> bool:
    from triage_agent.adapters.torch_inference.onnx_classifier import (  # noqa: PLC0415 (slow)
        OnnxClassifier,
    )
    from triage_agent.adapters.torch_inference.onnx_weights import with_weights  # noqa: PLC0415

    try:
        network = with_weights(exported.graph, loaded.weights)
        compiled = OnnxClassifier(network, model_name(loaded.bundle), threads=threads)
        said = compiled.classify(inputs)
    except Exception:  # noqa: BLE001 (whatever the runtime objects to, it does not agree)
        return False
    return (
        agree_exactly(exported.reference_logits, eager.logits)
        and agree_exactly(eager.logits, said.logits)
        and _near(said.maps, eager.maps)
        and _near(said.features, eager.features)
    )


def _near(found: Floats, expected: Floats) -> bool:
    tolerance = MAP_TOLERANCE * float(np.abs(expected).max())
    return found.shape == expected.shape and bool(
        np.allclose(found, expected, rtol=0.0, atol=tolerance)
    )
