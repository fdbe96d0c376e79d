"""What is recorded of the node itself, for those who run it."""

from collections.abc import Sequence
from datetime import date, datetime
from typing import Protocol

from triage_agent.domain.node_health import Arrivals, Recorded, RoleBeat, ScoreCount, Waits


class HealthRecord(Protocol):
    """Signs of life, senders, and figures of speed and scores.

    How long studies and images took, and what was said of them, is recorded by the StudyRegister
    as it records scores and assessments. Figures are counted by whole hours of UTC.
    """

    def beat(
        self,
        beat: RoleBeat,
        *,
        arrivals: Sequence[Arrivals] = (),
        free_bytes: int | None = None,
    ) -> None:
        """Note that a role lives, what came since, and how much of the store is free.

        There is one row for each role and host: the newest process counts. Arrivals add up by
        device and day. Free space is kept once an hour, the first that is told.
        """
        ...

    def recorded(self, *, now: datetime, today: date) -> Recorded:
        """Return what there is; queues and destinations are counted anew.

        Devices: those of the last 60 days, the one heard of last first, at most 200. Destinations:
        all that ever got a result, by name. Troubles: images that could not be read, deliveries
        that failed or were parked, conflicts, of the last 24 hours.
        """
        ...

    def waits(self, *, since: datetime, until: datetime) -> Waits:
        """Return what ended in the hours from `since` to before `until`, oldest first."""
        ...

    def scores(self, *, since: datetime, until: datetime) -> tuple[ScoreCount, ...]:
        """Count studies with images in scope by their newest assessment, made in these hours.

        A study counts only once none of its images waits for a score.
        """
        ...

    def prune(self, *, before: datetime) -> None:
        """Forget single images' times and roles' last beats from before an instant."""
        ...
