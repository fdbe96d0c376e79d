"""From members' predictions of the same images: which answers for a region, and what all say."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from enum import StrEnum

import numpy as np
import numpy.typing as npt

from model_training.evaluation.agreement import cohen_kappa
from model_training.evaluation.auc import auc
from model_training.evaluation.predictions import Prediction, StudyScores, by_study
from model_training.evaluation.scaling import FEWEST_STUDIES
from triage_agent.domain.region import Region

Predictions = Sequence[Prediction]
Chosen = npt.NDArray[np.bool_]


class Figure(StrEnum):
    """By which figure the best member is chosen."""

    KAPPA = "kappa"
    AUC = "auc"


@dataclass(frozen=True, slots=True)
class RegionChoice:
    """Which member answers for a region, and why.

    Attributes:
        member: its place among the members, from 0.
        values: the figure of each member, of those that may answer; None for others, and where the
            figure is not defined.
        studies: how many it was measured on.
        own: False where the region had too few studies of a class, so that all regions counted.
    """

    member: int
    values: tuple[float | None, ...] = ()
    studies: int = 0
    own: bool = False


def best_by_region(
    predictions: Sequence[Predictions],
    scopes: Sequence[Sequence[Region]],
    figure: Figure,
    fewest: int = FEWEST_STUDIES,
) -> dict[Region, RegionChoice]:
    """Choose for each region the best of the members that were made for it.

    A region with fewer than `fewest` studies of a class goes to the member that is best on all
    studies together. Of equals the first is taken.

    Args:
        predictions: of each member, for the same validation images, calibrated as it is served.
        scopes: the regions of each member.
        figure: kappa, at each member's own operating points, or AUC.
        fewest: studies of each class.

    Raises:
        ValueError: the members were not scored on the same images, or the figure is not defined
            for any member of a region.
    """
    scores = [by_study(each) for each in aligned(predictions)]
    regions, labels = np.array(scores[0].regions, dtype=object), scores[0].labels
    chosen = {}
    for region in Region:
        members = [place for place, scope in enumerate(scopes) if region in scope]
        if not members:
            continue
        shown = np.asarray(regions == region.value, dtype=np.bool_)
        own = int(min((labels & shown).sum(), (~labels & shown).sum())) >= fewest
        studies = shown if own else np.ones(len(labels), dtype=np.bool_)
        values = tuple(
            _measured(each, studies, figure) if place in members else None
            for place, each in enumerate(scores)
        )
        defined = [place for place in members if values[place] is not None]
        if not defined:
            raise ValueError(f"{region}: {figure} is not defined for any of its members")
        best = max(defined, key=lambda place: (values[place] or 0.0, -place))
        chosen[region] = RegionChoice(best, values, int(studies.sum()), own)
    return chosen


def mean_of(predictions: Sequence[Predictions], weights: Sequence[float]) -> list[Prediction]:
    """Say of each image the weighted mean of what the members say.

    Raises:
        ValueError: the members were not scored on the same images.
    """
    shares = np.array(weights, dtype=np.float64) / np.sum(weights)
    return [
        replace(
            images[0],
            probability=float(np.clip(shares @ [each.probability for each in images], 0.0, 1.0)),
        )
        for images in zip(*aligned(predictions), strict=True)
    ]


def by_region(predictions: Sequence[Predictions], chosen: Mapping[Region, int]) -> list[Prediction]:
    """Say of each image what the member says that answers for its region.

    Raises:
        ValueError: the members were not scored on the same images, or no member answers for one.
    """
    places = {region.value: place for region, place in chosen.items()}
    told = []
    for images in zip(*aligned(predictions), strict=True):
        region = images[0].region
        if region not in places:
            raise ValueError(f"study {images[0].study}: no member answers for {region}")
        told.append(images[places[region]])
    return told


def aligned(predictions: Sequence[Predictions]) -> list[list[Prediction]]:
    """The members' predictions in the order of the first one's.

    Raises:
        ValueError: an image is missing or twice in one of them, or has another label or region.
    """
    first = _by_image(predictions[0])
    rows = []
    for number, each in enumerate(predictions, start=1):
        found = _by_image(each)
        if found.keys() != first.keys():
            stranger = min(found.keys() ^ first.keys())
            raise ValueError(
                f"members 1 and {number} were not scored on the same images: {' '.join(stranger)}"
            )
        for key, prediction in found.items():
            truth = first[key]
            if (prediction.label, prediction.region) != (truth.label, truth.region):
                raise ValueError(
                    f"members 1 and {number} have different labels or regions: {' '.join(key)}"
                )
        rows.append([found[key] for key in first])
    return rows


def _by_image(predictions: Predictions) -> dict[tuple[str, str], Prediction]:
    rows = {(each.study, each.image): each for each in predictions}
    if len(rows) < len(predictions):
        raise ValueError("a predictions file lists an image twice")
    return rows


def _measured(scores: StudyScores, studies: Chosen, figure: Figure) -> float | None:
    labels, probabilities = scores.labels[studies], scores.probabilities[studies]
    try:
        if figure is Figure.AUC:
            return auc(probabilities, labels)
        return cohen_kappa(probabilities > scores.operating_points[studies], labels).value
    except ValueError:
        return None
