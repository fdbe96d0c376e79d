"""Measuring localisation on images whose truth is known to the pixel."""

from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path

from model_training.cohorts.fracatlas import fracatlas
from model_training.cohorts.sample import FloatArray, Part, Sample
from model_training.cohorts.synthetic import synthetic
from model_training.evaluation.evidence import Pointed
from model_training.evaluation.figures import OVERALL
from model_training.evaluation.localisation import (
    CUT,
    TOLERANCE,
    Localised,
    Mask,
    localise,
    summarise,
)
from model_training.evaluation.predictions import UNKNOWN_REGION
from model_training.evaluation.tables import Table
from model_training.evaluation.trained import TrainedModel
from triage_agent.infer.scores import image_probability


@dataclass(frozen=True, slots=True)
class Marked:
    """An abnormal image and where its abnormality is.

    Attributes:
        region: what is shown.
        image: float32 [rows, columns] in 0..1.
        mask: bool [rows, columns]; not empty.
    """

    region: str
    image: FloatArray
    mask: Mask


@dataclass(frozen=True, slots=True)
class Judged:
    """What a model's map made of one marked image.

    Attributes:
        region: what is shown.
        probability: of the image, not calibrated.
        localised: how map and mask fit.
    """

    region: str
    probability: float
    localised: Localised


def marked_images(samples: Iterable[Sample]) -> Iterator[Marked]:
    """Abnormal images whose abnormality is outlined and can be seen, read one by one."""
    for sample in samples:
        if sample.abnormal and sample.mask is not None:
            mask = sample.mask()
            if mask.any():
                yield Marked(sample.region or UNKNOWN_REGION, sample.read(), mask)


def marked_cohorts(
    fracatlas_folder: Path | None, split_seed: int, subjects_per_region: int
) -> dict[str, list[Sample]]:
    """Test parts of cohorts that come with masks, by the name of their cohort; none is opened.

    Args:
        fracatlas_folder: FracAtlas with its masks; None: without.
        split_seed: that divides FracAtlas.
        subjects_per_region: synthetic ones; 0: none.

    Raises:
        ValueError: the folder holds no usable image, or its masks are damaged.
        OSError: a file of it cannot be read.
    """
    cohorts = {}
    if subjects_per_region:
        cohorts["synthetic images of the test part"] = synthetic(Part.TEST, subjects_per_region)
    if fracatlas_folder is not None:
        cohorts["FracAtlas test"] = fracatlas(fracatlas_folder, split_seed)[Part.TEST]
    return cohorts


def judge_maps(
    model: TrainedModel,
    marked: Iterable[Marked],
    *,
    tolerance: float = TOLERANCE,
    cut: float = CUT,
    on_image: Callable[[], None] = lambda: None,
) -> list[Judged]:
    """Compare the model's class activation map with the mask of every image.

    Args:
        model: whose maps.
        marked: the images.
        tolerance: of the pointing game, as a share of the longer side.
        cut: share of the peak from which the map counts as hot.
        on_image: called after each image.
    """
    waiting: list[tuple[str, Mask]] = []

    def images() -> Iterator[FloatArray]:
        for each in marked:
            waiting.append((each.region, each.mask))
            yield each.image

    judged = []
    for logit, cam in model.judge(images()):
        region, mask = waiting.pop(0)
        found = localise(cam, mask, tolerance, cut)
        judged.append(Judged(region, image_probability(logit), found))
        on_image()
    return judged


def pointed_of(cohort: str, judged: Sequence[Judged]) -> Pointed:
    """All figures of one cohort, as they are kept for the model card.

    Raises:
        ValueError: there is no image.
    """
    return Pointed(cohort, len(judged), summarise([each.localised for each in judged]))


def localisation_table(cohort: str, judged: Iterable[Judged]) -> Table:
    """Hit rate, IoU and the share found, by region and overall.

    Raises:
        ValueError: there is no image.
    """
    groups: dict[str, list[Localised]] = {}
    for each in judged:
        groups.setdefault(each.region, []).append(each.localised)
    everything = [found for group in groups.values() for found in group]
    summaries = {
        name: (len(found), summarise(found))
        for name, found in (*sorted(groups.items()), (OVERALL, everything))
    }
    names = list(summaries[OVERALL][1])
    return Table(
        f"Localisation of abnormalities: {cohort}",
        ("Region", "Images", *names),
        tuple(
            (group.capitalize(), count, *(found[name] for name in names))
            for group, (count, found) in summaries.items()
        ),
        "All abnormal images, whether the model flags them or not. Shares with Wilson's interval.",
    )
