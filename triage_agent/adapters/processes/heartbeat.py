"""Says again and again that a process lives, from a thread of its own."""

import threading
from collections.abc import Callable

import structlog

log = structlog.get_logger()


class Heartbeat:
    """Calls `beat` at once and then every `seconds`, until it is stopped.

    A beat that fails is logged once, until one succeeds again: the node must not depend on it.
    """

    def __init__(self, beat: Callable[[], None], seconds: float) -> None:
        self._beat = beat
        self._seconds = seconds
        self._stopping = threading.Event()
        self._fails = False
        # A daemon: a database that does not answer must not hold up the end of the process.
        self._thread = threading.Thread(target=self._run, name="heartbeat", daemon=True)

    def start(self) -> None:
        """Begin."""
        self._thread.start()

    def stop(self, seconds: float) -> bool:
        """Beat no more; return whether a beat in progress ended within so many seconds."""
        self._stopping.set()
        self._thread.join(seconds)
        return not self._thread.is_alive()

    def _run(self) -> None:
        while True:
            try:
                self._beat()
                self._fails = False
            except Exception as error:  # noqa: BLE001 (whatever it is, the next one may succeed)
                if not self._fails:
                    log.warning("heartbeat_failed", error=type(error).__name__)
                self._fails = True
            if self._stopping.wait(self._seconds):
                return
