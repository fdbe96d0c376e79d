"""Measuring localisation on images whose truth is known to the pixel."""

from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import dataclass

from dicom_fixtures.radiograph import render
from model_training.cohorts.sample import FloatArray, Part, Sample
from model_training.cohorts.synthetic import FIRST_SEED, VIEWS
from model_training.evaluation.figures import OVERALL
from model_training.evaluation.fracture_masks import FractureOutline
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
from triage_agent.domain.region import Region
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


def marked_fixtures(subjects_per_region: int) -> Iterator[Marked]:
    """Draw abnormal synthetic images of the test part, in all views by turns.

    Views in which the abnormality cannot be seen are left out.
    """
    for region in Region:
        for index in range(subjects_per_region):
            seed = FIRST_SEED[Part.TEST] + index
            drawn = render(seed, region, VIEWS[index % len(VIEWS)], abnormal=True)
            if drawn.mask.any():
                yield Marked(str(region), drawn.image, drawn.mask)


def marked_fractures(
    samples: Iterable[Sample], outlines: Mapping[str, FractureOutline]
) -> Iterator[Marked]:
    """Fractured FracAtlas images that have an outline, at their own size."""
    for sample in samples:
        if sample.abnormal and sample.name in outlines:
            image = sample.read()
            mask = outlines[sample.name].mask(*image.shape)
            if mask.any():
                yield Marked(sample.region or UNKNOWN_REGION, image, mask)


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
