"""When to try again."""

from datetime import timedelta
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tests.factories import T0
from triage_agent.deliver.retry import RetryPolicy

STEADY = RetryPolicy(spread=0.0)


def wait(policy: RetryPolicy, failures: int, key: str = "pacs") -> float:
    return (policy.next_attempt(failures, key, T0) - T0).total_seconds()


def test_waits_double_from_two_seconds_to_ten_minutes():
    waits = [wait(STEADY, failures) for failures in range(1, 12)]
    assert waits == [2, 4, 8, 16, 32, 64, 128, 256, 512, 600, 600]


def test_it_goes_on_for_days():
    assert wait(STEADY, 10_000) == 600
    total = sum(wait(RetryPolicy(), failures) for failures in range(1, 1001))
    assert timedelta(seconds=total) > timedelta(days=5)


@given(st.integers(1, 5000), st.text())
def test_the_spread_only_ever_shortens_and_by_no_more_than_its_part(failures: int, key: str):
    policy = RetryPolicy()
    longest = wait(STEADY, failures)
    assert 0.8 * longest - 1e-6 < wait(policy, failures, key) <= longest


def test_the_spread_follows_from_what_is_repeated():
    policy = RetryPolicy()
    assert wait(policy, 5, "pacs") == wait(policy, 5, "pacs")
    waits = {wait(policy, 9, f"object {number}") for number in range(50)}
    assert len(waits) == 50
    assert max(waits) - min(waits) > 0.5 * 0.2 * 512


def test_a_refused_object_is_parked_after_a_few_tries():
    policy = RetryPolicy(spread=0.0, refusals=3)
    assert policy.after_refusal(1, "key", T0) == T0 + timedelta(seconds=2)
    assert policy.after_refusal(2, "key", T0) == T0 + timedelta(seconds=4)
    assert policy.after_refusal(3, "key", T0) is None
    assert policy.after_refusal(4, "key", T0) is None


def test_nothing_is_repeated_that_has_not_failed():
    with pytest.raises(ValueError, match="nothing has failed"):
        RetryPolicy().next_attempt(0, "key", T0)


@pytest.mark.parametrize(
    "values",
    [
        {"first_seconds": 0.0},
        {"first_seconds": 700.0},
        {"longest_seconds": 601.0},
        {"spread": 1.0},
        {"spread": -0.1},
        {"refusals": 0},
    ],
)
def test_a_policy_that_makes_no_sense_is_refused(values: dict[str, Any]):
    with pytest.raises(ValueError, match=next(iter(values))):
        RetryPolicy(**values)
