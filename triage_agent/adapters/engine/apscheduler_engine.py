"""The Engine port on APScheduler: each role of one machine runs its own, in memory."""

import logging
import threading
import time
from collections.abc import Callable
from datetime import UTC, datetime, timedelta

import structlog
from apscheduler.executors.pool import ThreadPoolExecutor
from apscheduler.schedulers.background import BackgroundScheduler
from apscheduler.triggers.base import BaseTrigger

from triage_agent.errors import TransientError

MAXIMUM_JOBS = 64  # threads; a role has a handful of jobs and one for each destination
# A job that fails runs again after these; the log does not fill up while a disk is full.
FIRST_PAUSE_SECONDS = 0.1
MAXIMUM_PAUSE_SECONDS = 5.0
CLOCK_SECONDS = 1.0  # between two looks whether the wall clock was set back

log = structlog.get_logger()

# It reports every run, and every run skipped because the last one still works, which is normal.
logging.getLogger("apscheduler").setLevel(logging.CRITICAL)


class _Interval(BaseTrigger):  # type: ignore[misc] # APScheduler has no types
    """Due an interval after now, whatever was missed.

    APScheduler's own lists every run that was missed: where a clock that had lost its date is set
    right, for years.
    """

    def __init__(self, seconds: float) -> None:
        self._interval = timedelta(seconds=seconds)

    def get_next_fire_time(self, _previous: datetime | None, now: datetime) -> datetime:
        """Return when the job is due next."""
        return now + self._interval


class ApschedulerEngine:
    """Runs each job at once and then at its interval, never twice at the same time.

    A job that raises is logged and called again, after growing pauses if it goes on failing: rows
    stay due until a step has written its result. APScheduler goes by the wall clock; where that is
    set back, jobs do not wait until it is as late again.
    """

    def __init__(self) -> None:
        self._stopping = threading.Event()
        self._watch = threading.Thread(target=self._watch_clock, daemon=True)
        self._scheduler = BackgroundScheduler(
            timezone=UTC,
            executors={"default": ThreadPoolExecutor(MAXIMUM_JOBS)},
            job_defaults={"coalesce": True, "max_instances": 1, "misfire_grace_time": None},
        )

    def every(self, seconds: float, name: str, job: Callable[[], None]) -> None:
        """See triage_agent.ports.Engine."""
        self._scheduler.add_job(
            _guarded(name, job),
            _Interval(seconds),
            id=name,
            name=name,
            next_run_time=datetime.now(UTC),
        )

    def start(self) -> None:
        """See triage_agent.ports.Engine."""
        self._scheduler.start()
        self._watch.start()

    def stop(self, seconds: float) -> bool:
        """See triage_agent.ports.Engine."""
        if not self._scheduler.running:
            return True
        ending = threading.Thread(target=self._end, daemon=True)
        ending.start()
        ending.join(seconds)
        return not ending.is_alive()

    def _end(self) -> None:
        self._stopping.set()
        self._watch.join()
        self._scheduler.shutdown()

    def _watch_clock(self) -> None:
        while not self._stopping.wait(CLOCK_SECONDS):
            now = datetime.now(UTC)
            for job in self._scheduler.get_jobs():
                if job.next_run_time > job.trigger.get_next_fire_time(None, now):
                    job.modify(next_run_time=now)


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
