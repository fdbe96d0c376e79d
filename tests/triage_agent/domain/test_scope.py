import pytest

from triage_agent.domain.instance import InstanceState
from triage_agent.domain.region import Region
from triage_agent.domain.scope import ScopeDecision


def test_in_scope_with_a_region_or_excluded_with_a_reason() -> None:
    inside = ScopeDecision(state=InstanceState.RECEIVED, region=Region.HAND, reason="")
    outside = ScopeDecision(state=InstanceState.EXCLUDED, region=None, reason="a report")

    assert (inside.region, outside.reason) == (Region.HAND, "a report")


@pytest.mark.parametrize(
    ("state", "region", "reason"),
    [
        (InstanceState.RECEIVED, None, ""),
        (InstanceState.RECEIVED, Region.HAND, "but"),
        (InstanceState.EXCLUDED, Region.HAND, ""),
        (InstanceState.SCORED, Region.HAND, ""),
        (InstanceState.UNREADABLE, Region.HAND, "x"),
    ],
)
def test_nothing_in_between(state: InstanceState, region: Region | None, reason: str) -> None:
    with pytest.raises(ValueError, match="instance"):
        ScopeDecision(state=state, region=region, reason=reason)
