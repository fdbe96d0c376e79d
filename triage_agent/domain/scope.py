"""Whether an instance is triaged, decided from its header alone."""

from dataclasses import dataclass

from triage_agent.domain.instance import InstanceState
from triage_agent.domain.region import Region


@dataclass(frozen=True, slots=True, kw_only=True)
class ScopeDecision:
    """What an instance becomes on arrival, and why.

    `state` is RECEIVED (in scope) with an empty `reason`, or EXCLUDED with the reason in words
    that hold no patient data. `region` is the recognised region; an instance in scope has one.
    """

    state: InstanceState
    region: Region | None
    reason: str

    def __post_init__(self) -> None:
        if self.state is InstanceState.RECEIVED:
            if self.region is None or self.reason:
                raise ValueError("an instance in scope has a region and no reason")
        elif self.state is InstanceState.EXCLUDED:
            if not self.reason:
                raise ValueError("an excluded instance gives its reason")
        else:
            raise ValueError(f"no instance is {self.state} on arrival")
