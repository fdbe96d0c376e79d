"""From logits to the probability of an image and of a study."""

import math
from collections.abc import Sequence
from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Calibration:
    """Platt scaling of a logit: `slope * logit + intercept`; a temperature T is slope 1/T.

    Raises:
        ValueError: a number is not finite, or the slope would turn the order of images round.
    """

    slope: float = 1.0
    intercept: float = 0.0

    def __post_init__(self) -> None:
        if not (math.isfinite(self.slope) and self.slope > 0):
            raise ValueError(f"slope must be a positive number, not {self.slope}")
        if not math.isfinite(self.intercept):
            raise ValueError(f"intercept must be a finite number, not {self.intercept}")

    def scale(self, logit: float) -> float:
        """Return the logit as calibrated."""
        return self.slope * logit + self.intercept


IDENTITY = Calibration()


def image_probability(logit: float, calibration: Calibration = IDENTITY) -> float:
    """Probability in 0..1 that the image is abnormal.

    Raises:
        ValueError: the logit is not a finite number; such a network has no opinion, and an image
            it has no opinion about is not to be called normal.
    """
    if not math.isfinite(logit):
        raise ValueError(f"a logit must be a finite number, not {logit}")
    calibrated = calibration.scale(logit)
    if calibrated >= 0:
        return 1.0 / (1.0 + math.exp(-calibrated))
    # The other form would overflow for a large negative logit.
    odds = math.exp(calibrated)
    return odds / (1.0 + odds)


def study_probability(probabilities: Sequence[float]) -> float:
    """Arithmetic mean of the images' probabilities (MURA, arXiv 1712.06957, section 3.1).

    Raises:
        ValueError: there is no image, or a probability is outside 0..1.
    """
    if not probabilities:
        raise ValueError("a study without scored images has no probability")
    for probability in probabilities:
        if not 0.0 <= probability <= 1.0:
            raise ValueError(f"a probability must lie in 0..1, not {probability}")
    # fsum does not depend on the order in which the images arrived.
    return min(math.fsum(probabilities) / len(probabilities), 1.0)


def is_abnormal(probability: float, operating_point: float) -> bool:
    """Whether a probability lies above the operating point (MURA: abnormal if above 0.5)."""
    return probability > operating_point
