"""What the templates of the administrator's page show; they only lay it out."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime

from triage_agent.adapters.http.facts import NodeFacts
from triage_agent.adapters.http.health_figures import Scores, Speed
from triage_agent.adapters.http.health_view import HealthView
from triage_agent.adapters.http.plots import Histogram, histogram, time_plot
from triage_agent.adapters.http.rows import moment
from triage_agent.domain.finding import in_words, seconds_in_words, size_in_words
from triage_agent.domain.health_of_processes import is_late
from triage_agent.domain.node_health import RoleBeat
from triage_agent.domain.score_figures import ScoreGroup

# What a role says of itself beside what has a place of its own on the page.
_TOLD_ELSEWHERE = {"listener_seconds", "listener_error"}


@dataclass(frozen=True, slots=True, kw_only=True)
class ShownGroup:
    """A line of the table of scores; shares are percentages."""

    name: str
    studies: int
    flagged: str
    share: str
    low: float
    high: float
    interval: str
    missed: str
    histogram: Histogram


def state_shown(view: HealthView, facts: NodeFacts) -> dict[str, object]:
    """Return what the live part shows."""

    def when(at: datetime | None) -> object:
        return None if at is None else moment(at, view.at, facts.zone)

    def ago(at: datetime) -> str:
        return in_words((view.at - at).total_seconds())

    def told(beat: RoleBeat) -> list[tuple[str, str]]:
        return [
            (name.replace("_", " "), _words(value))
            for name, value in beat.facts.items()
            if name not in _TOLD_ELSEWHERE
        ]

    return {
        "view": view,
        "now": moment(view.at, view.at, facts.zone),
        "when": when,
        "ago": ago,
        "told": told,
        "size": size_in_words,
        "limits": facts.limits,
        "is_late": lambda beat: is_late(beat, view.at, facts.limits),
    }


def figures_shown(speed: Speed, scores: Scores, facts: NodeFacts) -> dict[str, object]:
    """Return what the plots and the tables under them show."""
    return {
        "speed": speed,
        "placed": time_plot(
            speed.hours, lambda hour: hour.placed_p50, lambda hour: hour.placed_p95, facts.zone
        ),
        "scored": time_plot(
            speed.hours, lambda hour: hour.scored_p50, lambda hour: hour.scored_p95, facts.zone
        ),
        "clock": lambda hour: hour.astimezone(facts.zone).strftime("%H:%M"),
        "seconds": lambda value: "–" if value is None else seconds_in_words(value),  # noqa: RUF001
        "days": scores.days,
        "overall": _group(scores.overall),
        "by_region": [_group(each) for each in scores.by_region],
        "by_device": [_group(each) for each in scores.by_device],
    }


def _group(group: ScoreGroup) -> ShownGroup:
    flagged, missed = group.flagged, group.not_assessed
    low, high = (100 * each for each in flagged.interval)
    return ShownGroup(
        name=group.name,
        studies=missed.total,
        flagged=f"{flagged.count} / {flagged.total}",
        share="–" if flagged.value is None else f"{100 * flagged.value:.0f} %",  # noqa: RUF001
        low=round(low, 1),
        high=round(high, 1),
        interval=f"{low:.0f}–{high:.0f} %" if flagged.total else "",  # noqa: RUF001
        missed=f"{missed.count} / {missed.total}",
        histogram=histogram(group.steps),
    )


def _words(value: object) -> str:
    if isinstance(value, Sequence) and not isinstance(value, str):
        return ", ".join(map(str, value))
    return str(value)
