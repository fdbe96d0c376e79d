"""From a PyTorch network to the bytes of an ONNX file."""

import logging
import warnings
from pathlib import Path
from tempfile import TemporaryDirectory

import torch

from triage_agent.adapters.torch_inference.onnx_names import CAM, IMAGES, LOGITS
from triage_agent.infer.network import TriageNetwork

# Any batch but one, which the exporter would take for a constant.
_EXAMPLE_BATCH = 2


def export(network: TriageNetwork, size: int) -> bytes:
    """Return the network as ONNX: images [N, 3, size, size] in, logits [N] and maps [N, h, w] out.

    N is free. The weights are inside.
    """
    example = torch.zeros(_EXAMPLE_BATCH, 3, size, size)
    with TemporaryDirectory(prefix="onnx-export-") as folder, warnings.catch_warnings():
        # The exporter warns about its own insides.
        warnings.simplefilter("ignore")
        logging.getLogger("torch.onnx").setLevel(logging.ERROR)
        path = Path(folder) / "network.onnx"
        torch.onnx.export(
            network,
            (example,),
            path,
            input_names=[IMAGES],
            output_names=[LOGITS, CAM],
            dynamic_shapes=({0: torch.export.Dim("batch", min=1)},),
            dynamo=True,
            external_data=False,
            verbose=False,
        )
        return path.read_bytes()
