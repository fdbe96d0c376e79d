"""Figures for Prometheus: about the node, never about a patient."""

from collections.abc import Iterator

from prometheus_client import CollectorRegistry
from prometheus_client.core import GaugeMetricFamily, InfoMetricFamily, Metric
from prometheus_client.registry import Collector

from triage_agent.adapters.http.facts import Sources
from triage_agent.adapters.http.health_metrics import HealthCollector


class NodeCollector(Collector):
    """Reads the ports anew at every scrape, so that no figure is older than the scrape."""

    def __init__(self, sources: Sources) -> None:
        self._sources = sources

    def collect(self) -> Iterator[Metric]:
        """Yield the figures."""
        sources, facts = self._sources, self._sources.facts
        yield InfoMetricFamily(
            "triage_node", "What runs.", {"model": facts.model, "ae_title": facts.ae_title}
        )
        yield GaugeMetricFamily(
            "triage_worklist_studies", "Studies that are not read.", sources.worklist.count()
        )
        first = sources.worklist.page(limit=1)
        late = (
            max(0.0, (sources.clock.now() - first[0].study.placement.due_at).total_seconds())
            if first
            else 0.0
        )
        yield GaugeMetricFamily(
            "triage_worklist_overdue_seconds", "By how much the first study is overdue.", late
        )
        yield GaugeMetricFamily(
            "triage_storage_free_bytes", "What may still be written.", sources.store.free_bytes()
        )
        yield self._deliveries()
        failures = GaugeMetricFamily(
            "triage_destination_failures",
            "Failures in a row of a destination to answer.",
            labels=["destination"],
        )
        for destination in facts.destinations:
            health = sources.outbox.health(destination)
            failures.add_metric([destination], health.failures)
        yield failures

    def _deliveries(self) -> Metric:
        family = GaugeMetricFamily(
            "triage_deliveries",
            "Results on their way or sent, by destination and state.",
            labels=["destination", "state"],
        )
        for (destination, state), count in sorted(self._sources.outbox.counts().items()):
            family.add_metric([destination, state.value], count)
        return family


def metrics_registry(sources: Sources) -> CollectorRegistry:
    """Return a registry of its own, so that two nodes in one process do not collide."""
    registry = CollectorRegistry()
    registry.register(NodeCollector(sources))
    registry.register(HealthCollector(sources))
    return registry
