"""Calibrating probabilities: Platt scaling and temperature scaling of the logits, by region.

Platt, "Probabilistic outputs for support vector machines", 1999: sigma(a z + b), fitted to targets
(N+ + 1) / (N+ + 2) and 1 / (N- + 2) instead of 1 and 0, which keeps the slope finite where the
classes do not overlap. Temperature scaling (Guo et al., arXiv 1706.04599, equation 9) is the same
with b = 0 and a = 1/T. The node scales each image and then takes the mean over the study; so the
likelihood is that of the studies' means, and for studies of one image it is Platt's own.
"""

from dataclasses import dataclass, replace
from enum import StrEnum

import numpy as np
import numpy.typing as npt

from model_training.evaluation.figures import OVERALL, region_masks
from model_training.evaluation.predictions import StudyScores
from triage_agent.infer.scores import IDENTITY, Calibration, image_probability, study_probability

Floats = npt.NDArray[np.float64]

# With fewer studies of a class a region's own fit is mostly noise; all regions together serve.
FEWEST_STUDIES = 20

# Stored probabilities of exactly 0 or 1 have no logit; the node's do not come nearer in float32.
_CLOSEST = 1e-7

_MOST_STEPS = 200
_MOST_HALVINGS = 40
_SMALLEST_STEP = 1e-10


class Scaling(StrEnum):
    """What is fitted."""

    NONE = "none"
    TEMPERATURE = "temperature"
    PLATT = "platt"


@dataclass(frozen=True, slots=True)
class RegionScaling:
    """How a region's logits are scaled, and whether by its own studies or by those of all regions.

    Attributes:
        calibration: what was fitted.
        own: False where the region had too few studies of a class.
        studies: how many the fit used.
    """

    calibration: Calibration
    own: bool
    studies: int


def logits_of(probabilities: Floats) -> Floats:
    """The logits behind probabilities in 0..1, within +-16.1."""
    kept = np.clip(probabilities, _CLOSEST, 1.0 - _CLOSEST)
    logits: Floats = np.log(kept) - np.log1p(-kept)
    return logits


def fit_scaling(scores: StudyScores, scaling: Scaling) -> Calibration:
    """Fit all studies of `scores` together, by Fisher's scoring (Newton's method on the means).

    Raises:
        ValueError: a class has no study, all images have one probability, or the scores rank
            abnormal studies below normal ones: no scaling mends that.
    """
    if scaling is Scaling.NONE:
        return IDENTITY
    if scores.labels.all() or not scores.labels.any():
        raise ValueError("calibration needs studies of both classes")
    logits = logits_of(scores.image_probabilities)
    if np.ptp(logits) == 0:
        raise ValueError("calibration needs images of different probabilities")
    columns = [logits, np.ones_like(logits)][: 1 if scaling is Scaling.TEMPERATURE else 2]
    problem = _Likelihood(np.stack(columns, axis=1), scores.study_of_image, _targets(scores.labels))
    found = _maximise(problem, np.array([1.0, 0.0])[: len(columns)])
    slope, intercept = float(found[0]), float(found[1]) if len(found) > 1 else 0.0
    if slope <= 0:
        raise ValueError("the scores rank abnormal studies below normal ones; nothing was fitted")
    return Calibration(slope, intercept)


def fit_by_region(
    scores: StudyScores, scaling: Scaling, fewest: int = FEWEST_STUDIES
) -> dict[str, RegionScaling]:
    """Fit each region that has `fewest` studies of each class; the others share that of `OVERALL`.

    Raises:
        ValueError: see `fit_scaling`.
    """
    together = RegionScaling(fit_scaling(scores, scaling), own=False, studies=len(scores))
    fitted = {}
    for region in sorted(set(scores.regions)):
        part = studies_in(scores, region_masks(scores.regions)[region])
        if min(part.labels.sum(), (~part.labels).sum()) < fewest:
            fitted[region] = together
        else:
            fitted[region] = RegionScaling(fit_scaling(part, scaling), own=True, studies=len(part))
    fitted[OVERALL] = together
    return fitted


