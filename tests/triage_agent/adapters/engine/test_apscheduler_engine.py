"""The engine runs jobs, survives those that fail, and stops."""

import threading
import time
from datetime import datetime, timedelta, tzinfo

import apscheduler.schedulers.base
import pytest
from structlog.testing import capture_logs

from triage_agent.adapters.engine import apscheduler_engine
from triage_agent.adapters.engine.apscheduler_engine import ApschedulerEngine
from triage_agent.errors import DestinationUnreachable


@pytest.fixture
def engine():
    engine = ApschedulerEngine()
    yield engine
    assert engine.stop(10)


def test_a_job_runs_at_once_and_again(engine):
    ran = threading.Semaphore(0)
    engine.every(0.05, "count", ran.release)
    engine.start()
    assert all(ran.acquire(timeout=5) for _ in range(3))


@pytest.mark.parametrize("error", [RuntimeError("a fault"), DestinationUnreachable("no route")])
def test_a_job_that_raises_is_called_again(engine, error):
    ran = threading.Semaphore(0)

    def fail() -> None:
        ran.release()
        raise error

    engine.every(0.05, "fail", fail)
    engine.start()
    assert all(ran.acquire(timeout=5) for _ in range(3))


@pytest.mark.parametrize("step", [timedelta(hours=-1), timedelta(days=3)])
def test_a_wall_clock_that_is_set_holds_nothing_up(engine, monkeypatch, step):
    class WallClock(datetime):
        off = timedelta()

        @classmethod
        def now(cls, tz: tzinfo | None = None) -> datetime:
            return datetime.now(tz) + cls.off

    for module in (apscheduler_engine, apscheduler.schedulers.base):
        monkeypatch.setattr(module, "datetime", WallClock)
    ran = threading.Semaphore(0)
    engine.every(0.05, "count", ran.release)
    engine.start()
    assert ran.acquire(timeout=5)

    WallClock.off = step
    while ran.acquire(blocking=False):
        pass
    assert all(ran.acquire(timeout=5) for _ in range(3))


def test_the_pause_after_a_failure_does_not_grow_with_failures_now_and_then():
    failures = iter([True, False] * 4)

    def fail_now_and_then() -> None:
        if next(failures):
            raise DestinationUnreachable("no route")

    run = apscheduler_engine._guarded("step", fail_now_and_then)
    with capture_logs() as lines:
        while len(lines) < 4:
            run()
            time.sleep(0.01)
    assert {line["seconds"] for line in lines} == {apscheduler_engine.FIRST_PAUSE_SECONDS}


def test_a_job_never_runs_twice_at_the_same_time(engine):
    inside = threading.Lock()
    overlapped, done = threading.Event(), threading.Event()

    def slow() -> None:
        if not inside.acquire(blocking=False):
            overlapped.set()
            return
        done.wait(5)
        inside.release()

    engine.every(0.02, "slow", slow)
    engine.start()
    assert not overlapped.wait(0.5)
    done.set()


def test_stopping_waits_for_a_running_job():
    engine = ApschedulerEngine()
    begun, go_on, ended = threading.Event(), threading.Event(), threading.Event()

    def job() -> None:
        begun.set()
        go_on.wait(5)
        ended.set()

    engine.every(60, "job", job)
    engine.start()
    assert begun.wait(5)
    assert not engine.stop(0.1)
    go_on.set()
    assert ended.wait(5)


def test_an_engine_that_was_never_started_is_stopped():
    assert ApschedulerEngine().stop(0)
