"""Two ways to start a process that a supervisor looks after."""

import os
import select
import signal
import subprocess
import sys
import traceback
from collections.abc import Callable, Mapping, Sequence
from typing import IO, Final, Protocol

from triage_agent.adapters.processes.role_process import die_with_parent

_STANDARD_OUTPUT: Final = 1
_SIGNALS: Final = (signal.SIGTERM, signal.SIGINT)


class Process(Protocol):
    """A running process, as `subprocess.Popen` shows it."""

    pid: int
    returncode: int | None

    @property
    def stdout(self) -> IO[bytes] | None:
        """What it prints."""
        ...

    def poll(self) -> int | None:
        """Return its exit status, None while it runs."""
        ...

    def wait(self, timeout: float) -> int:
        """Wait for its end. Raises subprocess.TimeoutExpired."""
        ...

    def terminate(self) -> None:
        """Send SIGTERM."""
        ...

    def kill(self) -> None:
        """Send SIGKILL."""
        ...


# Starts the process of a role, with additions to its environment.
Start = Callable[[str, Mapping[str, str]], Process]


def program(command: Sequence[str]) -> Start:
    """Return how to start `command + [role]`."""

    def start(role: str, environment: Mapping[str, str]) -> Process:
        return subprocess.Popen(  # noqa: S603 - our own program and a role's name
            [*command, role],
            stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE,
            env={**os.environ, **environment},
            start_new_session=True,  # a terminal's Ctrl-C reaches the supervisor only
        )

    return start


def forked(run: Callable[[str], None]) -> Start:
    """Return how to fork a process that calls `run` with its role, and ends when that returns.

    It shares the memory of this process until either writes to it, so that several take little
    more than one. This process must have no threads.
    """

    def start(role: str, environment: Mapping[str, str]) -> Process:
        sys.stdout.flush()
        sys.stderr.flush()
        parent = os.getpid()
        reading, writing = os.pipe()
        pid = os.fork()
        if pid == 0:
            _be_child(lambda: run(role), parent, writing, environment)
        os.close(writing)
        return _Forked(pid, os.fdopen(reading, "rb", buffering=0))

    return start


def _be_child(
    run: Callable[[], None], parent: int, output: int, environment: Mapping[str, str]
) -> None:
    status = 1
    try:
        for number in _SIGNALS:
            signal.signal(number, signal.SIG_DFL)
        die_with_parent(parent)
        os.dup2(output, _STANDARD_OUTPUT)
        os.close(output)
        os.environ.update(environment)
        run()
        status = 0
    except BaseException:  # noqa: BLE001 - nothing of the parent's may run in this process
        traceback.print_exc()
    finally:
        os._exit(status)


class _Forked:
    """A child of this process, as far as a supervisor needs it."""

    def __init__(self, pid: int, stdout: IO[bytes]) -> None:
        self.pid = pid
        self.stdout = stdout
        self.returncode: int | None = None
        self._ending = os.pidfd_open(pid)

    def poll(self) -> int | None:
        """Return its exit status, None while it runs."""
        if self.returncode is None:
            pid, status = os.waitpid(self.pid, os.WNOHANG)
            if pid:
                self._note(status)
        return self.returncode

    def wait(self, timeout: float) -> int:
        """Wait for its end. Raises subprocess.TimeoutExpired."""
        if self.poll() is None:
            select.select([self._ending], [], [], timeout)
        if self.poll() is None:
            raise subprocess.TimeoutExpired(str(self.pid), timeout)
        return self.returncode or 0

    def terminate(self) -> None:
        """Send SIGTERM."""
        self._send(signal.SIGTERM)

    def kill(self) -> None:
        """Send SIGKILL."""
        self._send(signal.SIGKILL)

    def _send(self, number: int) -> None:
        if self.poll() is None:
            os.kill(self.pid, number)

    def _note(self, status: int) -> None:
        self.returncode = os.waitstatus_to_exitcode(status)
        os.close(self._ending)
