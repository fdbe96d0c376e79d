"""Who is told what a fit does: one writes the run folder, one says nothing."""

from collections.abc import Callable

from model_training.fit_plan import Epoch, Watcher
from model_training.run_folder import RunFolder
from triage_agent.infer.network import TriageNetwork


class Keeper:
    """A watcher that writes the history and the best weights as soon as there are new ones.

    Args:
        folder: where to.
        inner: told everything too.
        earlier: epochs before the next one.
        on_history: told all epochs after each.
    """

    def __init__(
        self,
        folder: RunFolder,
        inner: Watcher,
        earlier: list[Epoch],
        on_history: Callable[[list[Epoch]], None],
    ) -> None:
        self._folder = folder
        self._inner = inner
        self._history = earlier
        self._on_history = on_history

    def on_step(self, share: float) -> None:
        """Pass it on."""
        self._inner.on_step(share)

    def on_epoch(self, epoch: Epoch, network: TriageNetwork) -> None:
        """Write, so that a training that is interrupted can still be evaluated; then pass it on."""
        self._history.append(epoch)
        self._folder.write_history(self._history)
        if epoch.best:
            self._folder.write_weights(network)
        self._on_history(self._history)
        self._inner.on_epoch(epoch, network)


class Silence:
    """A watcher for processes that do not report."""

    def on_step(self, share: float) -> None:
        """Say nothing."""

    def on_epoch(self, epoch: Epoch, network: TriageNetwork) -> None:
        """Say nothing."""
