"""The network compiled by ONNX Runtime: the same numbers on a CPU in a fraction of the time."""

from typing import Final

import numpy as np
import numpy.typing as npt
import onnxruntime

from triage_agent.adapters.torch_inference.onnx_names import CAM, FEATURES, IMAGES, LOGITS
from triage_agent.ports.inference import Classification

# How long a thread waits awake for its next layer.
SPIN_DURATION: Final = "session.intra_op.spin_duration_us"
_SPIN_MICROSECONDS: Final = "50"


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
        # A thread that waits longer would burn the core that a decoder needs; one that sleeps at
        # once wakes too late for the next of many small layers.
        options.add_session_config_entry(SPIN_DURATION, _SPIN_MICROSECONDS)
        options.add_session_config_entry("session.force_spinning_stop", "1")  # after each batch
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
