"""Whether probabilities mean what they say: reliability table and expected calibration error."""

from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from model_training.evaluation.agreement import proportion
from model_training.evaluation.estimate import Estimate

# Guo et al. (arXiv 1706.04599) use 15 bins on thousands of images; sets of studies are smaller.
BINS = 10


@dataclass(frozen=True, slots=True)
class Bin:
    """The studies whose probability lies in (low, high]; the first bin includes 0.

    Attributes:
        low, high: the ends of the bin.
        studies: how many.
        mean_probability: of them; None in an empty bin.
        abnormal: share that is abnormal, with Wilson's interval; None in an empty bin.
    """

    low: float
    high: float
    studies: int
    mean_probability: float | None
    abnormal: Estimate | None


def reliability_table(
    probabilities: npt.NDArray[np.float64], labels: npt.NDArray[np.bool_], bins: int = BINS
) -> list[Bin]:
    """Compare the mean probability with the share of abnormal studies in bins of equal width.

    Raises:
        ValueError: there is no bin, or a probability is outside 0..1.
    """
    index = _bin_of(probabilities, bins)
    table = []
    for number in range(bins):
        chosen = index == number
        count = int(chosen.sum())
        table.append(
            Bin(
                low=number / bins,
                high=(number + 1) / bins,
                studies=count,
                mean_probability=float(probabilities[chosen].mean()) if count else None,
                abnormal=proportion(int(labels[chosen].sum()), count) if count else None,
            )
        )
    return table


def calibration_error(
    probabilities: npt.NDArray[np.float64], labels: npt.NDArray[np.bool_], bins: int = BINS
) -> float:
    """Expected calibration error in 0..1 (Naeini et al. 2015; Guo et al. 2017, equation 3).

    The gap between mean probability and share of abnormal ones in each bin of equal width, each
    bin weighted by its share of the studies. It depends on the bins and is too large on average
    where studies are few: read it beside the reliability table.

    Raises:
        ValueError: there is no study or no bin, or a probability is outside 0..1.
    """
    if not len(labels):
        raise ValueError("a calibration error needs at least one study")
    gaps = np.bincount(_bin_of(probabilities, bins), weights=probabilities - labels, minlength=bins)
    return float(np.abs(gaps).sum() / len(labels))


def brier_score(probabilities: npt.NDArray[np.float64], labels: npt.NDArray[np.bool_]) -> float:
    """Mean square of probability minus outcome (Brier 1950); 0 is perfect.

    Raises:
        ValueError: there is no study.
    """
    if not len(labels):
        raise ValueError("a Brier score needs at least one study")
    return float(np.mean((probabilities - labels) ** 2))


def _bin_of(probabilities: npt.NDArray[np.float64], bins: int) -> npt.NDArray[np.intp]:
    if bins < 1:
        raise ValueError(f"there must be at least one bin, not {bins}")
    if len(probabilities) and not (probabilities.min() >= 0 and probabilities.max() <= 1):
        raise ValueError("probabilities must lie in 0..1")
    edges = np.arange(1, bins) / bins
    return np.searchsorted(edges, probabilities, side="left")
