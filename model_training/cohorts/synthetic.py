"""Synthetic radiographs of all seven regions, so that demonstrations are triaged sensibly.

They teach nothing about patients: figures on them are never mixed with figures on real images.
"""

from collections.abc import Mapping
from functools import partial

import numpy as np

from dicom_fixtures.radiograph import render
from model_training.cohorts.sample import FloatArray, Part, Sample
from triage_agent.domain.region import Region

NAME = "synthetic"

VIEWS = ("PA", "LATERAL", "OBLIQUE")

# Seeds are subjects: each part draws its subjects from a range of its own. Those that
# demonstrations and tests use (below the first) are in no part.
FIRST_SEED: Mapping[Part, int] = {
    Part.TRAINING: 1_000_000,
    Part.VALIDATION: 2_000_000,
    Part.TEST: 3_000_000,
}

# Shapes as detectors give them; the network sees all of them stretched to its own square.
_SHAPES = ((512, 512), (512, 420), (640, 512), (900, 740), (420, 512))


def validation_pairs(training_pairs: int) -> int:
    """How many subjects per region go with so many in training: a quarter, rounded up."""
    return -(-training_pairs // 4)


def synthetic(part: Part, pairs_per_region: int) -> list[Sample]:
    """One normal and one abnormal image of each of `pairs_per_region` subjects, for each region.

    Views and shapes vary. Every sample is `plain`.
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
        )
        for region in Region
        for index in range(pairs_per_region)
        for abnormal in (False, True)
    ]


def _draw(seed: int, region: Region, *, abnormal: bool) -> FloatArray:
    # The two images of a pair differ in view, so that the network cannot subtract one from another.
    view = VIEWS[(seed + abnormal) % len(VIEWS)]
    rows, columns = _SHAPES[(seed // len(VIEWS) + abnormal) % len(_SHAPES)]
    drawn = render(seed, region, view, abnormal=abnormal, rows=rows, columns=columns)
    return np.asarray(drawn.image, dtype=np.float32)
