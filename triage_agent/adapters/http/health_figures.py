"""Speed and scores: counted over days, so kept for a minute while pages ask every few seconds."""

import threading
from collections.abc import Callable, Hashable
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any, TypeVar

from triage_agent.domain.finding import Finding
from triage_agent.domain.proportion import percentile
from triage_agent.domain.score_figures import (
    HourFigures,
    ScoreGroup,
    by_hour,
    drifts,
    first_hour,
    group_of,
    grouped,
)
from triage_agent.ports.health import HealthRecord

KEPT = timedelta(seconds=60)
PERIODS = (1, 7, 30, 90)  # days
_USUAL_DAYS = 30  # what the last day is compared with
_OF_LATE = timedelta(hours=2)  # with the present hour: what "the last hours" are

T = TypeVar("T")


@dataclass(frozen=True, slots=True, kw_only=True)
class Speed:
    """How long things took over the last 24 hours, and of late."""

    hours: tuple[HourFigures, ...]
    placed_p50: float | None  # of the last 24 hours
    placed_p95: float | None
    placed_p95_of_late: float | None


@dataclass(frozen=True, slots=True, kw_only=True)
class Scores:
    """How often studies were flagged over the last `days` days."""

    days: int
    overall: ScoreGroup
    by_region: tuple[ScoreGroup, ...]
    by_device: tuple[ScoreGroup, ...]


class HealthFigures:
    """Counts by the record, at most once a minute. Safe to use from several threads."""

    def __init__(self, record: HealthRecord) -> None:
        self._record = record
        self._lock = threading.Lock()
        self._kept: dict[Hashable, tuple[datetime, Any]] = {}

    def speed(self, now: datetime) -> Speed:
        """Return how long things took."""
        return self._once("speed", now, lambda: self._speed(now))

    def scores(self, days: int, now: datetime) -> Scores:
        """Return how often studies were flagged in the last `days` days."""
        return self._once(("scores", days), now, lambda: self._scores(days, now))

    def drifts(self, now: datetime) -> tuple[Finding, ...]:
        """Return whether the last day differs from the days before it."""
        return self._once("drifts", now, lambda: self._drifts(now))

    def _speed(self, now: datetime) -> Speed:
        waits = self._record.waits(since=first_hour(now), until=_next_hour(now))
        all_day = [each.seconds for each in waits.studies]
        of_late = [each.seconds for each in waits.studies if each.hour >= now - _OF_LATE]
        return Speed(
            hours=by_hour(waits, now),
            placed_p50=percentile(all_day, 50),
            placed_p95=percentile(all_day, 95),
            placed_p95_of_late=percentile(of_late, 95),
        )

    def _scores(self, days: int, now: datetime) -> Scores:
        counts = self._record.scores(
            since=first_hour(now) - timedelta(days=days - 1), until=_next_hour(now)
        )
        return Scores(
            days=days,
            overall=group_of("", counts),
            by_region=grouped(counts, lambda each: each.region),
            by_device=grouped(counts, lambda each: each.ae_title),
        )

    def _drifts(self, now: datetime) -> tuple[Finding, ...]:
        begin = first_hour(now)
        return drifts(
            self._record.scores(since=begin, until=_next_hour(now)),
            self._record.scores(since=begin - timedelta(days=_USUAL_DAYS), until=begin),
        )

    def _once(self, key: Hashable, now: datetime, count: Callable[[], T]) -> T:
        # Under the lock: pages that ask at once wait for one count, and do not each begin one.
        with self._lock:
            kept = self._kept.get(key)
            if kept is None or not timedelta() <= now - kept[0] < KEPT:
                kept = self._kept[key] = now, count()
            found: T = kept[1]
            return found


def _next_hour(now: datetime) -> datetime:
    return now.replace(minute=0, second=0, microsecond=0) + timedelta(hours=1)
