"""Inputs on which two forms of a network are compared before the faster one is served."""

from dataclasses import dataclass

import numpy as np
import numpy.typing as npt
from PIL import Image

from triage_agent.domain.region import Region
from triage_agent.infer.bundle import ModelBundle
from triage_agent.infer.preprocess import Preprocessing, preprocess
from triage_agent.infer.scores import image_probability, is_abnormal

# Two forms of one network in full precision differ by rounding; more means another network.
EXACT_TOLERANCE = 1e-4

# A probability is shown with two decimals.
REDUCED_TOLERANCE = 0.01

# A logit that moves by d moves a probability by d / 4 at most, where it is 0.5.
_STEEPEST = 0.25

_IMAGES = 4
_SEED = 20171211
_COARSEST = 4  # pixels across of the first layer of detail

Logits = npt.NDArray[np.float32]


@dataclass(frozen=True, slots=True)
class Reduction:
    """What reduced precision does.

    Attributes:
        largest_change: of a probability in 0..1, wherever between 0 and 1 it lies.
        changes_a_flag: whether one of the inputs comes to lie on the other side of a threshold.
    """

    largest_change: float
    changes_a_flag: bool

    @property
    def is_harmless(self) -> bool:
        """Whether it may be served."""
        return self.largest_change <= REDUCED_TOLERANCE and not self.changes_a_flag

    def __str__(self) -> str:
        flags = ", a flag changes" if self.changes_a_flag else ""
        return f"a probability in doubt moves by up to {self.largest_change:.3f}{flags}"


def reference_inputs(spec: Preprocessing, seed: int = _SEED) -> npt.NDArray[np.float32]:
    """Return float32 [4, 3, S, S], the same for the same arguments on every machine.

    Smooth shapes with finer and fainter detail on them, which is how the spectrum of a radiograph
    falls off; contrast rises from image to image.
    """
    noise = np.random.default_rng(seed)
    images = []
    for number in range(1, _IMAGES + 1):
        image = np.zeros((spec.size, spec.size), dtype=np.float32)
        cells, strength = _COARSEST, 1.0
        while cells <= spec.size:
            layer = noise.standard_normal((cells, cells)).astype(np.float32)
            spread = Image.fromarray(layer).resize((spec.size, spec.size), Image.Resampling.BICUBIC)
            image += strength * np.asarray(spread, dtype=np.float32)
            cells, strength = cells * 2, strength / 2
        contrast = number / _IMAGES
        images.append(preprocess(np.clip(0.5 + 0.3 * contrast * image, 0.0, 1.0), spec))
    return np.stack(images)


def agree_exactly(reference: Logits, other: Logits) -> bool:
    """Whether the probability of an image in doubt would be the same within `EXACT_TOLERANCE`.

    As in `compare_reduction` the logits say so. Rounding grows with what is rounded, so a large one
    may differ by as large a part of it.
    """
    if reference.shape != other.shape or not np.isfinite([reference, other]).all():
        return False
    tolerance = EXACT_TOLERANCE / _STEEPEST
    return np.allclose(other, reference, rtol=tolerance, atol=tolerance)


def compare_reduction(reference: Logits, reduced: Logits, bundle: ModelBundle) -> Reduction:
    """Return what a form in reduced precision does to the probabilities of these inputs.

    Looked at region by region, as calibrated, against the region's operating point. The inputs are
    no radiographs: a network may give all of them a probability near 0, where it hardly moves
    whatever happens to the logit. So what counts is how far the probability of an image in doubt
    would move, were its logit to move as far.
    """
    if reference.shape != reduced.shape or not np.isfinite([reference, reduced]).all():
        return Reduction(largest_change=1.0, changes_a_flag=True)
    largest, flags = 0.0, False
    for region in bundle.regions:
        slope, point = bundle.calibration(region).slope, bundle.operating_point(region)
        moved = float(np.abs(reference - reduced).max()) * abs(slope) * _STEEPEST
        largest = max(largest, min(moved, 1.0))
        for exact, near in zip(reference, reduced, strict=True):
            expected = is_abnormal(_calibrated(exact, bundle, region), point)
            flags = flags or expected != is_abnormal(_calibrated(near, bundle, region), point)
    return Reduction(largest_change=largest, changes_a_flag=flags)


def _calibrated(logit: np.float32, bundle: ModelBundle, region: Region) -> float:
    return image_probability(float(logit), bundle.calibration(region))
