"""What every role process does first and last: die with its parent, tell it is ready, wait."""

import ctypes
import json
import os
import signal
import sys
import threading
from collections.abc import Callable, Mapping
from types import FrameType
from typing import Any

PR_SET_PDEATHSIG = 1  # prctl(2)
LOOK_SECONDS = 1.0  # how often a role looks whether its work is still alive

# With this exit status a role that ended in good order asks to be started again at once
# (EX_TEMPFAIL of sysexits.h).
RESTART_STATUS = 75


def die_with_parent(parent: int | None = None) -> None:
    """Have the kernel end this process when the one that started it is gone (Linux).

    A process that was forked names the one it came from, which may be gone already.
    """
    parent = os.getppid() if parent is None else parent
    if sys.platform == "linux":
        ctypes.CDLL(None, use_errno=True).prctl(PR_SET_PDEATHSIG, signal.SIGKILL)
        if os.getppid() != parent:  # it died before the kernel knew
            os._exit(1)


def serve_until_stopped(
    stop: threading.Event,
    facts: Mapping[str, Any],
    *,
    lives: Callable[[], bool] = lambda: True,
    is_outdated: Callable[[], bool] = lambda: False,
) -> bool:
    """Hand this role's facts to the supervisor as one line, and wait for SIGTERM or SIGINT.

    `stop` is set then, and also once what the role was started with `is_outdated`; True is
    returned only in that case, and the process has to end with RESTART_STATUS. Raises RuntimeError
    when the role's work no longer `lives`, so that the process ends and is started again. Until
    this is called the signals end the process at once, so that a role which still loads its model
    does not hold up a shutdown.
    """

    def on_signal(number: int, frame: FrameType | None) -> None:
        del number, frame
        stop.set()

    for number in (signal.SIGTERM, signal.SIGINT):
        signal.signal(number, on_signal)
    sys.stdout.write(json.dumps(dict(facts)) + "\n")
    sys.stdout.flush()
    while not stop.wait(LOOK_SECONDS):
        if not lives():
            raise RuntimeError("the role's work has ended")
        if is_outdated():
            stop.set()
            return True
    return False
