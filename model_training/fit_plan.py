"""How to fit, and what every epoch brings."""

from dataclasses import dataclass, field
from typing import Protocol

from model_training.augmentation import Augmentation
from triage_agent.infer.network import TriageNetwork


@dataclass(frozen=True, slots=True)
class FitPlan:
    """How to fit.

    Attributes:
        epochs: passes over the training images, at most.
        batch: images per step.
        learning_rate: of Adam, at the start.
        weight_decay: of Adam, decoupled, on weights with more than one dimension.
        plateau_epochs: epochs without a better validation loss before the rate is cut.
        plateau_factor: what is left of the rate then.
        weight_by_region: whether classes are weighted for each type of study, as in MURA, or for
            all images together.
        give_up_epochs: epochs without a better validation loss before fitting ends.
        averaging: share of the past in a running average of the weights over the steps; the
            average is what is validated and kept, as it varies less from step to step. 0: none.
        batch_norm_learns: whether batch norm normalises by each batch; if not, its statistics stay
            as they were and only its scale and shift are fitted.
        reduced_precision: whether to compute in bfloat16 where it is safe.
        drawn_share: share of the synthetic images that each epoch uses, another each time; real
            images are all used.
        localisation: weight of the loss that draws the class activation map to where the
            abnormality is known to be, against that of the label. 0: labels alone.
        frozen: leading blocks of the network that stay as they are; only of networks that have
            their blocks in one row, `features`. They are most of the work, and see edges.
        annealed: whether the rate rises over the first steps and then falls to zero along half a
            cosine over all epochs, in place of falling on a plateau.
        seed: of the order of the images, of their changes and of dropout.
        augmentation: how training images are changed.
    """

    epochs: int = 30
    batch: int = 16
    learning_rate: float = 3e-4
    weight_decay: float = 1e-4
    plateau_epochs: int = 3
    plateau_factor: float = 0.3
    weight_by_region: bool = False
    give_up_epochs: int = 8
    averaging: float = 0.98
    batch_norm_learns: bool = True
    reduced_precision: bool = True
    drawn_share: float = 0.35
    localisation: float = 0.0
    frozen: int = 0
    annealed: bool = False
    seed: int = 1
    augmentation: Augmentation = field(default_factory=Augmentation)


@dataclass(frozen=True, slots=True)
class Epoch:
    """What one pass over the training images brought. `validation_auc` is in 0..1."""

    number: int
    learning_rate: float
    training_loss: float
    validation_loss: float
    validation_auc: float
    best: bool


class Watcher(Protocol):
    """Who is told how the fit proceeds."""

    def on_step(self, share: float) -> None:
        """So much of the fit is done, from 0 to 1, were all its epochs needed."""

    def on_epoch(self, epoch: Epoch, network: TriageNetwork) -> None:
        """An epoch is done; `network` is what was validated, to be kept if `epoch.best`."""
