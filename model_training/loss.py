"""The loss of MURA (arXiv 1712.06957, section 3.2)."""

from collections.abc import Mapping, Sequence
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


@dataclass(frozen=True, slots=True)
class StudyTypeWeights:
    """Class weights for each type of study: w_T,1 = |N_T| / (|A_T| + |N_T|), w_T,0 = the rest.

    Attributes:
        overall: of all training images; used for types that are not among them.
        by_region: of the training images of one type. A type that shows one class only has the
            weight 0 for it, as the formula says: such images would teach nothing but the type.
    """

    overall: ClassWeights
    by_region: Mapping[str, ClassWeights]

    @classmethod
    def of(cls, labels: npt.NDArray[np.bool_], regions: Sequence[str] = ()) -> "StudyTypeWeights":
        """Weights of training images; without regions all are of one type.

        Raises:
            ValueError: one of the two classes has no image at all.
        """
        by_region = {}
        for region in sorted(set(regions)):
            own = labels[np.asarray(regions) == region]
            share = float(np.mean(own))
            by_region[region] = ClassWeights(abnormal=1.0 - share, normal=share)
        return cls(ClassWeights.of(labels), by_region)

    def of_images(
        self, labels: npt.NDArray[np.bool_], regions: Sequence[str]
    ) -> npt.NDArray[np.float32]:
        """The weight of each image by its type and label, float32 [N]; all one type if none."""
        words = regions or ("",) * len(labels)
        chosen = [self.by_region.get(region, self.overall) for region in words]
        return np.array(
            [each.abnormal if y else each.normal for each, y in zip(chosen, labels, strict=True)],
            dtype=np.float32,
        )


def image_losses(logits: Tensor, abnormal: Tensor, weights: Tensor) -> Tensor:
    """-w y log p - w (1 - y) log(1 - p) of each image, float [N], on the device of the logits."""
    plain = functional.binary_cross_entropy_with_logits(logits.float(), abnormal, reduction="none")
    return weights * plain
