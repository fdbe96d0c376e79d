"""Instants: every time the node keeps is aware and in UTC."""

from datetime import UTC, datetime, timedelta

CLOCK_TOLERANCE = timedelta(minutes=1)  # by which the clocks of two machines may differ


def require_utc(instant: datetime, name: str) -> datetime:
    """Return `instant`, or raise ValueError if it is naive or not in UTC."""
    if instant.tzinfo is not UTC:
        raise ValueError(f"{name} must be an aware datetime in UTC, not {instant!r}")
    return instant


def was_ahead(happened_at: datetime, now: datetime) -> bool:
    """Say whether what has happened lies ahead: the wall clock was ahead and was set right."""
    return happened_at > now + CLOCK_TOLERANCE
