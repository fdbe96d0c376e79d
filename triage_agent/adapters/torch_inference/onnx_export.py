"""From a PyTorch network to an ONNX graph without its weights."""

import logging
import warnings

import onnx
import torch
from onnx_ir import serde
from onnxscript.optimizer import fold_constants, inline, remove_unused_nodes

from triage_agent.adapters.torch_inference.onnx_names import CAM, FEATURES, IMAGES, LOGITS
from triage_agent.infer.network import TriageNetwork

# Any batch but one, which the exporter would take for a constant.
_EXAMPLE_BATCH = 2

# Shapes and bounds are folded; weights are not, so that they can be taken out and put back.
_LARGEST_FOLDED = 64


def export(network: TriageNetwork, size: int) -> bytes:
    """Return a graph: images [N, 3, size, size] in; logits, maps and features out; N is free.

    Every weight is an initializer without values, named as in the network's state dict
    (`onnx_weights.with_weights` puts the values in).
    """
    example = torch.zeros(_EXAMPLE_BATCH, 3, size, size)
    with warnings.catch_warnings():
        # The exporter warns about its own insides.
        warnings.simplefilter("ignore")
        logging.getLogger("torch.onnx").setLevel(logging.ERROR)
        program = torch.onnx.export(
            network,
            (example,),
            input_names=[IMAGES],
            output_names=[LOGITS, CAM, FEATURES],
            dynamic_shapes=({0: torch.export.Dim("batch", min=1)},),
            dynamo=True,
            optimize=False,
            verbose=False,
        )
        if program is None:
            raise RuntimeError("the exporter gave nothing")
        model = program.model
        inline(model)
        fold_constants(model, input_size_limit=_LARGEST_FOLDED, output_size_limit=_LARGEST_FOLDED)
        remove_unused_nodes(model)
        return _bare(serde.serialize_model(model), set(network.state_dict()))


def _bare(model: onnx.ModelProto, weights: set[str]) -> bytes:
    """Take out the weights' values, and what the exporter notes of this machine's files."""
    del model.metadata_props[:]
    del model.graph.metadata_props[:]
    del model.graph.value_info[:]
    for part in (*model.graph.node, *model.graph.initializer):
        del part.metadata_props[:]
        part.doc_string = ""
    for initializer in model.graph.initializer:
        if initializer.name in weights:
            initializer.ClearField("raw_data")
            initializer.ClearField("float_data")
    return bytes(model.SerializeToString())
