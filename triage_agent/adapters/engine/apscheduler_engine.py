"""The Engine port on APScheduler: each role of one machine runs its own, in memory."""

import logging
import threading
import time
from collections.abc import Callable
from datetime import UTC, datetime

import structlog
from apscheduler.executors.pool import ThreadPoolExecutor
from apscheduler.schedulers.background import BackgroundScheduler

from triage_agent.errors import TransientError

MAXIMUM_JOBS = 64  # threads; a role has a handful of jobs and one for each destination
# A job that fails runs again after these; the log does not fill up while a disk is full.
FIRST_PAUSE_SECONDS = 0.1
MAXIMUM_PAUSE_SECONDS = 5.0

log = structlog.get_logger()

# It reports every run, and every run skipped because the last one still works, which is normal.
logging.getLogger("apscheduler").setLevel(logging.CRITICAL)


class ApschedulerEngine:
    """Runs each job at once and then at its interval, never twice at the same time.

    A job that raises is logged and called again, after growing pauses if it goes on failing: rows
    stay due until a step has written its result.
    """

    def __init__(self) -> None:
        self._scheduler = BackgroundScheduler(
            timezone=UTC,
            executors={"default": ThreadPoolExecutor(MAXIMUM_JOBS)},
            job_defaults={"coalesce": True, "max_instances": 1, "misfire_grace_time": None},
        )

    def every(self, seconds: float, name: str, job: Callable[[], None]) -> None:
        """See triage_agent.ports.Engine."""
        self._scheduler.add_job(
            _guarded(name, job),
            "interval",
            seconds=seconds,
            id=name,
            name=name,
            next_run_time=datetime.now(UTC),
        )

    def start(self) -> None:
        """See triage_agent.ports.Engine."""
        self._scheduler.start()

    def stop(self, seconds: float) -> bool:
        """See triage_agent.ports.Engine."""
        if not self._scheduler.running:
            return True
        ending = threading.Thread(target=self._scheduler.shutdown, daemon=True)
        ending.start()
        ending.join(seconds)
        return not ending.is_alive()


def _guarded(name: str, job: Callable[[], None]) -> Callable[[], None]:
    """Log what a job raises; after failures in a row, leave it alone for a while."""
    failures = 0
    not_before = 0.0

    def run() -> None:
        nonlocal failures, not_before
        if time.monotonic() < not_before:
            return
        try:
            job()
        except Exception as error:
            failures += 1
            pause = min(MAXIMUM_PAUSE_SECONDS, FIRST_PAUSE_SECONDS * 2.0 ** (failures - 1))
            not_before = time.monotonic() + pause
            if isinstance(error, TransientError):
                log.warning("step_postponed", step=name, seconds=pause, cause=str(error))
            else:
                log.exception("step_failed", step=name, seconds=pause)
        else:
            failures = 0

    return run
