"""What a synthetic study is to show and how its header is to say it."""

from collections.abc import Iterator
from dataclasses import dataclass
from enum import Enum
from typing import Final, Literal

import numpy as np

from dicom_fixtures.anatomy import VIEWS
from dicom_fixtures.headers import Modality
from dicom_fixtures.radiograph import DEFAULT_SIZE, Radiograph, render
from dicom_fixtures.stored import BITS_STORED, Photometric, Voi
from triage_agent.domain.region import Region


class _BodyPart(Enum):
    FROM_REGION = "from region"


FROM_REGION: Final = _BodyPart.FROM_REGION
"""BodyPartExamined says the region's own defined term (PS3.16 Annex L)."""
BodyPart = str | None | Literal[_BodyPart.FROM_REGION]

MAX_VIEWS = 20
TRAINING_SEEDS = 1_000_000
"""Subjects from here on are used up by training: no mixed study shows one of them."""
SEED_STRIDE = 9973
"""Keeps the subjects of neighbouring seeds apart."""


@dataclass(frozen=True, kw_only=True)
class StudyPlan:
    """All that a synthetic study follows from.

    Attributes:
        seed: Not negative; the subject, the patient and the vendor.
        region: What is imaged.
        abnormal: Whether the subject has an abnormality; every view then shows it.
        views: Number of images, 1 to 20: PA, lateral, oblique, then the same once more.
        rows: Image height.
        columns: Image width.
        modality: `DX` (for presentation) or `CR`.
        photometric: MONOCHROME1 stores the same picture inverted.
        bits_stored: 8 to 16; 8 is stored in bytes, all others in 16 bits.
        voi: How the values of interest are given; None leaves it to the vendor.
        stat: Whether the header carries RequestedProcedurePriority STAT.
        body_part: What BodyPartExamined says: the region's term, any other text, or None for
            absent (CR: empty).
        region_hints: Whether codes and descriptions name the region. Without them, and with
            `body_part=None`, nothing in the header tells what is shown.
        declare_images: Whether NumberOfStudyRelatedInstances is sent.
    """

    seed: int
    region: Region = Region.WRIST
    abnormal: bool = False
    views: int = 3
    rows: int = DEFAULT_SIZE
    columns: int = DEFAULT_SIZE
    modality: Modality = "DX"
    photometric: Photometric = "MONOCHROME2"
    bits_stored: int = 12
    voi: Voi | None = None
    stat: bool = False
    body_part: BodyPart = FROM_REGION
    region_hints: bool = True
    declare_images: bool = False

    def __post_init__(self) -> None:
        """Refuse what cannot be built."""
        if self.seed < 0:
            raise ValueError("seed must not be negative")
        if not 1 <= self.views <= MAX_VIEWS:
            raise ValueError(f"views must be 1 to {MAX_VIEWS}")
        if self.bits_stored not in BITS_STORED:
            raise ValueError("bits_stored must be 8 to 16")
        if self.modality not in {"DX", "CR"}:
            raise ValueError("modality must be DX or CR")
        if self.photometric not in {"MONOCHROME1", "MONOCHROME2"}:
            raise ValueError("photometric must be MONOCHROME1 or MONOCHROME2")

    def radiographs(self) -> Iterator[Radiograph]:
        """Render the images, in order."""
        for index in range(self.views):
            yield render(
                self.seed,
                self.region,
                VIEWS[index % len(VIEWS)],
                abnormal=self.abnormal,
                rows=self.rows,
                columns=self.columns,
                repeat=index // len(VIEWS),
            )


def mixed_plans(
    count: int, *, abnormal_share: float, seed: int, stat_share: float = 0.05
) -> tuple[StudyPlan, ...]:
    """Plans of a working day: regions, modalities and grey scales mixed, an exact abnormal share.

    Raises:
        ValueError: `count` is negative or a share is not 0..1.
    """
    if count < 0:
        raise ValueError("count must not be negative")
    if not (0.0 <= abnormal_share <= 1.0 and 0.0 <= stat_share <= 1.0):
        raise ValueError("a share must be 0 to 1")
    rng = np.random.default_rng((seed, 23))
    abnormal = set(rng.permutation(count)[: round(count * abnormal_share)].tolist())
    stat = set(rng.permutation(count)[: round(count * stat_share)].tolist())
    regions = tuple(Region)
    photometrics: tuple[Photometric, ...] = ("MONOCHROME2", "MONOCHROME2", "MONOCHROME1")
    modalities: tuple[Modality, ...] = ("DX", "DX", "CR")
    return tuple(
        StudyPlan(
            seed=(seed * SEED_STRIDE + index) % TRAINING_SEEDS,
            region=regions[int(rng.integers(len(regions)))],
            abnormal=index in abnormal,
            views=int(rng.integers(1, 4)),
            modality=modalities[int(rng.integers(len(modalities)))],
            photometric=photometrics[int(rng.integers(len(photometrics)))],
            bits_stored=int(rng.choice((10, 12, 14, 16))),
            stat=index in stat,
        )
        for index in range(count)
    )
