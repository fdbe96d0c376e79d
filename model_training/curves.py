"""How a training went: a picture, and logs for TensorBoard."""

from collections.abc import Sequence
from pathlib import Path

from matplotlib.figure import Figure
from torch.utils.tensorboard import SummaryWriter

from model_training.fit_plan import Epoch


def draw_curves(history: Sequence[Epoch], path: Path) -> None:
    """Draw losses, AUC and learning rate over the epochs into a PNG.

    Raises:
        OSError: it cannot be written.
    """
    numbers = range(1, len(history) + 1)
    figure = Figure(figsize=(7, 8), layout="constrained")
    losses, areas, rates = figure.subplots(3, 1, sharex=True)
    losses.plot(numbers, [epoch.training_loss for epoch in history], label="training")
    losses.plot(numbers, [epoch.validation_loss for epoch in history], label="validation")
    best = [number for number, epoch in zip(numbers, history, strict=True) if epoch.best]
    if best:
        losses.axvline(best[-1], color="grey", linestyle=":", label=f"kept: epoch {best[-1]}")
    losses.set_ylabel("weighted loss")
    losses.legend()
    areas.plot(numbers, [epoch.validation_auc for epoch in history])
    areas.set_ylabel("validation AUC")
    areas.set_ylim(0, 1)
    rates.plot(numbers, [epoch.learning_rate for epoch in history], drawstyle="steps-post")
    rates.set_yscale("log")
    rates.set_ylabel("learning rate")
    rates.set_xlabel("epoch")
    figure.savefig(path, dpi=110)


class Logbook:
    """Writes `curves.png` and TensorBoard's events into a run folder after each epoch.

    Args:
        folder: of the run; events go to `tensorboard` in it.
    """

    def __init__(self, folder: Path) -> None:
        self._folder = folder

    def __call__(self, history: Sequence[Epoch]) -> None:
        """Write the last epoch; after a resume, what the kill left beyond it is hidden.

        Raises:
            OSError: something cannot be written.
        """
        step, epoch = len(history), history[-1]
        with SummaryWriter(str(self._folder / "tensorboard"), purge_step=step) as writer:
            for name, value in (
                ("loss/training", epoch.training_loss),
                ("loss/validation", epoch.validation_loss),
                ("auc/validation", epoch.validation_auc),
                ("learning rate", epoch.learning_rate),
            ):
                writer.add_scalar(name, value, step)
        draw_curves(history, self._folder / "curves.png")
