"""A share of a number of studies, with how sure one can be of it."""

import math
from collections.abc import Sequence
from dataclasses import dataclass

# Two-sided 95 %: the usual one.
_Z = 1.959963984540054


@dataclass(frozen=True, slots=True, kw_only=True)
class Proportion:
    """`count` of `total`, where 0 <= count <= total. Raises ValueError otherwise."""

    count: int
    total: int

    def __post_init__(self) -> None:
        if not 0 <= self.count <= self.total:
            raise ValueError(f"{self.count} of {self.total} is no proportion")

    @property
    def value(self) -> float | None:
        """The share, 0..1; None of nothing."""
        return self.count / self.total if self.total else None

    @property
    def interval(self) -> tuple[float, float]:
        """The 95 % interval of Wilson (JASA 22:209, 1927), within 0..1; (0, 1) of nothing."""
        if not self.total:
            return 0.0, 1.0
        p, n = self.count / self.total, self.total
        spread = _Z * math.sqrt(p * (1 - p) / n + _Z**2 / (4 * n**2))
        middle, scale = p + _Z**2 / (2 * n), 1 + _Z**2 / n
        # At the ends the exact value is 0 or 1; rounding would leave a little less or more.
        low = 0.0 if self.count == 0 else (middle - spread) / scale
        high = 1.0 if self.count == self.total else (middle + spread) / scale
        return low, high

    def differs_from(self, usual: "Proportion") -> bool:
        """Say whether the intervals lie apart: then more than chance is at work.

        Apart is stricter than 95 % (two equal shares differ by that much in under 1 % of cases),
        because many devices and regions are looked at every day.
        """
        low, high = self.interval
        usual_low, usual_high = usual.interval
        return low > usual_high or high < usual_low


def percentile(values: Sequence[float], percent: float) -> float | None:
    """Return the nearest-rank percentile (0 < percent <= 100) of unsorted values; None of none."""
    if not values:
        return None
    rank = math.ceil(percent / 100 * len(values))
    return sorted(values)[rank - 1]
