"""The loss of MURA (arXiv 1712.06957, section 3.2)."""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt
import torch
from torch import Tensor
from torch.nn import functional


@dataclass(frozen=True, slots=True)
class ClassWeights:
    """How much an abnormal and a normal image weigh; together 1."""

    abnormal: float
    normal: float

    @classmethod
    def of(cls, labels: Sequence[bool] | npt.NDArray[np.bool_]) -> "ClassWeights":
        """w_pos = |N| / (|A| + |N|), w_neg = |A| / (|A| + |N|) of the training images.

        Raises:
            ValueError: one of the two classes has no image.
        """
        abnormal = int(np.sum(labels))
        normal = len(labels) - abnormal
        if not abnormal or not normal:
            raise ValueError(f"{abnormal} abnormal and {normal} normal images: need both")
        return cls(abnormal=normal / len(labels), normal=abnormal / len(labels))


def weighted_bce(logits: Tensor, abnormal: Tensor, weights: ClassWeights) -> Tensor:
    """Mean over the images of -w_pos y log p - w_neg (1 - y) log(1 - p).

    Args:
        logits: float [N].
        abnormal: float [N], 1 for abnormal and 0 for normal.
        weights: of the training images.
    """
    per_image = torch.where(abnormal > 0, weights.abnormal, weights.normal)
    losses = functional.binary_cross_entropy_with_logits(logits.float(), abnormal, reduction="none")
    return (per_image * losses).mean()
