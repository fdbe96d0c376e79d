"""Fitting in several processes that `torchrun` starts, each with a share of every batch."""

import os
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt
import torch
from torch import distributed, nn
from torch.nn.parallel import DistributedDataParallel


@dataclass(frozen=True, slots=True)
class Processes:
    """This process among all; `rank` counts from 0, and the first one writes and reports."""

    rank: int = 0
    count: int = 1

    @property
    def is_first(self) -> bool:
        """Whether this process writes and reports."""
        return self.rank == 0

    def share(self, indices: npt.NDArray[np.intp]) -> npt.NDArray[np.intp]:
        """Every `count`-th index, beginning at the rank."""
        return indices[self.rank :: self.count]

    def gathered(self, values: npt.NDArray[np.float64]) -> npt.NDArray[np.float64]:
        """Put the values of all processes' shares back in the order before sharing."""
        if self.count == 1:
            return values
        parts: list[npt.NDArray[np.float64]] = [np.empty(0)] * self.count
        distributed.all_gather_object(parts, values)
        whole = np.empty(sum(map(len, parts)), dtype=np.float64)
        for rank, part in enumerate(parts):
            whole[rank :: self.count] = part
        return whole

    def wrapped(self, network: nn.Module, device: str) -> nn.Module:
        """The network, with gradients averaged over the processes in the backward pass."""
        if self.count == 1:
            return network
        places = [torch.device(device)] if device != "cpu" else None
        return DistributedDataParallel(network, device_ids=places)

    def align_buffers(self, *networks: nn.Module) -> None:
        """Give all processes the first one's buffers: each saw statistics of its own images."""
        if self.count > 1:
            for network in networks:
                for buffer in network.buffers():
                    distributed.broadcast(buffer, 0)

    def told(self, message: list[str]) -> list[str]:
        """What the first process says, in all of them."""
        if self.count == 1:
            return message
        said: list[list[str]] = [message]
        distributed.broadcast_object_list(said, 0)
        return said[0]

    def wait(self) -> None:
        """Return when all processes have come here."""
        if self.count > 1:
            distributed.barrier()


ALONE = Processes()


@contextmanager
def joined_processes(kind: str) -> Iterator[Processes]:
    """Join the processes that `torchrun` started, or be alone without it.

    Args:
        kind: `cpu` (gloo) or `cuda` (nccl, one device for each process).
    """
    count = int(os.environ.get("WORLD_SIZE", "1"))
    if count == 1:
        yield ALONE
        return
    if kind == "cuda":
        torch.cuda.set_device(local_device(kind))
    distributed.init_process_group("nccl" if kind == "cuda" else "gloo")
    try:
        yield Processes(distributed.get_rank(), count)
    finally:
        distributed.destroy_process_group()


def local_device(kind: str) -> str:
    """The device of this process: `cpu`, or the CUDA device with its number on this machine."""
    return kind if kind == "cpu" else f"{kind}:{os.environ.get('LOCAL_RANK', '0')}"
