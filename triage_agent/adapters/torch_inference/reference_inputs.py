"""Inputs on which two forms of a network are compared before the faster one is served."""

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

_IMAGES = 4
_SEED = 20171211
_COARSEST = 4  # pixels across of the first layer of detail

Logits = npt.NDArray[np.float32]


def reference_inputs(spec: Preprocessing) -> npt.NDArray[np.float32]:
    """Return float32 [4, 3, S, S], the same for the same `spec` on every machine.

    Smooth shapes with finer and fainter detail on them, which is how the spectrum of a radiograph
    falls off; contrast rises from image to image.
    """
    noise = np.random.default_rng(_SEED)
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
    """Whether every probability is the same within `EXACT_TOLERANCE`."""
    return _largest_difference(reference, other) <= EXACT_TOLERANCE


def reduction_is_harmless(reference: Logits, reduced: Logits, bundle: ModelBundle) -> bool:
    """Whether every probability is within `REDUCED_TOLERANCE` and no study changes sides.

    Looked at region by region, as calibrated, against the region's operating point.
    """
    if not np.isfinite(reduced).all():
        return False
    for region in bundle.regions:
        for exact, near in zip(reference, reduced, strict=True):
            expected = _calibrated(exact, bundle, region)
            found = _calibrated(near, bundle, region)
            point = bundle.operating_point(region)
            if abs(found - expected) > REDUCED_TOLERANCE or (
                is_abnormal(found, point) != is_abnormal(expected, point)
            ):
                return False
    return True


def _calibrated(logit: np.float32, bundle: ModelBundle, region: Region) -> float:
    return image_probability(float(logit), bundle.calibration(region))


def _largest_difference(reference: Logits, other: Logits) -> float:
    if reference.shape != other.shape or not np.isfinite([reference, other]).all():
        return float("inf")
    pairs = zip(reference, other, strict=True)
    return max(abs(image_probability(float(a)) - image_probability(float(b))) for a, b in pairs)
