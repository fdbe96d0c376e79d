"""Peers as child processes: found or failed for, waited for with a deadline, always ended."""

import subprocess
import threading
from collections.abc import Callable, Mapping, Sequence
from pathlib import Path
from typing import Self

START_SECONDS = 30.0  # Orthanc with plugins on a busy two-core machine takes about 3
STOP_SECONDS = 10.0
POLL_SECONDS = 0.05


class PeerMissing(AssertionError):
    """A program that a test needs is not installed; a test that needs it fails, never skips."""


class PeerFailed(AssertionError):
    """A peer ended with an unexpected status, or did not do in time what it was started for."""


def require_program(*candidates: str) -> str:
    """Return the first absolute path of `candidates` that exists. Raises PeerMissing."""
    for candidate in candidates:
        if Path(candidate).is_file():
            return candidate
    raise PeerMissing(
        f"none of {', '.join(candidates)} is installed: run deploy/system-packages.sh test"
    )


class PeerProcess:
    """A server that runs beside a test, with its output in a file; a context manager."""

    def __init__(
        self,
        command: Sequence[str],
        *,
        log: Path,
        cwd: Path | None = None,
        environment: Mapping[str, str] | None = None,
    ) -> None:
        self.log = log
        with log.open("ab") as output:
            self._process = subprocess.Popen(
                command,
                cwd=cwd,
                env=None if environment is None else dict(environment),
                stdin=subprocess.DEVNULL,
                stdout=output,
                stderr=subprocess.STDOUT,
            )

    @property
    def pid(self) -> int:
        """The process id."""
        return self._process.pid

    def output(self) -> str:
        """Return what the peer has printed so far."""
        return self.log.read_text(encoding="utf-8", errors="replace")

    def wait_until(
        self, ready: Callable[[], bool], what: str, seconds: float = START_SECONDS
    ) -> None:
        """Return once `ready()` holds. Raises PeerFailed at the deadline or if the peer ends."""
        waited = threading.Event()
        rounds = int(seconds / POLL_SECONDS)
        for _ in range(rounds):
            if ready():
                return
            status = self._process.poll()
            if status is not None:
                raise PeerFailed(f"the peer ended with {status} before {what}:\n{self.output()}")
            waited.wait(POLL_SECONDS)
        raise PeerFailed(f"not within {seconds:g} s: {what}\n{self.output()}")

    def stop(self) -> None:
        """End the peer with SIGTERM, after `STOP_SECONDS` with SIGKILL; again does nothing."""
        if self._process.poll() is not None:
            return
        self._process.terminate()
        try:
            self._process.wait(STOP_SECONDS)
        except subprocess.TimeoutExpired:
            self._process.kill()
            self._process.wait(STOP_SECONDS)

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *exception: object) -> None:
        self.stop()
