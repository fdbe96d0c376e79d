"""A loss that draws the class activation map to where the abnormality is.

A map that is fitted by labels alone may take any place that goes with them: a cast, the border of
the film, the bone beside the lesion. Where masks exist, the places of a map are treated as the
classes of a softmax, and the loss is the cross-entropy of "somewhere on the abnormality": the
negative logarithm of the share of the softmax that lies on it. It does not depend on what is added
to the whole map, so that it leaves the logit to the loss of the label.
"""

import torch
from torch import Tensor
from torch.nn import functional

# A place counts as abnormal if the abnormality covers this much of its most abnormal part.
_COVERED = 0.35


def localisation_losses(maps: Tensor, masks: Tensor) -> Tensor:
    """-log of the softmax share of each map that lies on its mask, float [N].

    0 for an image whose mask is empty: nobody has said where its abnormality is, or it has none.

    Args:
        maps: class activation maps, float [N, h, w].
        masks: float [N, s, s] in 0..1, s >= h; how much of each place is abnormal.
    """
    covered = functional.adaptive_max_pool2d(masks[:, None], maps.shape[-2:])[:, 0] > _COVERED
    on_it = covered.flatten(1)
    shares = functional.log_softmax(maps.float().flatten(1), dim=1)
    lowest = torch.finfo(shares.dtype).min
    losses = -torch.logsumexp(shares.masked_fill(~on_it, lowest), dim=1)
    return torch.where(on_it.any(dim=1), losses, torch.zeros_like(losses))
