"""The node's health as figures for Prometheus: about processes and senders, never a patient."""

from collections.abc import Iterator

from prometheus_client.core import GaugeMetricFamily, Metric
from prometheus_client.registry import Collector

from triage_agent.adapters.http.facts import Sources
from triage_agent.adapters.http.health_figures import HealthFigures
from triage_agent.adapters.http.health_view import HealthView, health_view
from triage_agent.domain.finding import Level

_SEVERITY = {level: number for number, level in enumerate(Level)}


class HealthCollector(Collector):
    """Reads the record anew at every scrape; what is counted over a day is a minute old at most."""

    def __init__(self, sources: Sources) -> None:
        self._sources = sources
        self._figures = HealthFigures(sources.health)

    def collect(self) -> Iterator[Metric]:
        """Yield the figures."""
        view = health_view(self._sources, self._figures)
        yield from _levels(view)
        yield from _roles(view)
        yield from _devices(view)
        yield from _amounts(view)
        yield from _speed(view)


def _levels(view: HealthView) -> Iterator[Metric]:
    family = GaugeMetricFamily(
        "triage_health_level",
        "How each part is: 0 in order, 1 not known, 2 to be looked at, 3 failed.",
        labels=["part"],
    )
    for state in view.parts:
        family.add_metric([state.part.value], _SEVERITY[state.level])
    yield family


def _roles(view: HealthView) -> Iterator[Metric]:
    family = GaugeMetricFamily(
        "triage_role_beat_age_seconds",
        "Since when a process was not heard of.",
        labels=["role", "host"],
    )
    for judged in view.roles:
        age = (view.at - judged.row.beat_at).total_seconds()
        family.add_metric([judged.row.role, judged.row.host], age)
    yield family


def _devices(view: HealthView) -> Iterator[Metric]:
    last = GaugeMetricFamily(
        "triage_device_last_image_timestamp_seconds",
        "When the last image of a sender came.",
        labels=["ae_title"],
    )
    today = GaugeMetricFamily(
        "triage_device_images_today",
        "Images that a sender brought today.",
        labels=["ae_title"],
    )
    for judged in view.devices:
        title = [judged.row.ae_title]
        last.add_metric(title, judged.row.last_at.timestamp())
        today.add_metric(title, judged.row.images_today)
    yield last
    yield today


def _amounts(view: HealthView) -> Iterator[Metric]:
    queues, recorded = view.recorded.queues, view.recorded
    waiting = GaugeMetricFamily("triage_queue", "What waits at each step.", labels=["step"])
    for step, count in (
        ("score", queues.waiting_for_score),
        ("assessment", queues.unassessed),
        ("open", queues.open),
        ("report", queues.to_report),
    ):
        waiting.add_metric([step], count)
    yield waiting
    oldest = queues.oldest_for_score_at
    yield GaugeMetricFamily(
        "triage_queue_score_oldest_seconds",
        "For how long the oldest image waits for its score.",
        0 if oldest is None else max(0.0, (view.at - oldest).total_seconds()),
    )
    yield GaugeMetricFamily(
        "triage_quarantine_objects",
        "Objects with other content under a known UID.",
        recorded.quarantine.objects,
    )
    yield GaugeMetricFamily(
        "triage_storage_watermark_bytes",
        "Images are refused when less is free.",
        view.watermark_bytes,
    )
    troubles = GaugeMetricFamily(
        "triage_troubles_day", "What failed in the last 24 hours.", labels=["what"]
    )
    for what, count in sorted(recorded.trouble_counts.items()):
        troubles.add_metric([what], count)
    yield troubles


def _speed(view: HealthView) -> Iterator[Metric]:
    family = GaugeMetricFamily(
        "triage_placed_seconds_day",
        "From a study's last image to its place with the final score, over the last 24 hours.",
        labels=["quantile"],
    )
    for quantile, seconds in (("0.5", view.speed.placed_p50), ("0.95", view.speed.placed_p95)):
        if seconds is not None:
            family.add_metric([quantile], seconds)
    yield family
