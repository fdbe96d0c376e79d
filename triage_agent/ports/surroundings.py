"""The time, the peers, and what calls the steps."""

from collections.abc import Callable, Sequence
from datetime import datetime
from pathlib import Path
from typing import Protocol


class Clock(Protocol):
    """The time."""

    def now(self) -> datetime:
        """Return the present instant, aware and in UTC."""
        ...


class Destination(Protocol):
    """A peer that takes objects."""

    def echo(self) -> None:
        """Verify that the peer answers C-ECHO. Raises DestinationUnreachable."""
        ...

    def send(self, paths: Sequence[Path], report: Callable[[int, Exception | None], None]) -> None:
        """C-STORE Part 10 files over one association, in order, as they are on disk.

        After each file `report(index, None)` tells that the peer has taken it, or
        `report(index, error)` that it answered DestinationBusy or DestinationRefused. A file that
        cannot be read (OSError) or is not DICOM (ValueError) may be reported before its turn.
        Raises DestinationUnreachable when the association cannot be made or breaks; files not
        reported by then were not sent.
        """
        ...


class Engine(Protocol):
    """Moves work; the rows say what is due, so a lost run costs only time."""

    def every(self, seconds: float, name: str, job: Callable[[], None]) -> None:
        """Run `job` now and then every `seconds`, never two at once; it must not raise."""
        ...

    def start(self) -> None:
        """Begin running jobs in threads of this process."""
        ...

    def stop(self, seconds: float) -> bool:
        """Start no more jobs; return whether the running ones ended within so many seconds."""
        ...
