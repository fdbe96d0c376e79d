"""The options by which commands that judge models take one part of one cohort."""

from collections.abc import Callable, Collection
from dataclasses import dataclass
from functools import wraps
from pathlib import Path
from typing import Any

import click

from model_training.cohorts import fracatlas, mura, synthetic, synthetic_studies
from model_training.cohorts.kinds import COHORTS
from model_training.cohorts.sample import Part, Sample
from model_training.evaluation.command_options import file, folder

# The parts that MURA-v1.1 is published in; its `valid` is the test part of a training.
_LISTS = ("train", "valid")
_ALL = "all"
PARTS = (*(part.value for part in Part), *_LISTS, _ALL)

_HELP = {
    "mura": "A folder in the form of MURA-v1.1.",
    "lera": "A folder in the form of LERA.",
    "csv": "A table: path, study, patient, region, label and perhaps part.",
    "fixtures": "A folder that `dicom_fixtures make` wrote as DICOM or PNG.",
    "fracatlas": "A FracAtlas folder with manifest.csv and near_duplicates.json.",
}

_SYNTHETIC = "synthetic"


@dataclass(frozen=True, slots=True)
class CohortPart:
    """What a model is to judge.

    Attributes:
        name: as tables and cards name it.
        samples: in order; never empty.
        unit: what is judged: "studies", or "images" where the cohort knows no studies.
        part: of the cohort, one of `PARTS`.
        form: the kind of cohort, such as "mura".
    """

    name: str
    samples: list[Sample]
    unit: str
    part: str
    form: str


@dataclass(frozen=True, slots=True)
class CohortChoice:
    """The options as they were given; `read` looks at the disk.

    Attributes:
        places: folder or file by the kind of cohort.
        studies: synthetic ones to draw; 0: none.
        subjects: synthetic subjects for each region, an image normal and one abnormal; 0: none.
        part: one of `PARTS`.
        plain: only images that are free of the cohort's known shortcuts.
        split_seed: None leaves it to the model.
    """

    places: dict[str, Path]
    studies: int = 0
    subjects: int = 0
    part: str = Part.TEST.value
    plain: bool = False
    split_seed: int | None = None

    def __post_init__(self) -> None:
        given = len(self.places) + bool(self.studies) + bool(self.subjects)
        if given != 1:
            kinds = ", ".join(f"--{kind}" for kind in COHORTS)
            raise click.UsageError(f"Give one of {kinds}, --synthetic and --synthetic-images.")

    def read(self, split_seeds: Collection[int] = (1,)) -> CohortPart:
        """Find the samples; no image is opened.

        Args:
            split_seeds: of the trainings that are judged, for where none was given.

        Raises:
            ValueError: the cohort is not of its form, has no such image, or is to be divided by
                more than one seed.
            OSError: a list cannot be read.
        """
        seeds = split_seeds if self.split_seed is None else (self.split_seed,)
        form, samples = self._found(seeds)
        if self.plain:
            samples = [sample for sample in samples if sample.plain]
        if not samples:
            raise ValueError(f"there is no image in the part {self.part} of this cohort")
        return CohortPart(
            self._name(form, samples[0].cohort),
            samples,
            "studies" if any(sample.study for sample in samples) else "images",
            self.part,
            form,
        )

    def _name(self, form: str, cohort: str) -> str:
        if form == _SYNTHETIC:
            return cohort if self.studies else f"{cohort} images of the test part"
        # MURA's test part is what it calls `valid`.
        part = "valid" if form == "mura" and self.part == Part.TEST.value else self.part
        free = fracatlas.PLAIN if form == "fracatlas" else "free of known shortcuts"
        return f"{cohort} {part}: {free}" if self.plain else f"{cohort} {part}"

    def _found(self, seeds: Collection[int]) -> tuple[str, list[Sample]]:
        if self.studies:
            return _SYNTHETIC, synthetic_studies.synthetic_studies(
                self.studies, synthetic_studies.FRESH
            )
        if self.subjects:
            return _SYNTHETIC, synthetic.synthetic(Part.TEST, self.subjects)
        ((form, place),) = self.places.items()
        if self.part in _LISTS:
            if form != "mura":
                raise ValueError(f"the part {self.part} is one of MURA's lists; give --mura")
            return form, mura.mura_part(place, self.part)
        if len(seeds) > 1:
            raise ValueError(
                "these models divided their images by different seeds: judge them one by one, or "
                "on what no seed divides"
            )
        divided = COHORTS[form](place, min(seeds))
        if self.part == _ALL:
            return form, [sample for part in divided.values() for sample in part]
        return form, divided[Part(self.part)]


def cohort_options(command: Callable[..., None]) -> Callable[..., None]:
    """Add the options to a command, which gets them as one `CohortChoice` named `cohort`."""

    @wraps(command)
    def chosen(**given: Any) -> None:  # noqa: ANN401 (click passes whatever the options are)
        places = {kind: given.pop(f"{kind}_place") for kind in COHORTS}
        cohort = CohortChoice(
            {kind: place for kind, place in places.items() if place is not None},
            given.pop("synthetic_studies"),
            given.pop("synthetic_images"),
            given.pop("part"),
            given.pop("plain"),
            given.pop("split_seed"),
        )
        command(cohort=cohort, **given)

    decorated: Callable[..., None] = chosen
    for option in reversed(_options()):
        decorated = option(decorated)
    return decorated


def _options() -> list[Callable[..., Any]]:
    kinds = [
        click.option(
            f"--{kind}", f"{kind}_place", type=file if kind == "csv" else folder, help=_HELP[kind]
        )
        for kind in COHORTS
    ]
    return [
        *kinds,
        click.option(
            "--synthetic",
            "synthetic_studies",
            type=click.IntRange(0),
            default=0,
            help="So many synthetic studies of one to four views that no training saw.",
        ),
        click.option(
            "--synthetic-images",
            type=click.IntRange(0),
            default=0,
            help="Single synthetic images of so many subjects for each region.",
        ),
        click.option(
            "--part",
            type=click.Choice(PARTS),
            default=Part.TEST.value,
            show_default=True,
            help="Of the cohort; `train` and `valid` are MURA's lists, and its test part is valid.",
        ),
        click.option("--plain", is_flag=True, help="Only images free of known shortcuts."),
        click.option(
            "--split-seed",
            type=int,
            help="What divides the cohort; by default that of the training, or else 1.",
        ),
    ]
