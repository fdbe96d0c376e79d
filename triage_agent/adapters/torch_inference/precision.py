"""Reduced precision where a comparison on reference inputs finds it harmless."""

import structlog
import torch

from triage_agent.adapters.torch_inference.bundle_files import model_name
from triage_agent.adapters.torch_inference.reference_inputs import (
    compare_reduction,
    reference_inputs,
)
from triage_agent.adapters.torch_inference.torch_classifier import TorchClassifier
from triage_agent.infer.bundle import ModelBundle
from triage_agent.infer.network import TriageNetwork

_log = structlog.get_logger(__name__)


def fastest_harmless(
    network: TriageNetwork,
    bundle: ModelBundle,
    *,
    device: str,
    reduced: torch.dtype = torch.float16,
) -> TorchClassifier:
    """Serve the network on `device` in channels_last, in `reduced` precision if that is harmless.

    float16 has eight times finer steps than bfloat16; where its range is too small the comparison
    finds infinities and fp32 is served.
    """
    model = model_name(bundle)
    inputs = reference_inputs(bundle.preprocessing)
    exact = TorchClassifier(network, model, device=device, channels_last=True)
    faster = TorchClassifier(network, model, device=device, channels_last=True, reduced=reduced)
    found = compare_reduction(exact.classify(inputs).logits, faster.classify(inputs).logits, bundle)
    name = str(reduced).removeprefix("torch.")
    _log.info("precision_checked", form=name, used=found.is_harmless, found=str(found))
    if found.is_harmless:
        return faster
    return TorchClassifier(
        network, model, device=device, channels_last=True, note=f"{name} refused: {found}"
    )
