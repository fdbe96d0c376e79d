"""A figure and its interval."""

from dataclasses import dataclass

# The 97.5% point of the standard normal distribution: two-sided 95% intervals.
Z95 = 1.959963984540054


@dataclass(frozen=True, slots=True)
class Estimate:
    """A measured figure with the ends of its 95% interval and how that was made."""

    value: float
    low: float
    high: float
    interval: str

    def text(self, digits: int = 3) -> str:
        """As MURA's Table 2 prints it: `0.731 (0.612, 0.850)`."""
        value, low, high = (
            f"{round(each, digits) + 0.0:.{digits}f}" for each in (self.value, self.low, self.high)
        )
        return f"{value} ({low}, {high})"
