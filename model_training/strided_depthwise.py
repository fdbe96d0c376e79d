"""Depthwise convolutions that halve their maps, with a backward pass that a processor does fast.

oneDNN has no fast kernel for the gradient of a depthwise convolution with a stride: the three of
a MobileNetV2 took a third of a whole training step. The gradient is that of the same convolution
without a stride, if zeros stand where the stride skips; for that there is a fast one.
"""

from typing import Any

import torch
from torch import Tensor, nn
from torch.nn import functional

_HALVING, _SAME, _SIDE = (2, 2), (1, 1), (3, 3)


def quicken_depthwise(network: nn.Module) -> None:
    """Replace what can be fitted faster on a processor: weights, results and names stay."""
    for parent in list(network.modules()):
        for name, layer in list(parent.named_children()):
            if isinstance(layer, nn.Conv2d) and _is_strided_depthwise(layer):
                setattr(parent, name, _StridedDepthwise(layer))


def _is_strided_depthwise(layer: nn.Conv2d) -> bool:
    return (
        type(layer) is nn.Conv2d
        and layer.groups == layer.in_channels == layer.out_channels > 1
        and (layer.stride, layer.padding, layer.dilation) == (_HALVING, _SAME, _SAME)
        and layer.kernel_size == _SIDE
        and layer.bias is None
    )


class _StridedDepthwise(nn.Module):
    def __init__(self, layer: nn.Conv2d) -> None:
        super().__init__()
        self.weight = layer.weight

    def forward(self, x: Tensor) -> Tensor:
        weight: Tensor = self.weight
        if torch.is_autocast_enabled(x.device.type):
            lower = torch.get_autocast_dtype(x.device.type)
            x, weight = x.to(lower), weight.to(lower)
        halved: Tensor = _Halving.apply(x, weight)
        return halved


class _Halving(torch.autograd.Function):
    @staticmethod
    def forward(ctx: Any, x: Tensor, weight: Tensor) -> Tensor:  # noqa: ANN401 (torch's context)
        ctx.save_for_backward(x, weight)
        return functional.conv2d(x, weight, None, _HALVING, _SAME, _SAME, len(weight))

    @staticmethod
    def backward(ctx: Any, *gradients: Tensor) -> tuple[Tensor, Tensor]:  # noqa: ANN401
        x, weight = ctx.saved_tensors
        spread = torch.zeros_like(x)
        spread[:, :, ::2, ::2] = gradients[0]
        of_x, of_weight, _ = torch.ops.aten.convolution_backward(
            spread, x, weight, None, _SAME, _SAME, _SAME, False, (0, 0), len(weight),  # noqa: FBT003
            (True, True, False),
        )  # fmt: skip
        return of_x, of_weight
