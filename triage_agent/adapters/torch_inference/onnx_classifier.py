"""The network compiled by ONNX Runtime: the same numbers on a CPU in a fraction of the time."""

import numpy as np
import numpy.typing as npt
import onnxruntime

from triage_agent.adapters.torch_inference.onnx_names import CAM, FEATURES, IMAGES, LOGITS
from triage_agent.ports.inference import Classification


class OnnxClassifier:
    """A Classifier that runs an exported network on the CPU.

    Args:
        network: the ONNX file's bytes.
        model: the name and version of the bundle it was exported from.
        threads: to compute with; 0 is one for each core.
        precision: what the network computes in, in words.
    """

    def __init__(
        self, network: bytes, model: str, *, threads: int = 0, precision: str = "fp32"
    ) -> None:
        options = onnxruntime.SessionOptions()
        options.intra_op_num_threads = threads
        options.inter_op_num_threads = 1
        options.log_severity_level = 3
        # Waiting threads would otherwise burn the cores that the decoders need.
        options.add_session_config_entry("session.intra_op.allow_spinning", "0")
        self._session = onnxruntime.InferenceSession(
            network, options, providers=["CPUExecutionProvider"]
        )
        self._model = model
        self._threads = threads
        self._precision = precision

    @property
    def model(self) -> str:
        """The name and version of the bundle."""
        return self._model

    @property
    def description(self) -> str:
        """What runs where, in words."""
        threads = f"{self._threads} threads" if self._threads else "all cores"
        return f"ONNX Runtime {onnxruntime.__version__} on CPU, {self._precision}, {threads}"

    def classify(self, images: npt.NDArray[np.float32]) -> Classification:
        """Return what the network says of images [N, 3, S, S]."""
        return Classification(*self._session.run([LOGITS, CAM, FEATURES], {IMAGES: images}))
