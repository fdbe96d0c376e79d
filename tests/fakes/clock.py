"""A clock that stands still until a test moves it."""

from datetime import UTC, datetime, timedelta

from triage_agent.domain.instant import require_utc

START = datetime(2026, 1, 1, 12, 0, 0, tzinfo=UTC)


class FakeClock:
    """A settable Clock port; it starts at `START` unless told otherwise."""

    def __init__(self, instant: datetime = START) -> None:
        self._instant = require_utc(instant, "instant")

    def now(self) -> datetime:
        """Return the instant the clock was last set to."""
        return self._instant

    def set(self, instant: datetime) -> None:
        """Set the clock to `instant`, aware and in UTC."""
        self._instant = require_utc(instant, "instant")

    def advance(self, seconds: float) -> datetime:
        """Move the clock by `seconds` and return the new instant."""
        self._instant += timedelta(seconds=seconds)
        return self._instant
