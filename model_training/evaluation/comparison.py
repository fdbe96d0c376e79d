"""Readers and models against one gold standard."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from itertools import combinations

import numpy as np
import numpy.typing as npt

from model_training.evaluation.delong import PairedTest, paired_test
from model_training.evaluation.figures import Figures, Rater, figures_by_region, region_masks
from model_training.evaluation.predictions import StudyScores
from model_training.evaluation.readers import Readings, gold_standard, labels_of
from triage_agent.infer.scores import is_abnormal


@dataclass(frozen=True, slots=True)
class Comparison:
    """Who is compared, on what, and against which truth.

    Attributes:
        regions: of each study.
        gold: bool [N]; True is abnormal.
        models, readers: what each said, in the order of `regions`.
    """

    regions: tuple[str, ...]
    gold: npt.NDArray[np.bool_]
    models: tuple[Rater, ...]
    readers: tuple[Rater, ...] = ()

    def measure(self) -> dict[str, dict[str, Figures]]:
        """Figures by name (readers first, as MURA has them) and by region, overall last."""
        return {
            rater.name: figures_by_region(rater, self.gold, self.regions)
            for rater in (*self.readers, *self.models)
        }

    def scores(self) -> dict[str, npt.NDArray[np.float64]]:
        """Probabilities of each model."""
        return {m.name: m.probabilities for m in self.models if m.probabilities is not None}

    def paired_tests(self) -> list[tuple[str, str, str, PairedTest]]:
        """DeLong's test of each pair of models in each region that has two studies of each class.

        Each is given as first model, second model, region, result.
        """
        tests = []
        for (one, first), (other, second) in combinations(self.scores().items(), 2):
            for group, chosen in region_masks(self.regions).items():
                gold = self.gold[chosen]
                if min(gold.sum(), (~gold).sum()) >= 2:  # noqa: PLR2004 (a variance needs two)
                    found = paired_test(first[chosen], second[chosen], gold)
                    tests.append((one, other, group, found))
        return tests


def compare(
    models: Mapping[str, StudyScores],
    threshold: float | None = None,
    readings: Readings | None = None,
    gold_readers: Sequence[str] = (),
) -> Comparison:
    """Line up models and readers.

    With readers, the gold standard is the majority of the three `gold_readers`, who are not
    compared themselves: nobody is measured against his own vote (MURA, section 3.2). Without, it
    is the label that the predictions carry.

    Args:
        models: by name; all of the same studies, in any order.
        threshold: a study is abnormal where its probability lies above it; None: each model by
            the operating points that its scores carry.
        readings: by reader and study.
        gold_readers: three of them.

    Raises:
        ValueError: there is no model, models differ in their studies, labels or regions, a name is
            used twice, or a reader has not read every study.
    """
    if not models:
        raise ValueError("there is no model to compare")
    first_name, first = next(iter(models.items()))
    raters = []
    for name, scores in models.items():
        order = _order_of(name, scores, first_name, first)
        points = scores.operating_points[order]
        if threshold is not None:
            points = np.full_like(points, threshold)
        raters.append(_model(name, scores.probabilities[order], points))
    if not readings:
        if gold_readers:
            raise ValueError("gold readers were named, but there are no readings")
        return Comparison(first.regions, first.labels, tuple(raters))
    gold = gold_standard(gold_readers, readings, first.studies)
    others = sorted(set(readings) - set(gold_readers))
    same = set(others) & set(models)
    if same:
        raise ValueError(f"{min(same)} is the name of a reader and of a model")
    compared = (Rater(name, labels_of(name, readings, first.studies)) for name in others)
    return Comparison(first.regions, gold, tuple(raters), tuple(compared))


def _model(
    name: str, probabilities: npt.NDArray[np.float64], points: npt.NDArray[np.float64]
) -> Rater:
    decisions = [
        is_abnormal(float(each), float(point))
        for each, point in zip(probabilities, points, strict=True)
    ]
    return Rater(name, np.array(decisions, dtype=np.bool_), probabilities)


def _order_of(
    name: str, scores: StudyScores, first_name: str, first: StudyScores
) -> npt.NDArray[np.intp]:
    """Where each study of the first model stands in another one's list."""
    places = {study: place for place, study in enumerate(scores.studies)}
    strangers = set(places) ^ set(first.studies)
    if strangers:
        raise ValueError(
            f"{name} and {first_name} score different studies: {min(strangers)} is in one only"
        )
    order = np.array([places[study] for study in first.studies], dtype=np.intp)
    for here, there in enumerate(order):
        if (scores.regions[there], bool(scores.labels[there])) != (
            first.regions[here],
            bool(first.labels[here]),
        ):
            study = first.studies[here]
            raise ValueError(f"{name} and {first_name} differ on label or region of {study}")
    return order
