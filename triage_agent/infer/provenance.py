"""Where a model comes from and how well it was seen to work."""

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class DataSource:
    """One body of images that the weights were fitted on, or started from.

    Attributes:
        name: what it is called.
        role: what it was used for, such as "training" or "initial weights".
        images: how many of its images were used; None where the source does not say.
        licence: under which terms.
        citation: whom to name.
    """

    name: str
    role: str
    images: int | None
    licence: str
    citation: str

    def __post_init__(self) -> None:
        if self.images is not None and self.images < 1:
            raise ValueError(f"images must be at least 1 or absent, not {self.images}")


@dataclass(frozen=True, slots=True)
class Metric:
    """One measured figure with its interval, on images that were not used for fitting.

    Attributes:
        name: such as "auc" or "sensitivity".
        cohort: on which images.
        images: how many of them.
        value, low, high: the figure and the ends of its interval.
        interval: how the interval was made, such as "95% DeLong".
    """

    name: str
    cohort: str
    images: int
    value: float
    low: float
    high: float
    interval: str

    def __post_init__(self) -> None:
        if self.images < 1:
            raise ValueError(f"images must be at least 1, not {self.images}")
        if not self.low <= self.value <= self.high:
            raise ValueError(f"{self.value} does not lie in its interval {self.low}..{self.high}")
