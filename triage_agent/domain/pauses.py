"""How long what fails again and again is left alone."""

from dataclasses import dataclass
from datetime import datetime, timedelta

# Beyond this many doublings every pause is the longest one; also keeps the power small.
_MOST_DOUBLINGS = 32


@dataclass(frozen=True, slots=True, kw_only=True)
class Pauses:
    """Pauses that double from the first to the longest.

    Attributes:
        first_seconds: after the first failure.
        longest_seconds: no pause is longer.

    Raises:
        ValueError: a number is out of its range.
    """

    first_seconds: float
    longest_seconds: float

    def __post_init__(self) -> None:
        if not 0 < self.first_seconds <= self.longest_seconds:
            raise ValueError("first_seconds must be positive and not above longest_seconds")

    @property
    def longest(self) -> timedelta:
        """No pause is longer."""
        return timedelta(seconds=self.longest_seconds)

    def after(self, failures: int) -> timedelta:
        """Return how long to wait after so many failures in a row. Raises ValueError for none."""
        if failures < 1:
            raise ValueError("nothing has failed yet")
        doubled = self.first_seconds * 2.0 ** min(failures - 1, _MOST_DOUBLINGS)
        return timedelta(seconds=min(doubled, self.longest_seconds))

    def is_over(self, until: datetime, now: datetime) -> bool:
        """Say whether a pause has ended.

        One that ends further ahead than the longest has too: the wall clock was set back.
        """
        return not now < until <= now + self.longest
