"""All ways to a classifier that need PyTorch, behind one import: it takes seconds."""

import numpy as np
import numpy.typing as npt
import torch

from triage_agent.adapters.torch_inference.bundle_files import LoadedBundle, model_name
from triage_agent.adapters.torch_inference.onnx_cache import ExportedNetwork
from triage_agent.adapters.torch_inference.onnx_export import export
from triage_agent.adapters.torch_inference.precision import fastest_harmless
from triage_agent.adapters.torch_inference.torch_classifier import TorchClassifier, load_network


def serve_on_cuda(loaded: LoadedBundle, *, reduce: bool) -> TorchClassifier:
    """Serve on the CUDA device, if so wanted in reduced precision where that is harmless.

    Raises BundleInvalid.
    """
    # Else cuDNN rounds what goes into a convolution to 10 bits, and calls that fp32.
    torch.backends.cudnn.allow_tf32 = False
    torch.backends.cuda.matmul.allow_tf32 = False
    network = load_network(loaded)
    if reduce:
        return fastest_harmless(network, loaded.bundle, device="cuda")
    return TorchClassifier(network, model_name(loaded.bundle), device="cuda", channels_last=True)


def serve_eager(loaded: LoadedBundle, threads: int) -> TorchClassifier:
    """Serve on the CPU in fp32; 0 threads is one for each core. Raises BundleInvalid."""
    if threads:
        torch.set_num_threads(threads)
    return TorchClassifier(load_network(loaded), model_name(loaded.bundle), channels_last=True)


def export_network(loaded: LoadedBundle, inputs: npt.NDArray[np.float32]) -> ExportedNetwork:
    """Export the network and note what it says of `inputs` itself. Raises BundleInvalid."""
    network = load_network(loaded)
    said = TorchClassifier(network, model_name(loaded.bundle)).classify(inputs)
    return ExportedNetwork(export(network, loaded.bundle.preprocessing.size), said.logits)
