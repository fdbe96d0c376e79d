"""Figures of yes/no decisions: proportions with Wilson's interval, Cohen's kappa with McHugh's."""

import math

import numpy as np
import numpy.typing as npt

from model_training.evaluation.estimate import Z95, Estimate

Labels = npt.NDArray[np.bool_]


def proportion(hits: int, trials: int) -> Estimate:
    """A share with Wilson's 95% score interval (Wilson 1927).

    Raises:
        ValueError: there is no trial.
    """
    if trials < 1:
        raise ValueError("a proportion of no trials is not defined")
    share = hits / trials
    z2 = Z95**2
    centre = (share + z2 / (2 * trials)) / (1 + z2 / trials)
    half = Z95 * math.sqrt(share * (1 - share) / trials + z2 / (4 * trials**2)) / (1 + z2 / trials)
    # Rounding must not push a share of 0 or 1 out of its own interval.
    low = min(max(centre - half, 0.0), share)
    high = max(min(centre + half, 1.0), share)
    return Estimate(share, low, high, "95% Wilson")


def accuracy(decisions: Labels, labels: Labels) -> Estimate:
    """Share of right decisions."""
    return proportion(int(np.sum(decisions == labels)), len(labels))


def sensitivity(decisions: Labels, labels: Labels) -> Estimate:
    """Share of the abnormal images that are called so."""
    return proportion(int(np.sum(decisions & labels)), int(np.sum(labels)))


def specificity(decisions: Labels, labels: Labels) -> Estimate:
    """Share of the normal images that are not called abnormal."""
    return proportion(int(np.sum(~decisions & ~labels)), int(np.sum(~labels)))


def cohen_kappa(decisions: Labels, labels: Labels) -> Estimate:
    """Agreement beyond chance, with the interval of McHugh (Biochemia Medica 2012; 22: 276-82).

    Raises:
        ValueError: there is no image, or both sides always give the same one answer: agreement by
            chance is then complete and kappa is not defined.
    """
    if not len(labels):
        raise ValueError("kappa needs at least one image")
    observed = float(np.mean(decisions == labels))
    yes, truly = float(np.mean(decisions)), float(np.mean(labels))
    by_chance = yes * truly + (1 - yes) * (1 - truly)
    if math.isclose(by_chance, 1.0):
        raise ValueError("kappa is not defined where both sides give one and the same answer")
    value = (observed - by_chance) / (1 - by_chance)
    error = math.sqrt(observed * (1 - observed) / (len(labels) * (1 - by_chance) ** 2))
    low, high = max(value - Z95 * error, -1.0), min(value + Z95 * error, 1.0)
    return Estimate(value, low, high, "95% McHugh")