def scaled(scores: StudyScores, fitted: dict[str, RegionScaling]) -> StudyScores:
    """The same studies with probabilities as the node will compute them after calibration.

    A region that is not named takes the fit of `OVERALL`.
    """
    logits = logits_of(scores.image_probabilities)
    images = np.array(
        [
            image_probability(
                float(logit), fitted.get(scores.regions[study], fitted[OVERALL]).calibration
            )
            for logit, study in zip(logits, scores.study_of_image, strict=True)
        ]
    )
    of_study: list[list[float]] = [[] for _ in range(len(scores))]
    for probability, study in zip(images.tolist(), scores.study_of_image, strict=True):
        of_study[study].append(probability)
    means = np.array([study_probability(each) for each in of_study])
    return replace(scores, image_probabilities=images, probabilities=means)


def studies_in(scores: StudyScores, chosen: npt.NDArray[np.bool_]) -> StudyScores:
    """Only the studies where `chosen` is True, with their images."""
    kept = chosen[scores.study_of_image]
    renumbered = np.cumsum(chosen) - 1
    names = [(scores.studies[place], scores.regions[place]) for place in np.flatnonzero(chosen)]
    return StudyScores(
        studies=tuple(study for study, _ in names),
        regions=tuple(region for _, region in names),
        labels=scores.labels[chosen],
        probabilities=scores.probabilities[chosen],
        image_probabilities=scores.image_probabilities[kept],
        study_of_image=renumbered[scores.study_of_image[kept]].astype(np.intp),
        operating_points=scores.operating_points[chosen],
    )


@dataclass(frozen=True, slots=True)
class _Likelihood:
    """Of targets [N] under study means of sigma(design [M, K] @ parameters [K])."""

    design: Floats
    study_of_image: npt.NDArray[np.intp]
    targets: Floats

    def __call__(self, parameters: Floats) -> float:
        means = self._means(self._sigmoid(parameters))
        logs = self.targets * np.log(means) + (1.0 - self.targets) * np.log1p(-means)
        return float(logs.sum())

    def scoring_step(self, parameters: Floats) -> Floats:
        """Fisher information to the power -1, times the score."""
        images = self._sigmoid(parameters)
        means = self._means(images)
        slopes = (images * (1.0 - images))[:, np.newaxis] * self.design
        gradient = np.column_stack([self._means(column) for column in slopes.T])
        weights = 1.0 / (means * (1.0 - means))
        score = gradient.T @ (weights * (self.targets - means))
        information = gradient.T @ (weights[:, np.newaxis] * gradient)
        return np.asarray(np.linalg.lstsq(information, score, rcond=None)[0], dtype=np.float64)

    def _sigmoid(self, parameters: Floats) -> Floats:
        # tanh does not overflow; the logarithms of the means must not become infinite either.
        shares = 0.5 * (1.0 + np.tanh(0.5 * (self.design @ parameters)))
        clipped: Floats = np.clip(shares, 1e-12, 1.0 - 1e-12)
        return clipped

    def _means(self, images: Floats) -> Floats:
        means: Floats = self._sums(images) / self._sums(np.ones(len(images)))
        return means

    def _sums(self, values: Floats) -> Floats:
        sums = np.bincount(self.study_of_image, values, minlength=len(self.targets))
        return sums.astype(np.float64)


def _maximise(likelihood: _Likelihood, start: Floats) -> Floats:
    parameters, reached = start, likelihood(start)
    for _ in range(_MOST_STEPS):
        step = likelihood.scoring_step(parameters)
        for _ in range(_MOST_HALVINGS):
            tried = likelihood(parameters + step)
            if tried >= reached:
                break
            step = step / 2.0
        else:
            break
        parameters, reached = parameters + step, tried
        if float(np.abs(step).max()) < _SMALLEST_STEP * (1.0 + float(np.abs(parameters).max())):
            break
    return parameters


def _targets(labels: npt.NDArray[np.bool_]) -> Floats:
    abnormal, normal = int(labels.sum()), int((~labels).sum())
    return np.where(labels, (abnormal + 1.0) / (abnormal + 2.0), 1.0 / (normal + 2.0))
