"""On what a network is fitted: nothing of it changes what is learnt, rounding aside."""

from dataclasses import dataclass

import torch
from torch import Tensor


@dataclass(frozen=True, slots=True)
class Machine:
    """Where to compute and how.

    Attributes:
        device: "cpu", "cuda" or "cuda:N".
        channels_last: whether memory is laid out pixel by pixel.
    """

    device: str = "cpu"
    channels_last: bool = True

    @property
    def kind(self) -> str:
        """`cpu` or `cuda`."""
        return torch.device(self.device).type

    @property
    def memory_format(self) -> torch.memory_format:
        """How images and weights lie in memory."""
        return torch.channels_last if self.channels_last else torch.contiguous_format

    def take(self, batch: Tensor) -> Tensor:
        """Bring images [N, C, H, W] to the device in the right layout."""
        return batch.to(self.device).contiguous(memory_format=self.memory_format)


PROCESSOR = Machine()
