"""The network in 8-bit integers: convolutions in a fraction of the arithmetic, less exactly."""

import logging
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import numpy as np
import numpy.typing as npt
import onnx
from onnxruntime.quantization import (
    CalibrationDataReader,
    QuantFormat,
    QuantType,
    quantize_static,
)
from onnxruntime.quantization.shape_inference import quant_pre_process

from triage_agent.adapters.torch_inference.onnx_names import CAM, IMAGES

Images = npt.NDArray[np.float32]

# All but the head: its arithmetic is nothing, and in fp32 the map and the logit fit each other.
_QUANTISED = ("Conv", "Clip", "Relu", "Add", "Concat", "MaxPool", "AveragePool")


def quantised(network: bytes, images: Images) -> bytes:
    """Return the network with weights and activations of 8 bits, one scale for each channel.

    Args:
        network: the ONNX file's bytes, with weights.
        images: [N, 3, S, S], whose activations give the ranges.

    Raises whatever the runtime objects to.
    """
    with _without_advice(), tempfile.TemporaryDirectory() as folder:
        whole, folded, reduced = (Path(folder) / f"{name}.onnx" for name in ("a", "b", "c"))
        whole.write_bytes(network)
        quant_pre_process(str(whole), str(folded), skip_symbolic_shape=True)
        quantize_static(
            str(folded),
            str(reduced),
            _OneByOne(images),
            op_types_to_quantize=list(_QUANTISED),
            nodes_to_exclude=_head(onnx.load(folded)),
            quant_format=QuantFormat.QDQ,
            per_channel=True,
            # The kernels for processors without AMX want unsigned activations: twice as fast.
            activation_type=QuantType.QUInt8,
            weight_type=QuantType.QInt8,
        )
        return reduced.read_bytes()


@contextmanager
def _without_advice() -> Iterator[None]:
    """Keep the quantiser's advice out of the log: it gives it on the root logger, as warnings."""
    root = logging.getLogger()
    level = root.level
    root.setLevel(logging.ERROR)
    try:
        yield
    finally:
        root.setLevel(level)


def _head(network: onnx.ModelProto) -> list[str]:
    """Return the name of the convolution that makes the map of the feature maps, if there is one.

    The first one on the way back from the map.
    """
    makers = {output: node for node in network.graph.node for output in node.output}
    node = makers.get(CAM)
    while node is not None and node.op_type != "Conv":
        node = makers.get(node.input[0])
    return [] if node is None else [node.name]


class _OneByOne(CalibrationDataReader):  # type: ignore[misc]
    """Images for the calibration, one at a time: activations of all layers are kept meanwhile."""

    def __init__(self, images: Images) -> None:
        self._images = iter(images)

    def get_next(self) -> dict[str, Images] | None:
        """Return the next input, or None."""
        image = next(self._images, None)
        return None if image is None else {IMAGES: image[np.newaxis]}
