"""The network in eager PyTorch: the reference, the fallback, and the way to a CUDA device."""

import numpy as np
import numpy.typing as npt
import safetensors.torch
import torch
from safetensors import SafetensorError

from triage_agent.adapters.torch_inference.bundle_files import LoadedBundle
from triage_agent.errors import BundleInvalid
from triage_agent.infer.network import TriageNetwork, build_network
from triage_agent.ports.inference import Classification

_CAUSE_CHARACTERS = 200


def load_network(loaded: LoadedBundle) -> TriageNetwork:
    """Build the bundle's network on the CPU, in fp32 and evaluation mode.

    Raises:
        BundleInvalid: the architecture is not supported, or the weights are not those of one.
    """
    architecture = loaded.bundle.architecture
    try:
        network = build_network(architecture)
    except ValueError as error:
        raise BundleInvalid(f"model.json, field architecture: {error}") from error
    try:
        network.load_state_dict(safetensors.torch.load_file(loaded.weights))
    except (RuntimeError, SafetensorError) as error:
        # PyTorch names every weight, line by line; the first ones tell.
        cause = " ".join(str(error).split())[:_CAUSE_CHARACTERS]
        raise BundleInvalid(
            f"{loaded.weights}: is not a set of weights for {architecture}: {cause}. "
            "Export the model again."
        ) from error
    return network.eval()


class TorchClassifier:
    """A Classifier that runs the network as it is.

    Args:
        network: in evaluation mode; moved to `device`.
        model: the name and version of its bundle.
        device: "cpu" or a CUDA device.
        channels_last: lay memory out pixel by pixel: the same numbers but for rounding, sooner.
        reduced: float16 or bfloat16 where PyTorch thinks it safe; the caller has to have checked.
        note: what else the description says.
    """

    def __init__(
        self,
        network: TriageNetwork,
        model: str,
        *,
        device: str = "cpu",
        channels_last: bool = False,
        reduced: torch.dtype | None = None,
        note: str = "",
    ) -> None:
        self._model = model
        self._note = note
        self._device = torch.device(device)
        self._format = torch.channels_last if channels_last else torch.contiguous_format
        self._reduced = reduced
        self._network = network.to(device=self._device).to(memory_format=self._format)

    @property
    def model(self) -> str:
        """The name and version of the bundle."""
        return self._model

    @property
    def description(self) -> str:
        """What runs where, in words."""
        where = self._device.type.upper()
        if self._device.type == "cuda":
            where = torch.cuda.get_device_name(self._device)
        precision = "fp32" if self._reduced is None else str(self._reduced).removeprefix("torch.")
        note = f" ({self._note})" if self._note else ""
        return f"PyTorch {torch.__version__} on {where}, {precision}{note}"

    def classify(self, images: npt.NDArray[np.float32]) -> Classification:
        """Return what the network says of images [N, 3, S, S]."""
        with (
            torch.inference_mode(),
            torch.autocast(
                self._device.type, dtype=self._reduced, enabled=self._reduced is not None
            ),
        ):
            # A copy: decoded images may lie in memory that is not to be written to.
            batch = torch.tensor(images).to(self._device, memory_format=self._format)
            return Classification(*(each.float().cpu().numpy() for each in self._network(batch)))
