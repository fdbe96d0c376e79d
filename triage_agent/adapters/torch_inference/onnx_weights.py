"""Puts the weights of a safetensors file into an ONNX graph that was exported without them."""

from pathlib import Path

import onnx
import safetensors.numpy


def with_weights(graph: bytes, weights: Path) -> bytes:
    """Return the graph with the values of every initializer that has none.

    Raises:
        ValueError: the weights are not those of this graph.
    """
    values = safetensors.numpy.load_file(weights)
    model = onnx.load_model_from_string(graph)
    for initializer in model.graph.initializer:
        if initializer.name in values:
            value = values[initializer.name]
            expected = onnx.helper.tensor_dtype_to_np_dtype(initializer.data_type)
            if value.shape != tuple(initializer.dims):
                raise ValueError(f"{initializer.name} has another shape in the weights")
            # A bundle may hold half-precision weights; the network computes in single precision.
            initializer.raw_data = value.astype(expected).tobytes()
    return bytes(model.SerializeToString())
