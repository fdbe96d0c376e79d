import pytest

from triage_agent.prioritise.stat import is_stat


@pytest.mark.parametrize("priority", ["STAT", "stat ", "HIGH", "S", "URGENT", "Notfall", "CITO"])
def test_ordered_at_once(priority):
    assert is_stat(("ROUTINE", priority))


@pytest.mark.parametrize("priority", ["", "ROUTINE", "MEDIUM", "LOW", "R", "STATUS", "NOT STAT"])
def test_not_ordered_at_once(priority):
    assert not is_stat((priority,))


def test_no_priority_is_not_stat():
    assert not is_stat(())
