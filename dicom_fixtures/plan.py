"""What a synthetic study is to show and how its header is to say it."""

from collections.abc import Iterator
from dataclasses import dataclass, replace
from enum import Enum
from typing import Final, Literal

from pydicom.uid import UID

from dicom_fixtures.anatomy import VIEWS
from dicom_fixtures.encode import MOST_BITS, NATIVE
from dicom_fixtures.habits import Habit, check_habits
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

# Younger than the UIDs of plain studies, which are to stay.
_SILENT = {"habits": (), "part_written": None, "visit": 0}


@dataclass(frozen=True, kw_only=True)
class StudyPlan:
    """All that a synthetic study follows from.

    Attributes:
        seed: Not negative; the subject, the patient and the vendor.
        region: What is imaged.
        abnormal: Whether the subject has an abnormality; most views then show it.
        views: Number of images, 1 to 20: PA, lateral, two obliques, then the same once more.
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
        habits: What the header has beyond the plainest.
        part_written: What BodyPartExamined says instead of the region's own term, without leaving
            the region out of codes and descriptions; None for the term.
        visit: 0, or a number of times that the subject was imaged before: other exposures.
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
    habits: tuple[Habit, ...] = ()
    part_written: str | None = None
    visit: int = 0

    def __post_init__(self) -> None:
        """Refuse what cannot be built."""
        if min(self.seed, self.visit) < 0:
            raise ValueError("seed and visit must not be negative")
        if not 1 <= self.views <= MAX_VIEWS:
            raise ValueError(f"views must be 1 to {MAX_VIEWS}")
        if self.bits_stored not in BITS_STORED:
            raise ValueError("bits_stored must be 8 to 16")
        if self.modality not in {"DX", "CR"}:
            raise ValueError("modality must be DX or CR")
        if self.photometric not in {"MONOCHROME1", "MONOCHROME2"}:
            raise ValueError("photometric must be MONOCHROME1 or MONOCHROME2")
        check_habits(
            self.habits, modality=self.modality, bits_stored=self.bits_stored, voi=self.voi
        )

    @property
    def key(self) -> str:
        """All that the study follows from, in one line: UIDs are made of it."""
        named = {
            name: value
            for name, value in vars(self).items()
            if name not in _SILENT or value != _SILENT[name]
        }
        return "|".join(f"{name}={value!r}" for name, value in sorted(named.items()))

    def fitting(self, transfer_syntax: str) -> "StudyPlan":
        """This plan, with the bits and without the habits that the syntax has no room for."""
        syntax = UID(transfer_syntax)
        unfit = set() if syntax in NATIVE else {Habit.EMBEDDED_OVERLAY}
        if syntax in MOST_BITS:
            unfit.add(Habit.SIGNED)
        return replace(
            self,
            bits_stored=min(self.bits_stored, MOST_BITS.get(syntax, self.bits_stored)),
            habits=tuple(habit for habit in self.habits if habit not in unfit),
        )

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
                repeat=self.visit * MAX_VIEWS + index // len(VIEWS),
                study_views=self.views,
            )
