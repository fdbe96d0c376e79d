"""Showing a person how far a training is."""

from rich.console import Console
from rich.progress import (
    BarColumn,
    Progress,
    TaskID,
    TaskProgressColumn,
    TextColumn,
    TimeElapsedColumn,
    TimeRemainingColumn,
)

from model_training.fit_plan import Epoch
from triage_agent.infer.network import TriageNetwork


class Display:
    """Shows steps as a bar for each size of images, and epochs as lines."""

    def __init__(self, progress: Progress) -> None:
        self._progress = progress
        self._task: TaskID | None = None
        self._share = 1.0

    def on_step(self, share: float) -> None:
        """Move the bar."""
        if self._task is None or share < self._share:
            self._task = self._progress.add_task("fitting", total=1.0)
        self._share = share
        self._progress.update(self._task, completed=share)

    def on_epoch(self, epoch: Epoch, network: TriageNetwork) -> None:
        """Print a line."""
        del network
        self._progress.console.print(
            f"epoch {epoch.number}: training loss {epoch.training_loss:.4f}, validation loss "
            f"{epoch.validation_loss:.4f}, AUC {epoch.validation_auc:.3f}, rate "
            f"{epoch.learning_rate:.1e}{' (best so far)' if epoch.best else ''}",
            soft_wrap=True,
        )


def progress_bars(console: Console) -> Progress:
    """Bars with a percentage, the time so far and the time left."""
    return Progress(
        TextColumn("{task.description}"),
        BarColumn(),
        TaskProgressColumn(),
        TimeElapsedColumn(),
        TextColumn("left"),
        TimeRemainingColumn(),
        console=console,
    )
