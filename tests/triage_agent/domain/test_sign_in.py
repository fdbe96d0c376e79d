from dataclasses import replace
from datetime import datetime, timedelta

import pytest

from tests.factories import T0, after
from triage_agent.domain.sign_in import (
    ADDRESS_THROTTLE,
    FAILURES_KEPT,
    NAME_THROTTLE,
    Failures,
    Session,
    SessionLimits,
    Throttle,
)
from triage_agent.domain.visitor import Role

SESSION = Session(
    digest="0" * 64,
    name="jane",
    roles=frozenset({Role.READER}),
    is_local=True,
    began_at=T0,
    seen_at=T0,
)
LIMITS = SessionLimits(idle=timedelta(minutes=10), absolute=timedelta(minutes=60))


def test_a_session_expires_when_nothing_is_done():
    assert LIMITS.holds(SESSION, after(599))
    assert not LIMITS.holds(SESSION, after(600))
    assert LIMITS.holds(replace(SESSION, seen_at=after(500)), after(1099))


def test_a_session_expires_whatever_is_done():
    busy = replace(SESSION, seen_at=after(3590))
    assert LIMITS.holds(busy, after(3599))
    assert not LIMITS.holds(busy, after(3600))
    assert LIMITS.expires_at(busy) == after(3600)


def test_times_are_in_utc():
    naive = datetime(2026, 1, 1)  # noqa: DTZ001 (that is the point)
    for field in ("began_at", "seen_at"):
        with pytest.raises(ValueError, match=field):
            replace(SESSION, **{field: naive})
    with pytest.raises(ValueError, match="last_at"):
        Failures(count=1, last_at=naive)


def test_the_wait_doubles_up_to_a_limit():
    throttle = Throttle(free=3, longest=timedelta(seconds=30))
    seconds = [throttle.delay(count).total_seconds() for count in range(10)]
    assert seconds == [0, 0, 0, 0, 1, 2, 4, 8, 16, 30]
    assert throttle.delay(10**9) == throttle.longest


def test_an_attempt_waits_until_the_delay_is_over():
    throttle = Throttle(free=3, longest=timedelta(seconds=30))
    failures = Failures(count=6, last_at=T0)
    assert throttle.waits_until(failures, T0) == after(4)
    assert throttle.waits_until(failures, after(3)) == after(4)
    assert throttle.waits_until(failures, after(4)) is None
    assert throttle.waits_until(Failures(count=3, last_at=T0), T0) is None
    assert throttle.waits_until(None, T0) is None


def test_a_failure_that_is_later_than_now_is_waited_for_like_one_of_now():
    throttle = Throttle(free=3, longest=timedelta(seconds=30))
    assert throttle.waits_until(Failures(count=3, last_at=after(0.001)), T0) is None
    assert throttle.waits_until(Failures(count=3, last_at=after(3600)), T0) is None
    assert throttle.waits_until(Failures(count=6, last_at=after(3600)), T0) == after(4)


@pytest.mark.parametrize("throttle", [NAME_THROTTLE, ADDRESS_THROTTLE])
def test_guessing_without_end_gets_nowhere_and_nobody_is_locked_out_for_long(throttle):
    now, guesses = T0, []
    while now < T0 + 3 * FAILURES_KEPT:
        guesses = [at for at in guesses if now - at < FAILURES_KEPT] + [now]
        assert len(guesses) < 400
        now += throttle.delay(len(guesses))
    assert throttle.longest <= timedelta(minutes=15)
