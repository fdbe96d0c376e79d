"""Who stands before the detector: age, build, and what is worn."""

from dataclasses import dataclass
from enum import Enum

import numpy as np

from triage_agent.domain.region import Region

ADULT_YEARS = 16
"""From this age on growth plates are closed and sizes are an adult's."""
CHILDREN = 0.15
CASTS = 0.095
"""Share among the regions that are put into casts; 8 % of all seven."""
RINGS = 0.08
"""Share among the regions where a ring or a bangle can be worn; 3 % of all seven."""
_CASTS_ON = frozenset(
    {Region.ELBOW, Region.FINGER, Region.FOREARM, Region.HAND, Region.HUMERUS, Region.WRIST}
)
_RINGS_ON = frozenset({Region.FINGER, Region.HAND, Region.WRIST})


class Cast(Enum):
    """What immobilises the limb."""

    PLASTER = "plaster"
    FIBREGLASS = "fibreglass"
    SLAB = "plaster slab on one side"


@dataclass(frozen=True)
class Subject:
    """One person. None of it depends on whether the study is abnormal.

    Attributes:
        age_years: 3 to 15 for a child, 18 to 88 for an adult.
        scale: Length of the bones relative to the average adult.
        slender: Factor on the width of the bones.
        flesh: Factor on the thickness of the soft tissue.
        fat: Share of the half thickness that is fat under the skin.
        cortex: Factor on the thickness of the cortex.
        cast: What the limb is in, None for most.
        jewel: Whether a ring or a bangle is worn.
    """

    age_years: int
    scale: float
    slender: float
    flesh: float
    fat: float
    cortex: float
    cast: Cast | None
    jewel: bool

    @classmethod
    def drawn(cls, region: Region, rng: np.random.Generator) -> "Subject":
        """A person from a stream; always the same number of draws."""
        child, years, size, slender, flesh, fat, bone, cast, jewel = rng.uniform(size=9)
        material = tuple(Cast)[int(rng.integers(len(Cast)))]
        young = child < CHILDREN
        age = int(3 + years * 13) if young else int(18 + years * 71)
        grown = 0.50 + 0.031 * age if young else 1.0
        loss = max(0.0, (age - 50) / 40.0)
        return cls(
            age_years=age,
            scale=float(grown * (0.93 + 0.14 * size)),
            slender=float((0.92 if young else 1.0) * (0.92 + 0.16 * slender)),
            flesh=float((0.86 if young else 0.84) + (0.22 if young else 0.46) * flesh),
            fat=float(0.05 + 0.20 * fat * flesh),
            cortex=float((1.15 - 0.30 * bone) * (1.0 - 0.40 * loss * (0.5 + 0.5 * bone))),
            cast=material if region in _CASTS_ON and cast < CASTS else None,
            jewel=bool(region in _RINGS_ON and not young and jewel < RINGS),
        )

    @property
    def child(self) -> bool:
        """Whether the bones still grow."""
        return self.age_years < ADULT_YEARS
