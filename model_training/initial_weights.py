"""Starting from weights that were trained on ImageNet."""

import re
from collections.abc import Callable
from pathlib import Path

import numpy as np
import torch
from safetensors.torch import load_file
from torch import Tensor
from torch.hub import get_dir
from torchvision.models import WeightsEnum, get_model_weights

from triage_agent.infer.network import TriageNetwork, published_name

TORCHVISION = "torchvision"
"""The published weights that torchvision recommends; `torchvision:NAME` for others of its set."""
NONE = "none"
"""Random weights."""

# Checkpoints of DenseNet are older than the rule that module names have no dots.
_DOTTED = re.compile(r"(denselayer\d+\.(?:norm|conv))\.([12]\.)")

# Heads that help early layers of Inception networks to learn; ours are built without.
_AUXILIARY = ("AuxLogits.", "aux1.", "aux2.")


def read_weights(path: Path) -> dict[str, Tensor]:
    """Read an .npz, a .safetensors or a .pth file; nothing in it is executed.

    Raises:
        ValueError: it has another suffix, or holds anything else than tensors by name.
        OSError: it cannot be read.
    """
    suffix = path.suffix.lower()
    try:
        if suffix == ".npz":
            with np.load(path, allow_pickle=False) as stored:
                return {name: torch.from_numpy(np.asarray(stored[name])) for name in stored.files}
        if suffix == ".safetensors":
            return load_file(path)
        if suffix in {".pth", ".pt"}:
            loaded = torch.load(path, map_location="cpu", weights_only=True)
            return _tensors(loaded, path)
    except OSError:
        raise
    except Exception as error:
        raise ValueError(f"{path} is not a file of weights: {error}") from error
    raise ValueError(f"{path}: weights are .npz, .safetensors or .pth files")


def published_weights(
    architecture: str, choice: str, fetch: Callable[[WeightsEnum], object] | None = None
) -> dict[str, Tensor]:
    """Weights that torchvision publishes, from its own cache or the network.

    Args:
        architecture: a name that `build_network` takes.
        choice: `torchvision` for the recommended set, `torchvision:IMAGENET1K_V1` for that one.
        fetch: gives the state dict; by default torchvision's own loader.

    Raises:
        ValueError: there is no such set, or it is not at hand and cannot be fetched; the message
            then says which file to bring, and where to put it.
    """
    known = get_model_weights(published_name(architecture))
    name = choice.partition(":")[2] or "DEFAULT"
    if name not in known.__members__:
        raise ValueError(f"{architecture} has no weights {name!r}: {', '.join(known.__members__)}")
    weights = known[name]
    try:
        return _tensors((fetch or _fetched)(weights), Path(weights.url))
    except (OSError, RuntimeError) as error:
        file = weights.url.rpartition("/")[2]
        raise ValueError(
            f"the weights {weights} cannot be fetched ({error}). Bring {weights.url} from a "
            f"machine that can, put it at {Path(get_dir()) / 'checkpoints' / file}, and start "
            "again; TORCH_HOME decides about that folder."
        ) from error


def expects_half(architecture: str, choice: str) -> bool:
    """Whether published weights were fitted on inputs of mean and deviation 0.5, not ImageNet's."""
    return choice.startswith(TORCHVISION) and architecture in {"inception_v3", "googlenet"}


def initialise(network: TriageNetwork, choice: str) -> None:
    """Fill a network from `torchvision`, `torchvision:NAME`, a file, or leave it random (`none`).

    Raises:
        ValueError: there are no such weights, or they do not fit.
        OSError: a file cannot be read.
    """
    if choice == NONE:
        return
    if choice.partition(":")[0] == TORCHVISION:
        fill(network, published_weights(network.architecture, choice), choice)
    else:
        load_initial_weights(network, Path(choice))


def load_initial_weights(network: TriageNetwork, path: Path) -> None:
    """Fill a network from a file with torchvision's key names; the head keeps its random weights.

    The prefix `model.` of the weights of a bundle is taken off.

    Raises:
        ValueError: it is not a file of weights, or has some that the network lacks, lacks some
            that it needs, or has them in other shapes.
        OSError: it cannot be read.
    """
    stored = read_weights(path)
    prefix = "model."
    if all(name.startswith(prefix) for name in stored):
        stored = {name.removeprefix(prefix): value for name, value in stored.items()}
    fill(network, stored, path.name)


def fill(network: TriageNetwork, weights: dict[str, Tensor], source: str) -> None:
    """Fill a network from tensors with torchvision's key names; the head keeps its random weights.

    What belongs to a head that was replaced, or to one that only helps training, is left out.

    Raises:
        ValueError: naming `source` and what does not fit.
    """
    head = {f"{name}.{part}" for name in _head_names(network) for part in ("weight", "bias")}
    above = {name.rpartition(".")[0] or name for name in _head_names(network)}
    own = network.model.state_dict()
    used = {}
    for name, value in weights.items():
        modern = _DOTTED.sub(r"\1\2", name)
        replaced = modern not in own and modern.startswith(tuple(f"{each}." for each in above))
        if modern not in head and not replaced and not modern.startswith(_AUXILIARY):
            used[modern] = value
    try:
        outcome = network.model.load_state_dict(used, strict=False)
    except RuntimeError as error:
        raise ValueError(f"{source} does not fit {network.architecture}: {error}") from error
    missing = set(outcome.missing_keys) - head
    if missing or outcome.unexpected_keys:
        raise ValueError(
            f"{source} does not fit {network.architecture}: missing {sorted(missing)}, "
            f"unexpected {sorted(outcome.unexpected_keys)}"
        )


def _head_names(network: TriageNetwork) -> list[str]:
    return [name for name, module in network.model.named_modules() if module is network.classifier]


def _fetched(weights: WeightsEnum) -> object:
    return weights.get_state_dict(
        progress=False, check_hash=True, map_location="cpu", weights_only=True
    )


def _tensors(loaded: object, path: Path) -> dict[str, Tensor]:
    if not isinstance(loaded, dict) or not all(
        isinstance(name, str) and isinstance(value, Tensor) for name, value in loaded.items()
    ):
        raise ValueError(f"{path} holds more than tensors by name: keep only the state dict")
    return dict(loaded)
