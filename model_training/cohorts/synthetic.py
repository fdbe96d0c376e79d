"""Synthetic radiographs of all seven regions, so that demonstrations are triaged sensibly.

They teach nothing about patients: figures on them are never mixed with figures on real images.
"""

from collections.abc import Mapping
from functools import cache, lru_cache, partial
from itertools import count, islice

import numpy as np

from dicom_fixtures.anatomy import VIEWS
from dicom_fixtures.pathology import Kind
from dicom_fixtures.radiograph import Radiograph, disorders_of, render
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

# Subjects of training that are looked for or that are more of one region.
_FIRST_SLIPPED, _FIRST_HAND = 1_500_000, 1_700_000

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
        sample
        for region in Region
        for index in range(pairs_per_region)
        for sample in _pair(first + index, region)
    ]


def hands(pairs: int) -> list[Sample]:
    """So many more pairs of hands for training: 19 bones that each may have something."""
    return [sample for index in range(pairs) for sample in _pair(_FIRST_HAND + index, Region.HAND)]


def slipped(pairs_per_region: int) -> list[Sample]:
    """Pairs for training whose abnormal image shows a subluxed joint and nothing else.

    Of 100 abnormal subjects three are so: too few for a network to learn what it looks like.
    """
    return [
        sample
        for region in Region
        for seed in _slipped_seeds(region, pairs_per_region)
        for sample in _pair(seed, region)
    ]


@cache
def _slipped_seeds(region: Region, number: int) -> tuple[int, ...]:
    def alone(seed: int) -> bool:
        return {each.kind for each in disorders_of(seed, region)} == {Kind.SUBLUXATION}

    return tuple(islice(filter(alone, count(_FIRST_SLIPPED)), number))


def _pair(seed: int, region: Region) -> list[Sample]:
    return [
        Sample(
            name=f"{region}-{seed}-{'abnormal' if abnormal else 'normal'}",
            cohort=NAME,
            abnormal=abnormal,
            drawn=True,
            plain=True,
            read=partial(_draw, seed, region, abnormal=abnormal),
            region=region.value,
            mask=partial(_mark, seed, region) if abnormal else None,
        )
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
