"""Which form of the network is served: the fastest that says the same as eager PyTorch."""

from collections.abc import Callable
from pathlib import Path
from typing import Protocol

import numpy as np
import numpy.typing as npt
import structlog

from triage_agent.adapters.torch_inference.bundle_files import LoadedBundle, model_name
from triage_agent.adapters.torch_inference.cuda_driver import cuda_device_present
from triage_agent.adapters.torch_inference.onnx_cache import (
    SHIPPED,
    ExportedNetwork,
    cache_key,
    read_export,
    write_export,
)
from triage_agent.adapters.torch_inference.onnx_classifier import OnnxClassifier
from triage_agent.adapters.torch_inference.onnx_weights import with_weights
from triage_agent.adapters.torch_inference.reduced import reduced_form
from triage_agent.adapters.torch_inference.reference_inputs import agree_exactly, reference_inputs
from triage_agent.errors import SettingsInvalid
from triage_agent.ports.inference import Classifier
from triage_agent.settings import InferSettings

Images = npt.NDArray[np.float32]
Export = Callable[[LoadedBundle, Images], ExportedNetwork]

_log = structlog.get_logger(__name__)


class DescribedClassifier(Classifier, Protocol):
    """A Classifier that says what it runs on, for the log and for `triage-agent check`."""

    @property
    def description(self) -> str:
        """Runtime, device and precision, in words."""
        ...


def export_network(loaded: LoadedBundle, inputs: Images) -> ExportedNetwork:
    """Export the network and note what eager PyTorch says of `inputs`. Raises BundleInvalid."""
    from triage_agent.adapters.torch_inference import torch_loading  # noqa: PLC0415 (seconds)

    return torch_loading.export_network(loaded, inputs)


def load_classifier(
    settings: InferSettings,
    loaded: LoadedBundle,
    cache_folder: Path,
    *,
    cuda_present: Callable[[], bool] = cuda_device_present,
    export: Export = export_network,
) -> DescribedClassifier:
    """Load the bundle's network in the fastest form that these settings and this machine allow.

    On a CUDA device that is PyTorch; on the CPU ONNX Runtime, or PyTorch if the two should
    disagree. The export comes with the bundle or is made once and kept in `cache_folder`; with a
    valid one PyTorch is not imported. Unless `infer.precision` is "fp32", reduced precision is
    tried, and served if the reference inputs find it harmless.

    Raises:
        BundleInvalid: the weights are not those of the architecture.
        SettingsInvalid: the settings ask for a device that is not there, or that the runtime
            cannot use.
    """
    if settings.device == "cuda" and settings.runtime == "onnxruntime":
        raise SettingsInvalid(
            'infer.runtime = "onnxruntime" is for the CPU: set infer.runtime = "torch" for CUDA'
        )
    if settings.device != "cpu" and settings.runtime != "onnxruntime":
        if cuda_present():
            return _on_cuda(loaded, reduce=settings.precision != "fp32")
        if settings.device == "cuda":
            raise SettingsInvalid(
                'infer.device = "cuda", but the driver shows no device: '
                'install the NVIDIA driver or set infer.device = "cpu"'
            )
    if settings.runtime == "torch":
        return _eager(loaded, settings.threads)
    return _compiled(settings, loaded, cache_folder, export)


def _on_cuda(loaded: LoadedBundle, *, reduce: bool) -> DescribedClassifier:
    from triage_agent.adapters.torch_inference import torch_loading  # noqa: PLC0415 (seconds)

    return torch_loading.serve_on_cuda(loaded, reduce=reduce)


def _eager(loaded: LoadedBundle, threads: int) -> DescribedClassifier:
    from triage_agent.adapters.torch_inference import torch_loading  # noqa: PLC0415 (seconds)

    return torch_loading.serve_eager(loaded, threads)


def _compiled(
    settings: InferSettings, loaded: LoadedBundle, cache_folder: Path, export: Export
) -> DescribedClassifier:
    bundle, threads = loaded.bundle, settings.threads
    key = cache_key(bundle)
    inputs = reference_inputs(bundle.preprocessing)
    for folder, name in ((loaded.weights.parent, SHIPPED), (cache_folder, key)):
        kept = read_export(folder, name, bundle)
        if kept is not None:
            compiled = _checked(kept, loaded, threads, inputs)
            if compiled is not None:
                return _reduced(settings, kept, loaded, cache_folder) or compiled
    fresh = export(loaded, inputs)
    compiled = _checked(fresh, loaded, threads, inputs)
    if compiled is None:
        _log.warning("classifier_fallback", chosen="PyTorch", cause="ONNX Runtime disagrees")
        return _eager(loaded, threads)
    try:
        write_export(cache_folder, key, bundle, fresh)
    except OSError as error:
        _log.warning("export_not_kept", cause=type(error).__name__)
    return _reduced(settings, fresh, loaded, cache_folder) or compiled


def _checked(
    exported: ExportedNetwork,
    loaded: LoadedBundle,
    threads: int,
    inputs: Images,
) -> OnnxClassifier | None:
    """Return the compiled network if it says what eager PyTorch said of the reference inputs."""
    try:
        network = with_weights(exported.graph, loaded.weights)
        compiled = OnnxClassifier(network, model_name(loaded.bundle), threads=threads)
        logits = compiled.classify(inputs).logits
    except Exception as error:  # noqa: BLE001 (whatever the runtime objects to, PyTorch serves)
        _log.warning("export_not_usable", cause=type(error).__name__)
        return None
    return compiled if agree_exactly(exported.reference_logits, logits) else None


def _reduced(
    settings: InferSettings, exported: ExportedNetwork, loaded: LoadedBundle, cache_folder: Path
) -> OnnxClassifier | None:
    """Return what takes the place of the compiled network if reduced precision was asked for.

    It is the network in 8-bit integers if that may be served, and else fp32 that says why not.
    """
    if settings.precision == "fp32":
        return None
    network, name = with_weights(exported.graph, loaded.weights), model_name(loaded.bundle)
    threads = settings.threads
    try:
        form = reduced_form(network, loaded.bundle, threads, cache_folder)
        is_served = form.is_served(however_slow=settings.precision == "reduced")
        served = OnnxClassifier(
            form.network if is_served else network,
            name,
            threads=threads,
            precision=f"int8 ({form})" if is_served else f"fp32 ({form}: not used)",
        )
    except Exception as error:  # noqa: BLE001 (whatever the runtime objects to, fp32 serves)
        _log.warning("reduced_form_not_usable", cause=type(error).__name__)
        return None
    _log.info("precision_checked", form="int8", used=is_served, found=str(form))
    return served
