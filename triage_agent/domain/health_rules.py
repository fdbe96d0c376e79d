"""When the node is well, and what to do when it is not. Pure: facts in, findings out."""

from collections.abc import Callable, Iterator

from triage_agent.domain import health_of_flow, health_of_processes, health_of_store
from triage_agent.domain.finding import Finding
from triage_agent.domain.node_health import HealthLimits, NodeNow

Rule = Callable[[NodeNow, HealthLimits], Iterator[Finding]]

RULES: tuple[Rule, ...] = (
    health_of_processes.listener,
    health_of_processes.roles,
    health_of_processes.model,
    health_of_flow.devices,
    health_of_flow.queues,
    health_of_flow.speed,
    health_of_flow.destinations,
    health_of_flow.errors,
    health_of_store.disk,
    health_of_store.quarantine,
)


def judge(node: NodeNow, limits: HealthLimits) -> tuple[Finding, ...]:
    """Return a finding for each thing that is looked at, also for those that are well."""
    return tuple(finding for rule in RULES for finding in rule(node, limits))
