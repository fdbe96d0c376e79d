"""The batches of an epoch: which images, in which order, and how they are changed."""

import hashlib
from collections.abc import Iterator
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt
import torch
from torch import Tensor

from model_training.augmentation import augment
from model_training.fit_plan import FitPlan
from model_training.images import Images, IndexArray
from model_training.parallel import Processes
from triage_agent.infer.preprocess import Preprocessing, normalise

_FEWEST = 2
_FULL = 255.0


def chance(seed: int, epoch: int, purpose: str, rank: int = 0) -> int:
    """A seed for one purpose in one epoch, that shares nothing with any other."""
    text = f"{seed} {epoch} {purpose} {rank}"
    return int.from_bytes(hashlib.sha256(text.encode()).digest()[:7])


@dataclass(frozen=True, slots=True)
class Batch:
    """This process's share of a batch.

    Attributes:
        images: float [n, 3, S, S], changed and normalised.
        labels: float [n], 1 for abnormal.
        weights: float [n], of the loss.
        size: images in the batch of all processes together.
        masks: float [n, s, s] in 0..1, where abnormalities are; None if nobody has said so.
    """

    images: Tensor
    labels: Tensor
    weights: Tensor
    size: int
    masks: Tensor | None = None


class TrainingBatches:
    """Draws the batches of an epoch from the seed and its number alone.

    Args:
        images: to fit on.
        weights: of the loss, float32 [N].
        spec: the network's preprocessing.
        plan: batch size, augmentation and seed.
        processes: each gets its share of every batch.
    """

    def __init__(
        self,
        images: Images,
        weights: npt.NDArray[np.float32],
        spec: Preprocessing,
        plan: FitPlan,
        processes: Processes,
    ) -> None:
        self._images = images
        self._weights = weights
        self._spec = spec
        self._plan = plan
        self._processes = processes
        self.steps = 1

    def of_epoch(self, number: int) -> Iterator[Batch]:
        """The batches, in order: all real images and a share of the synthetic ones.

        A last batch that leaves a process with less than two images is left out, unless there is
        no other. `steps` says how many batches there are.

        Raises:
            ValueError: there are fewer images than processes.
        """
        plan, processes = self._plan, self._processes
        order = self._order(number)
        starts = range(0, len(order), plan.batch)
        whole = [order[start : start + plan.batch] for start in starts]
        # Batch norm has nothing to normalise by if there is one image.
        fewest = max(processes.count, min(_FEWEST * processes.count, plan.batch))
        whole = [batch for batch in whole if len(batch) >= fewest] or whole[:1]
        if not whole or len(whole[0]) < processes.count:
            raise ValueError(f"{len(order)} images are too few for {processes.count} processes")
        self.steps = len(whole)
        shares = [processes.share(batch) for batch in whole]
        generator = torch.Generator().manual_seed(
            chance(plan.seed, number, "augmentation", processes.rank)
        )
        for batch, indices, raw in zip(whole, shares, self._images.batches(shares), strict=True):
            changed, masks = augment(
                torch.from_numpy(raw), plan.augmentation, generator, self._masks(indices)
            )
            yield Batch(
                images=torch.from_numpy(normalise(changed.numpy(), self._spec)),
                labels=torch.from_numpy(self._images.labels[indices].astype(np.float32)),
                weights=torch.from_numpy(self._weights[indices]),
                size=len(batch),
                masks=masks,
            )

    def _masks(self, indices: IndexArray) -> Tensor | None:
        if self._images.masks is None or not self._plan.localisation:
            return None
        return torch.from_numpy(self._images.masks[indices]).float() / _FULL

    def _order(self, number: int) -> IndexArray:
        generator = torch.Generator().manual_seed(chance(self._plan.seed, number, "order"))
        draws = torch.rand(len(self._images), generator=generator).numpy()
        used = np.flatnonzero(~self._images.drawn | (draws < self._plan.drawn_share))
        order: IndexArray = used[torch.randperm(len(used), generator=generator).numpy()]
        return order
