"""Instants: every time the node keeps is aware and in UTC."""

from datetime import UTC, datetime


def require_utc(instant: datetime, name: str) -> datetime:
    """Return `instant`, or raise ValueError if it is naive or not in UTC."""
    if instant.tzinfo is not UTC:
        raise ValueError(f"{name} must be an aware datetime in UTC, not {instant!r}")
    return instant
