"""Exported networks, shipped with a bundle or kept between starts.

With one, a start needs neither PyTorch nor an export. It is used only if its bytes are those that
were written, for these weights; with it lie the logits that eager PyTorch gave for the reference
inputs, so that the comparison is made at every load. Anything else is built again.
"""

import hashlib
import json
from dataclasses import dataclass
from importlib.metadata import version
from pathlib import Path

import numpy as np
import numpy.typing as npt

from triage_agent.adapters.torch_inference.durable_files import write_durably
from triage_agent.infer.bundle import ModelBundle

# The name of the export that lies in a bundle's own folder.
SHIPPED = "compiled"

_PACKAGES = ("triage-agent", "torch", "torchvision", "onnx", "onnxscript", "onnxruntime")


@dataclass(frozen=True, slots=True)
class ExportedNetwork:
    """An ONNX graph without weights, and what eager PyTorch says of the reference inputs [N]."""

    graph: bytes
    reference_logits: npt.NDArray[np.float32]


def cache_key(bundle: ModelBundle) -> str:
    """Return a name that differs whenever the export could."""
    parts = [
        bundle.weights_sha256,
        bundle.architecture,
        repr(bundle.preprocessing),
        *(f"{package} {version(package)}" for package in _PACKAGES),
    ]
    return hashlib.sha256("\n".join(parts).encode()).hexdigest()[:32]


def read_export(folder: Path, key: str, bundle: ModelBundle) -> ExportedNetwork | None:
    """Return the entry, or None if there is none, or none for this bundle, or a damaged one."""
    try:
        card = json.loads((folder / f"{key}.json").read_text(encoding="utf-8"))
        graph = (folder / f"{key}.onnx").read_bytes()
        if card["sha256"] != hashlib.sha256(graph).hexdigest() or card["for"] != _made_for(bundle):
            return None
        return ExportedNetwork(graph, np.asarray(card["reference_logits"], dtype=np.float32))
    except (OSError, ValueError, KeyError, TypeError):
        return None


def write_export(folder: Path, key: str, bundle: ModelBundle, exported: ExportedNetwork) -> None:
    """Keep an entry; another process sees all of it or none. Raises OSError."""
    folder.mkdir(parents=True, exist_ok=True)
    card = {
        "for": _made_for(bundle),
        "sha256": hashlib.sha256(exported.graph).hexdigest(),
        "reference_logits": [float(each) for each in exported.reference_logits],
    }
    # The card goes last: without it there is no entry.
    write_durably(folder / f"{key}.onnx", exported.graph)
    write_durably(folder / f"{key}.json", (json.dumps(card, indent=2) + "\n").encode())


def _made_for(bundle: ModelBundle) -> list[str]:
    return [bundle.architecture, bundle.weights_sha256, repr(bundle.preprocessing)]
