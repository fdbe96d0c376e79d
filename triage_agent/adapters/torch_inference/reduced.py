"""8-bit integers on the CPU, where a comparison on the reference inputs finds them harmless."""

import hashlib
import json
import time
from collections.abc import Callable
from dataclasses import asdict, dataclass
from pathlib import Path

import numpy as np
import numpy.typing as npt
import structlog

from triage_agent.adapters.torch_inference.durable_files import write_durably
from triage_agent.adapters.torch_inference.onnx_cache import cache_key
from triage_agent.adapters.torch_inference.onnx_classifier import OnnxClassifier
from triage_agent.adapters.torch_inference.reference_inputs import (
    Reduction,
    compare_reduction,
    reference_inputs,
)
from triage_agent.infer.bundle import ModelBundle, judging_sha256

Images = npt.NDArray[np.float32]
Quantise = Callable[[bytes, Images], bytes]

# What gains less is not worth a different number.
_WORTH_WHILE = 1.1
_ROUNDS = 3
_STUDY = 3  # images
_RANGES_SEED = 20201022

_log = structlog.get_logger(__name__)


@dataclass(frozen=True, slots=True)
class ReducedForm:
    """The network in 8-bit integers, and what was found when it was compared with fp32."""

    network: bytes
    reduction: Reduction
    times_as_fast: float

    def is_served(self, *, however_slow: bool) -> bool:
        """Whether it takes the place of fp32."""
        return self.reduction.is_harmless and (however_slow or self.times_as_fast >= _WORTH_WHILE)

    def __str__(self) -> str:
        return f"int8 is {self.times_as_fast:.1f} times as fast, {self.reduction}"


def quantise(network: bytes, images: Images) -> bytes:
    """Return the network in 8-bit integers."""
    from triage_agent.adapters.torch_inference.quantising import quantised  # noqa: PLC0415 (slow)

    return quantised(network, images)


def reduced_key(bundle: ModelBundle) -> str:
    """Return a name that differs whenever the form, or what it is judged by, could."""
    return f"{cache_key(bundle)}-{judging_sha256(bundle)[:16]}"


def reduced_form(
    network: bytes,
    bundle: ModelBundle,
    threads: int,
    cache_folder: Path,
    *,
    quantise: Quantise = quantise,
) -> ReducedForm:
    """Return the reduced form, made and compared with fp32 once and then kept beside the exports.

    Args:
        network: the fp32 network with its weights.
        bundle: the network's.
        threads: to compute with.
        cache_folder: where it is kept, under `reduced_key`.
        quantise: how the form is made; a test gives its own.
    """
    key = reduced_key(bundle)
    kept = _read(cache_folder, key)
    if kept is None:
        # The scales come from other inputs than those that judge them.
        small = quantise(network, reference_inputs(bundle.preprocessing, _RANGES_SEED))
        kept = _compared(network, small, bundle, threads)
        _write(cache_folder, key, kept)
    return kept


def _compared(network: bytes, small: bytes, bundle: ModelBundle, threads: int) -> ReducedForm:
    inputs = reference_inputs(bundle.preprocessing)
    exact = OnnxClassifier(network, bundle.model, threads=threads)
    near = OnnxClassifier(small, bundle.model, threads=threads)
    found = compare_reduction(exact.classify(inputs).logits, near.classify(inputs).logits, bundle)
    study = np.resize(inputs, (_STUDY, *inputs.shape[1:]))
    pairs = [(_seconds(exact, study), _seconds(near, study)) for _ in range(_ROUNDS)]
    slow, fast = (min(times) for times in zip(*pairs, strict=True))
    return ReducedForm(small, found, slow / fast)


def _seconds(classifier: OnnxClassifier, images: Images) -> float:
    begun = time.perf_counter()
    classifier.classify(images)
    return time.perf_counter() - begun


def _read(folder: Path, key: str) -> ReducedForm | None:
    try:
        card = json.loads((folder / f"{key}.int8.json").read_text(encoding="utf-8"))
        network = (folder / f"{key}.int8.onnx").read_bytes()
        if card["sha256"] != hashlib.sha256(network).hexdigest():
            return None
        return ReducedForm(network, Reduction(**card["reduction"]), float(card["times_as_fast"]))
    except (OSError, ValueError, KeyError, TypeError):
        return None


def _write(folder: Path, key: str, form: ReducedForm) -> None:
    card = {
        "sha256": hashlib.sha256(form.network).hexdigest(),
        "reduction": asdict(form.reduction),
        "times_as_fast": form.times_as_fast,
    }
    try:
        folder.mkdir(parents=True, exist_ok=True)
        # The card goes last: without it there is no entry.
        write_durably(folder / f"{key}.int8.onnx", form.network)
        write_durably(folder / f"{key}.int8.json", (json.dumps(card, indent=2) + "\n").encode())
    except OSError as error:
        _log.warning("reduced_form_not_kept", cause=type(error).__name__)
