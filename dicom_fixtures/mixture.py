"""The studies of a working day: what regions, systems and habits an archive holds side by side."""

from collections.abc import Collection, Mapping, Sequence
from typing import TypeVar

import numpy as np
from pydicom.uid import UID

from dicom_fixtures import spellings
from dicom_fixtures.encode import COMPRESSED_LOSSY, LOSSLESS
from dicom_fixtures.habits import CR_ONLY, Habit, check_habits, voi_beside
from dicom_fixtures.headers import Modality
from dicom_fixtures.plan import TRAINING_SEEDS, StudyPlan
from dicom_fixtures.stored import Photometric, Voi
from triage_agent.domain.region import Region

Value = TypeVar("Value")

SEED_STRIDE = 9973
"""Keeps the subjects of neighbouring seeds apart."""
MOST_VIEWS = 4

HABIT_SHARES: Mapping[Habit, float] = {
    Habit.SIGNED: 0.25,
    Habit.RESCALE: 0.25,
    Habit.MODALITY_LUT: 0.15,
    Habit.PADDING: 0.12,
    Habit.PADDING_RANGE: 0.06,
    Habit.EXTREMES: 0.30,
    Habit.ICON: 0.08,
    Habit.OVERLAY: 0.08,
    Habit.EMBEDDED_OVERLAY: 0.02,
    Habit.PRIVATE: 0.60,
    Habit.PRIVATE_SEQUENCES: 0.30,
    Habit.ORPHANS: 0.05,
    Habit.UNDEFINED_LENGTHS: 0.35,
    Habit.TRAILING_PADDING: 0.05,
    Habit.SPARSE: 0.12,
    Habit.EMPTY: 0.12,
    Habit.UNIDENTIFIED: 0.03,
    Habit.PRECISE_TIMES: 0.40,
    Habit.OLD_CODES: 0.30,
    Habit.LOWER_CASE_PART: 0.03,
    Habit.BURNED_IN: 0.03,
}
"""How often each is drawn; those of CR alone are shares of the CR studies."""

VOI_SHARES: Mapping[Voi | None, float] = {
    None: 0.52,
    Voi.WINDOW: 0.14,
    Voi.WINDOWS: 0.12,
    Voi.EXACT: 0.06,
    Voi.SIGMOID: 0.04,
    Voi.LUT: 0.06,
    Voi.LUTS: 0.03,
    Voi.BOTH: 0.03,
}
"""None leaves it to the vendor."""

PART_SPELLED, PART_UNSAID = 0.15, 0.15
"""Shares of the studies whose BodyPartExamined has another word, or names no region."""

BITS_SHARES: Mapping[int, float] = {8: 0.04, 10: 0.2, 12: 0.36, 14: 0.25, 15: 0.05, 16: 0.1}


def mixed_plans(
    count: int,
    *,
    abnormal_share: float,
    seed: int,
    stat_share: float = 0.05,
    views: int | None = None,
    regions: Sequence[Region] = tuple(Region),
    leave_out: Collection[Habit] = (),
) -> tuple[StudyPlan, ...]:
    """Plans with an exact abnormal share; everything else is drawn from the seed.

    Args:
        count: How many; not negative.
        abnormal_share: 0..1 of the studies, rounded to whole studies.
        seed: Not negative.
        stat_share: 0..1 of the studies, likewise.
        views: Images of every study; 1 to 4 are drawn if not given.
        regions: Those that are drawn from, each as often as any other.
        leave_out: Habits that no study is to have; nothing else changes.

    Raises:
        ValueError: An argument is out of its range.
    """
    if count < 0:
        raise ValueError("count must not be negative")
    if not (0.0 <= abnormal_share <= 1.0 and 0.0 <= stat_share <= 1.0):
        raise ValueError("a share must be 0 to 1")
    if not regions:
        raise ValueError("regions must name at least one")
    rng = np.random.default_rng((seed, 23))
    abnormal = set(rng.permutation(count)[: round(count * abnormal_share)].tolist())
    stat = set(rng.permutation(count)[: round(count * stat_share)].tolist())
    photometrics: tuple[Photometric, ...] = ("MONOCHROME2", "MONOCHROME2", "MONOCHROME1")
    modalities: tuple[Modality, ...] = ("DX", "DX", "CR")
    plans = []
    for index in range(count):
        region = regions[int(rng.integers(len(regions)))]
        drawn_views = int(rng.integers(1, MOST_VIEWS + 1))
        modality = modalities[int(rng.integers(len(modalities)))]
        photometric = photometrics[int(rng.integers(len(photometrics)))]
        bits = int(_drawn(BITS_SHARES, rng))
        habits = _habits(modality, bits, rng)
        voi = _drawn(VOI_SHARES, rng)
        habits = tuple(habit for habit in habits if habit not in leave_out)
        plans.append(
            StudyPlan(
                seed=(seed * SEED_STRIDE + index) % TRAINING_SEEDS,
                region=region,
                abnormal=index in abnormal,
                views=views or drawn_views,
                modality=modality,
                photometric=photometric,
                bits_stored=bits,
                voi=voi and voi_beside(habits, voi),
                stat=index in stat,
                habits=habits,
                part_written=_part_written(region, rng),
            )
        )
    return tuple(plans)


def mixed_syntax(seed: int, number: int) -> UID:
    """The transfer syntax of one study of a mixed day; every encoder is part of the package."""
    syntaxes = LOSSLESS + COMPRESSED_LOSSY
    return syntaxes[int(np.random.default_rng((seed, number, 37)).integers(len(syntaxes)))]


def _drawn(shares: Mapping[Value, float], rng: np.random.Generator) -> Value:
    values, weights = tuple(shares), np.asarray(tuple(shares.values()))
    return values[int(rng.choice(len(values), p=weights / weights.sum()))]


def _habits(modality: Modality, bits: int, rng: np.random.Generator) -> tuple[Habit, ...]:
    """Draw each habit by itself, and drop what cannot go with those before it."""
    kept: tuple[Habit, ...] = ()
    for habit, share in HABIT_SHARES.items():
        chosen = float(rng.random()) < share
        if not chosen or (modality == "DX" and habit in CR_ONLY):
            continue
        try:
            check_habits((*kept, habit), modality=modality, bits_stored=bits, voi=None)
        except ValueError:
            continue
        kept = (*kept, habit)
    return kept


def _part_written(region: Region, rng: np.random.Generator) -> str | None:
    at, which = float(rng.random()), float(rng.random())
    words: tuple[str, ...] = ()
    if at < PART_SPELLED:
        words = spellings.OF_REGION[region]
    elif at < PART_SPELLED + PART_UNSAID:
        words = spellings.OF_NO_REGION
    return words[int(which * len(words))] if words else None
