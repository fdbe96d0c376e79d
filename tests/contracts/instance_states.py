"""Attributes of instances that are not to be scored."""

from tests.factories import Value
from triage_agent.domain.instance import InstanceState

EXCLUDED: dict[str, Value] = {
    "state": InstanceState.EXCLUDED,
    "reason": "not a radiograph",
    "region": None,
}
UNREADABLE: dict[str, Value] = {"state": InstanceState.UNREADABLE, "reason": "no pixels"}
