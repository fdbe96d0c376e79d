"""When to try again: decisions only, nothing here waits."""

import hashlib
from dataclasses import dataclass
from datetime import datetime

from triage_agent.domain.delivery import RETRY_PAUSES
from triage_agent.domain.pauses import Pauses


@dataclass(frozen=True, slots=True, kw_only=True)
class RetryPolicy(Pauses):
    """Waits that double from the first to the longest, for as long as it takes.

    Attributes:
        first_seconds: before the first repetition.
        longest_seconds: no wait is longer; not above that of RETRY_PAUSES.
        spread: every wait is shortened by up to this part of itself, so that what failed together
            is not repeated together. By how much follows from what is repeated, not from chance.
        refusals: an object that was refused so many times is parked.

    Raises:
        ValueError: a number is out of its range.
    """

    first_seconds: float = RETRY_PAUSES.first_seconds
    longest_seconds: float = RETRY_PAUSES.longest_seconds
    spread: float = 0.2
    refusals: int = 4

    def __post_init__(self) -> None:
        Pauses.__post_init__(self)
        if self.longest_seconds > RETRY_PAUSES.longest_seconds:
            raise ValueError("longest_seconds must not be above that of RETRY_PAUSES")
        if not 0 <= self.spread < 1:
            raise ValueError("spread must lie in 0..1, 1 excluded")
        if self.refusals < 1:
            raise ValueError("refusals must be at least 1")

    def next_attempt(self, failures: int, key: str, now: datetime) -> datetime:
        """Return when to repeat what has failed `failures` times in a row (1 or more).

        `key` names what is repeated; it only decides about the spread.

        Raises:
            ValueError: nothing has failed yet.
        """
        return now + self.after(failures) * (1.0 - self.spread * _fraction(key, failures))

    def after_refusal(self, refusals: int, key: str, now: datetime) -> datetime | None:
        """Return when to repeat what was refused `refusals` times, or None: park it."""
        if refusals >= self.refusals:
            return None
        return self.next_attempt(refusals, key, now)


def _fraction(key: str, failures: int) -> float:
    """Return a number in 0..1, 1 excluded, spread evenly over keys and failures."""
    digest = hashlib.sha256(f"{failures}:{key}".encode()).digest()
    return int.from_bytes(digest[:6]) / 2.0**48
