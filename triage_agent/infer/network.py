"""The classifiers: torchvision networks whose class activation map is exact.

A map is exact if the head is nothing but a global average pool and one linear layer (dropout is
the identity in evaluation). Then pooling and weighting commute, and the mean over X of
M(X) = sum_k w_k f_k(X), plus the bias, is the logit (Zhou et al., arXiv 1512.04150, section 2).

Two families are brought into this form. VGG gets a global average pool and one linear layer in
place of its flattened maps and fully connected layers, as Zhou et al. did. ConvNeXt normalises the
pooled vector p before the linear layer: ((p_k - mean p) / s) g_k + b_k, with s the standard
deviation of p. For a given image that is linear in p, with the weights
(w_k g_k - mean_j w_j g_j) / s, and with sum_k w_k b_k added to the bias; these make its map.

The only module of the stages that imports torch.
"""

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any, TypeAlias

import torch
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
    _Family(("mobilenet_v2", "efficientnet_", "convnext_"), _features, "classifier"),
    _Family(("vgg",), _features, "classifier", (("init_weights", False),)),
    _Family(("mnasnet",), _layers, "classifier"),
    _Family(("resnet", "resnext", "wide_resnet"), _resnet, "fc"),
    _Family(("regnet_",), _regnet, "fc"),
    _Family(("shufflenet_v2_",), _shufflenet, "fc"),
    _Family(("swin_",), _swin, "head"),
    _Family(("googlenet", "inception_v3"), _inception, "fc", _INCEPTION_OPTIONS),
)

_VGG_CHANNELS = 512

FINER = "-os16"
"""Output stride 16: one position of the map for 16 pixels in place of 32."""

_HALVING = (2, 2)

_NOT_EXACT = {
    "alexnet": "it flattens its feature maps and has several fully connected layers",
    "squeezenet": "it rectifies the class map before pooling",
    "mobilenet_v3": "it has a hidden layer between the pool and the classifier",
    "maxvit": "it has a hidden layer between the pool and the classifier",
    "vit_": "it classifies a class token and pools no maps",
}


class TriageNetwork(nn.Module):
    """A classifier with one output that gives its class activation map in the same pass.

    Its state dict is that of the torchvision model (whose last layer has one output), each key
    with the prefix `model.`; the classifier of a VGG is the linear layer `model.classifier`.
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

    @property
    def map_bias(self) -> Tensor:
        """What the mean of a map lacks to be the logit: a tensor with one value."""
        norm = self._norm
        if norm is None:
            return self.classifier.bias
        return self.classifier.bias + self.classifier.weight[0] @ norm.bias

    def forward(self, x: Tensor) -> tuple[Tensor, Tensor, Tensor]:
        """Score a batch.

        Args:
            x: float [N, 3, S, S], as `preprocess` makes it.

        Returns:
            The logits [N], the maps M(X) [N, h, w], without the bias, and the pooled features
            [N, K] that both are made from. In evaluation mode the mean of a map plus `map_bias`
            is the logit.
        """
        maps = self._feature_maps(self.model, x)
        pooled = maps.mean(dim=(2, 3))
        head = getattr(self.model, self._head_name)
        norm = self._norm
        if norm is None:
            logit = head(pooled)[:, 0]
            cam = functional.conv2d(maps, self.classifier.weight[:, :, None, None])[:, 0]
            return logit, cam, pooled
        logit = head(pooled[:, :, None, None])[:, 0]
        weight = self.classifier.weight[0] * norm.weight
        centred = (weight - weight.mean())[None, :, None, None]
        deviation = torch.sqrt(pooled.var(dim=1, correction=0) + norm.eps)
        cam = functional.conv2d(maps, centred)[:, 0] / deviation[:, None, None]
        return logit, cam, pooled

    @property
    def _norm(self) -> nn.LayerNorm | None:
        head = getattr(self.model, self._head_name)
        first = head[0] if isinstance(head, nn.Sequential) else head
        return first if isinstance(first, nn.LayerNorm) else None


def supported_architectures() -> tuple[str, ...]:
    """Names that `build_network` takes, in alphabetical order."""
    return tuple(name for name in models.list_models(module=models) if _family_of(name) is not None)


def published_name(architecture: str) -> str:
    """What torchvision calls it: the name without `FINER`. The weights are the same."""
    return architecture.removesuffix(FINER)


def build_network(architecture: str) -> TriageNetwork:
    """Build a network with random weights and one output, in training mode.

    Args:
        architecture: a classifier of torchvision. `mobilenet_v2` may end in `FINER`: its last
            stage then does not halve the maps, which costs little there and lets the class
            activation map tell places apart that are half as far from each other.

    Raises:
        ValueError: torchvision has no such classifier, or its map would not be exact; the message
            says why.
    """
    if architecture.endswith(FINER):
        return _finer(architecture)
    for prefix, why in _NOT_EXACT.items():
        if architecture.startswith(prefix):
            raise ValueError(f"{architecture} has no exact class activation map: {why}")
    family = _family_of(architecture)
    if family is None or architecture not in models.list_models(module=models):
        known = ", ".join(supported_architectures())
        raise ValueError(f"torchvision has no classifier {architecture!r}; there are: {known}")
    options = dict(family.options)
    if architecture.startswith("vgg"):
        return TriageNetwork(architecture, _pooled_vgg(architecture, options), family)
    model = models.get_model(architecture, weights=None, num_classes=1, **options)
    return TriageNetwork(architecture, model, family)


def _finer(architecture: str) -> TriageNetwork:
    name = published_name(architecture)
    if name != "mobilenet_v2":
        raise ValueError(f"{architecture}: only mobilenet_v2 can have an output stride of 16")
    network = build_network(name)
    halving = [
        layer
        for layer in network.modules()
        if isinstance(layer, nn.Conv2d) and layer.stride == _HALVING
    ]
    halving[-1].stride = (1, 1)
    network.architecture = architecture
    return network


def _pooled_vgg(architecture: str, options: dict[str, object]) -> nn.Module:
    # The fully connected layers would take 500 MB only to be thrown away, so that nothing has
    # memory until they are gone.
    with torch.device("meta"):
        model = models.get_model(architecture, weights=None, **options)
        model.avgpool = nn.AdaptiveAvgPool2d(1)
        model.classifier = nn.Linear(_VGG_CHANNELS, 1)
    model.to_empty(device="cpu")
    for layer in model.modules():
        if isinstance(layer, (nn.BatchNorm2d, nn.Linear)):
            layer.reset_parameters()
        if isinstance(layer, nn.Conv2d):
            # As torchvision does for its VGG; its default would let the signal die out.
            nn.init.kaiming_normal_(layer.weight, mode="fan_out", nonlinearity="relu")
    for name, parameter in model.named_parameters():
        if name.endswith(".bias"):
            nn.init.zeros_(parameter)
    filled: nn.Module = model
    return filled


def _family_of(architecture: str) -> _Family | None:
    return next((f for f in _FAMILIES if architecture.startswith(f.prefixes)), None)
