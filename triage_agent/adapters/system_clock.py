"""The Clock port on the operating system's clock."""

from datetime import UTC, datetime


class SystemClock:
    """See triage_agent.ports.Clock."""

    def now(self) -> datetime:
        """Return the present instant in UTC."""
        return datetime.now(UTC)
