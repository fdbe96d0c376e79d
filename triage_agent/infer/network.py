"""The classifiers: torchvision networks whose class activation map is exact.

A map is exact if the head is nothing but a global average pool and one linear layer (dropout is
the identity in evaluation). Then pooling and weighting commute, and the mean over X of
M(X) = sum_k w_k f_k(X), plus the bias, is the logit (Zhou et al., arXiv 1512.04150, section 2).

The only module of the stages that imports torch.
"""

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any, TypeAlias

from torch import Tensor, nn
from torch.nn import functional
from torchvision import models

FeatureMaps: TypeAlias = Callable[[Any, Tensor], Tensor]


@dataclass(frozen=True, slots=True)
class _Family:
    """How one family of torchvision networks gives its last feature maps."""

    prefixes: tuple[str, ...]
    feature_maps: FeatureMaps
    head: str
    options: tuple[tuple[str, object], ...] = ()


def _densenet(model: Any, x: Tensor) -> Tensor:  # noqa: ANN401 (torchvision ships no types)
    # torchvision rectifies after the last batch norm, outside `features`.
    return functional.relu(model.features(x))


def _features(model: Any, x: Tensor) -> Tensor:  # noqa: ANN401
    maps: Tensor = model.features(x)
    return maps


def _layers(model: Any, x: Tensor) -> Tensor:  # noqa: ANN401
    maps: Tensor = model.layers(x)
    return maps


def _resnet(model: Any, x: Tensor) -> Tensor:  # noqa: ANN401
    x = model.maxpool(model.relu(model.bn1(model.conv1(x))))
    maps: Tensor = model.layer4(model.layer3(model.layer2(model.layer1(x))))
    return maps


def _regnet(model: Any, x: Tensor) -> Tensor:  # noqa: ANN401
    maps: Tensor = model.trunk_output(model.stem(x))
    return maps


def _shufflenet(model: Any, x: Tensor) -> Tensor:  # noqa: ANN401
    x = model.maxpool(model.conv1(x))
    maps: Tensor = model.conv5(model.stage4(model.stage3(model.stage2(x))))
    return maps


def _swin(model: Any, x: Tensor) -> Tensor:  # noqa: ANN401
    maps: Tensor = model.permute(model.norm(model.features(x)))
    return maps


_DROPPED_INCEPTION_PARTS = frozenset({"AuxLogits", "aux1", "aux2", "avgpool", "dropout", "fc"})


def _inception(model: Any, x: Tensor) -> Tensor:  # noqa: ANN401
    # Both Inception networks are a plain chain up to their pool once the auxiliary heads are off.
    for name, part in model.named_children():
        if name not in _DROPPED_INCEPTION_PARTS:
            x = part(x)
    return x


# Their own initialisation would cost seconds; weights come from a checkpoint.
_INCEPTION_OPTIONS = (
    ("aux_logits", False),
    ("init_weights", False),
    ("transform_input", False),
)

_FAMILIES = (
    _Family(("densenet",), _densenet, "classifier"),
    _Family(("mobilenet_v2", "efficientnet_"), _features, "classifier"),
    _Family(("mnasnet",), _layers, "classifier"),
    _Family(("resnet", "resnext", "wide_resnet"), _resnet, "fc"),
    _Family(("regnet_",), _regnet, "fc"),
    _Family(("shufflenet_v2_",), _shufflenet, "fc"),
    _Family(("swin_",), _swin, "head"),
    _Family(("googlenet", "inception_v3"), _inception, "fc", _INCEPTION_OPTIONS),
)

_FLATTENS = "it flattens its feature maps and has several fully connected layers"
_NOT_EXACT = {
    "alexnet": _FLATTENS,
    "vgg": _FLATTENS,
    "squeezenet": "it rectifies the class map before pooling",
    "mobilenet_v3": "it has a hidden layer between the pool and the classifier",
    "convnext": "it normalises the layer between the pool and the classifier",
    "maxvit": "it has a hidden layer between the pool and the classifier",
    "vit_": "it classifies a class token and pools no maps",
}


class TriageNetwork(nn.Module):
    """A classifier with one output that gives its class activation map in the same pass.

    Its state dict is that of the torchvision model (whose last layer has one output), each key
    with the prefix `model.`.
    """

    def __init__(self, architecture: str, model: nn.Module, family: _Family) -> None:
        super().__init__()
        self.architecture = architecture
        self.model = model
        self._feature_maps = family.feature_maps
        self._head_name = family.head

    @property
    def classifier(self) -> nn.Linear:
        """The linear layer from feature maps to the logit."""
        head = getattr(self.model, self._head_name)
        last = head[-1] if isinstance(head, nn.Sequential) else head
        if not isinstance(last, nn.Linear):
            raise TypeError(f"the head of {self.architecture} ends in {type(last).__name__}")
        return last

    def forward(self, x: Tensor) -> tuple[Tensor, Tensor]:
        """Score a batch.

        Args:
            x: float [N, 3, S, S], as `preprocess` makes it.

        Returns:
            The logits [N] and the maps M(X) [N, h, w], without the bias. In evaluation mode the
            mean of a map plus the bias is the logit.
        """
        maps = self._feature_maps(self.model, x)
        pooled = maps.mean(dim=(2, 3))
        head = getattr(self.model, self._head_name)
        logit = head(pooled)[:, 0]
        cam = functional.conv2d(maps, self.classifier.weight[:, :, None, None])[:, 0]
        return logit, cam


def supported_architectures() -> tuple[str, ...]:
    """Names that `build_network` takes, in alphabetical order."""
    return tuple(name for name in models.list_models(module=models) if _family_of(name) is not None)


def build_network(architecture: str) -> TriageNetwork:
    """Build a network with random weights and one output, in training mode.

    Raises:
        ValueError: torchvision has no such classifier, or its map would not be exact; the message
            says why.
    """
    for prefix, why in _NOT_EXACT.items():
        if architecture.startswith(prefix):
            raise ValueError(f"{architecture} has no exact class activation map: {why}")
    family = _family_of(architecture)
    if family is None or architecture not in models.list_models(module=models):
        known = ", ".join(supported_architectures())
        raise ValueError(f"torchvision has no classifier {architecture!r}; there are: {known}")
    model = models.get_model(architecture, weights=None, num_classes=1, **dict(family.options))
    return TriageNetwork(architecture, model, family)


def _family_of(architecture: str) -> _Family | None:
    return next((f for f in _FAMILIES if architecture.startswith(f.prefixes)), None)
