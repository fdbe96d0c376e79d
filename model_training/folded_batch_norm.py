"""Batch norm that was folded into convolutions, made ready for training."""

import torch
from torch import Tensor, nn


def is_folded(network: nn.Module) -> bool:
    """Whether batch norm was folded into the convolutions: no layer has a mean to subtract."""
    means = [m.running_mean for m in network.modules() if isinstance(m, nn.BatchNorm2d)]
    return bool(means) and all(mean is not None and not mean.any() for mean in means)


def unfold_batch_norm(network: nn.Module, batch: Tensor) -> None:
    """Give folded batch norm layers real statistics without changing what the network computes.

    Weights whose batch norm was folded into the convolutions pass their input through (mean 0,
    variance 1). In training mode such a layer would suddenly normalise and destroy what the
    network learnt. So each layer gets the mean and variance it sees on `batch`, and a scale and
    shift that undo them.

    Args:
        network: with folded batch norm; left in the mode it was in.
        batch: float [N, 3, S, S], normalised; a few dozen varied images are enough.
    """
    layers = [layer for layer in network.modules() if isinstance(layer, nn.BatchNorm2d)]
    moments: dict[nn.Module, tuple[Tensor, Tensor]] = {}

    def note(layer: nn.Module, inputs: tuple[Tensor, ...]) -> None:
        variance, mean = torch.var_mean(inputs[0], dim=(0, 2, 3))
        moments[layer] = (mean, variance)

    hooks = [layer.register_forward_pre_hook(note) for layer in layers]
    was_training = network.training
    network.eval()
    try:
        with torch.no_grad():
            network(batch)
            for layer in layers:
                _restate(layer, *moments[layer])
    finally:
        for hook in hooks:
            hook.remove()
        network.train(was_training)


def _restate(layer: nn.BatchNorm2d, mean: Tensor, variance: Tensor) -> None:
    old_mean, old_variance = layer.running_mean, layer.running_var
    if old_mean is None or old_variance is None:
        raise ValueError("a batch norm layer without running statistics cannot be unfolded")
    gain = layer.weight / torch.sqrt(old_variance + layer.eps)
    shift = layer.bias - gain * old_mean
    layer.weight.copy_(gain * torch.sqrt(variance + layer.eps))
    layer.bias.copy_(shift + gain * mean)
    old_mean.copy_(mean)
    old_variance.copy_(variance)
