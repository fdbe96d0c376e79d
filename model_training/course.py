"""How far a fit has come: weights, optimiser, rate, and the best epoch so far."""

import copy
import math
from dataclasses import asdict
from pathlib import Path
from typing import cast

import torch
from torch import Tensor, nn
from torch.optim.swa_utils import AveragedModel, get_ema_multi_avg_fn

from model_training.checkpoint import read_checkpoint, write_checkpoint
from model_training.fit_plan import Epoch, FitPlan
from model_training.machine import PROCESSOR, Machine
from model_training.strided_depthwise import quicken_depthwise
from triage_agent.infer.network import TriageNetwork

# Share of all steps over which an annealed rate rises: the statistics of Adam are poor at first.
_RISING = 0.05


class Course:
    """All that changes while a network is fitted; can be kept in a file and taken up again.

    Args:
        network: with its initial weights; moved to the device of `machine`.
        plan: how to fit.
        machine: where to compute.
    """

    def __init__(self, network: TriageNetwork, plan: FitPlan, machine: Machine) -> None:
        if machine.kind == PROCESSOR.kind:
            quicken_depthwise(network)
        network.to(machine.device)
        network.to(memory_format=machine.memory_format)
        self._network = network
        self._plan = plan
        self._optimiser = _optimiser(network, plan)
        self._schedule = torch.optim.lr_scheduler.ReduceLROnPlateau(
            self._optimiser, factor=plan.plateau_factor, patience=plan.plateau_epochs
        )
        running_average = get_ema_multi_avg_fn(plan.averaging)  # type: ignore[no-untyped-call]
        self._averaged = AveragedModel(network, multi_avg_fn=running_average, use_buffers=True)
        self._best_weights = copy.deepcopy(network.state_dict())
        self._best_loss, self._stale = float("inf"), 0
        self.history: list[Epoch] = []

    @property
    def candidate(self) -> TriageNetwork:
        """What is validated and kept: the running average of the weights."""
        return cast("TriageNetwork", self._averaged.module)

    @property
    def epochs_done(self) -> int:
        """Passes over the training images so far."""
        return len(self.history)

    @property
    def rate(self) -> float:
        """The learning rate of the next step."""
        return float(self._optimiser.param_groups[0]["lr"])

    @property
    def ended(self) -> bool:
        """Whether all epochs are done, or too many in a row brought nothing."""
        return self.epochs_done >= self._plan.epochs or self._stale >= self._plan.give_up_epochs

    def anneal(self, share: float) -> None:
        """Set the rate for a share of all epochs, 0..1, if the plan says so."""
        if self._plan.annealed:
            rise = min(share / _RISING, 1.0)
            fall = 0.5 * (1.0 + math.cos(math.pi * min(share, 1.0)))
            for group in self._optimiser.param_groups:
                group["lr"] = self._plan.learning_rate * rise * fall

    def step(self, loss: Tensor) -> None:
        """Change the weights against the gradient of a loss."""
        self._optimiser.zero_grad()
        loss.backward()  # type: ignore[no-untyped-call]
        self._optimiser.step()
        self._averaged.update_parameters(self._network)

    def note(
        self, rate: float, *, training_loss: float, validation_loss: float, validation_auc: float
    ) -> Epoch:
        """Take down an epoch, and its weights if it is the best so far; adapt the rate."""
        better = validation_loss < self._best_loss
        if better:
            self._best_loss, self._stale = validation_loss, 0
            self._best_weights = copy.deepcopy(self.candidate.state_dict())
        else:
            self._stale += 1
        if not self._plan.annealed:
            self._schedule.step(validation_loss)
        self.history.append(
            Epoch(
                number=self.epochs_done + 1,
                learning_rate=rate,
                training_loss=training_loss,
                validation_loss=validation_loss,
                validation_auc=validation_auc,
                best=better,
            )
        )
        return self.history[-1]

    def finish(self) -> None:
        """Give the network the weights of the best epoch, in evaluation mode."""
        self._network.load_state_dict(self._best_weights)
        self._network.eval()

    def save(self, path: Path) -> None:
        """Keep everything in a file.

        Raises:
            OSError: it cannot be written.
        """
        write_checkpoint(
            path,
            {
                "network": self._network.state_dict(),
                "averaged": self._averaged.state_dict(),
                "optimiser": self._optimiser.state_dict(),
                "schedule": self._schedule.state_dict(),
                "best_weights": self._best_weights,
                "best_loss": self._best_loss,
                "stale": self._stale,
                "history": [asdict(epoch) for epoch in self.history],
            },
        )

    def restore(self, path: Path) -> None:
        """Take up what `save` kept, if there is such a file.

        Raises:
            OSError: it cannot be read.
        """
        state = read_checkpoint(path)
        if state is None:
            return
        self._network.load_state_dict(state["network"])
        self._averaged.load_state_dict(state["averaged"])
        self._optimiser.load_state_dict(state["optimiser"])
        self._schedule.load_state_dict(state["schedule"])
        self._best_weights = state["best_weights"]
        self._best_loss, self._stale = state["best_loss"], state["stale"]
        self.history = [Epoch(**epoch) for epoch in state["history"]]


def _optimiser(network: nn.Module, plan: FitPlan) -> torch.optim.Optimizer:
    parameters = [p for p in network.parameters() if p.requires_grad]
    # Without weight decay this is Adam with its default betas.
    return torch.optim.AdamW(
        [
            {"params": [p for p in parameters if p.ndim > 1], "weight_decay": plan.weight_decay},
            {"params": [p for p in parameters if p.ndim <= 1], "weight_decay": 0.0},
        ],
        lr=plan.learning_rate,
        fused=True,
    )
