"""Synthetic radiographs of all seven regions, so that demonstrations are triaged sensibly.

They teach nothing about patients: figures on them are never mixed with figures on real images.
"""

from collections.abc import Mapping
from functools import lru_cache, partial

import numpy as np

from dicom_fixtures.anatomy import VIEWS
from dicom_fixtures.radiograph import Radiograph, render
from model_training.cohorts.sample import FloatArray, Mask, Part, Sample
from triage_agent.domain.region import Region

NAME = "synthetic"

# Seeds are subjects: each part draws its subjects from a range of its own. Those that
# demonstrations and tests use (below the first) are in no part.
FIRST_SEED: Mapping[Part, int] = {
    Part.TRAINING: 1_000_000,
    Part.VALIDATION: 2_000_000,
    Part.TEST: 3_000_000,
}

# Shapes as detectors give them; the network sees all of them stretched to its own square.
_SHAPES = ((512, 512), (512, 420), (640, 512), (900, 740), (420, 512))


# More would only make epochs longer: with so many the loss is known to a few percent.
_MOST_VALIDATION_PAIRS = 24


def validation_pairs(training_pairs: int) -> int:
    """How many subjects per region go with so many in training: a quarter, but at most 24."""
    return min(-(-training_pairs // 4), _MOST_VALIDATION_PAIRS)


def synthetic(part: Part, pairs_per_region: int) -> list[Sample]:
    """One normal and one abnormal image of each of `pairs_per_region` subjects, for each region.

    Views and shapes vary. Every sample is `plain`, and abnormal ones have a mask.
    """
    first = FIRST_SEED[part]
    return [
        Sample(
            name=f"{region}-{first + index}-{'abnormal' if abnormal else 'normal'}",
            cohort=NAME,
            abnormal=abnormal,
            drawn=True,
            plain=True,
            read=partial(_draw, first + index, region, abnormal=abnormal),
            region=region.value,
            mask=partial(_mark, first + index, region) if abnormal else None,
        )
        for region in Region
        for index in range(pairs_per_region)
        for abnormal in (False, True)
    ]


def _draw(seed: int, region: Region, *, abnormal: bool) -> FloatArray:
    return np.asarray(_drawn(seed, region, abnormal=abnormal).image, dtype=np.float32)


def _mark(seed: int, region: Region) -> Mask:
    return _drawn(seed, region, abnormal=True).mask


# An image and its mask are asked for one after the other.
@lru_cache(maxsize=1)
def _drawn(seed: int, region: Region, *, abnormal: bool) -> Radiograph:
    # The two images of a pair differ in view, so that the network cannot subtract one from another.
    view = VIEWS[(seed + abnormal) % len(VIEWS)]
    rows, columns = _SHAPES[(seed // len(VIEWS) + abnormal) % len(_SHAPES)]
    return render(seed, region, view, abnormal=abnormal, rows=rows, columns=columns)
