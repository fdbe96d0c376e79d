"""Making the bundle of an ensemble from the bundles of its members."""

import hashlib
import shutil
import uuid
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import TypeVar

import numpy as np

from model_training.ensemble_choice import Predictions, by_region, mean_of
from model_training.evaluation.evaluating import measured_of
from model_training.evaluation.evidence import Measured
from model_training.evaluation.figures import OVERALL, Figures, Rater, figures_by_region
from model_training.evaluation.predictions import StudyScores, by_study
from model_training.evaluation.scaling import Scaling
from model_training.evaluation.threshold import by_youden
from model_training.evaluation.tuning import tune
from model_training.export import RESEARCH_USE
from triage_agent.adapters.torch_inference.bundle_files import (
    CARD,
    CARD_TEXT,
    WEIGHTS,
    LoadedBundle,
    member_folder,
    read_model,
)
from triage_agent.adapters.torch_inference.onnx_cache import SHIPPED
from triage_agent.domain.region import Region
from triage_agent.infer.bundle import render_bundle
from triage_agent.infer.ensemble_bundle import EnsembleBundle, EnsembleKind, EnsembleMember
from triage_agent.infer.scores import is_abnormal

Value = TypeVar("Value")

MEAN_MAP = (
    "The heat map is the mean of the members' maps: it shows where their evidence lies, and does "
    "not add up to the probability that is reported."
)

_PARTS = (CARD, WEIGHTS, CARD_TEXT, f"{SHIPPED}.json", f"{SHIPPED}.onnx")


@dataclass(frozen=True, slots=True)
class EnsemblePlan:
    """How members answer together, and what their maker says of it.

    Attributes:
        name, version: of the ensemble, its own.
        weights: each member's say in a mean; empty where they are chosen by region.
        chosen: the member for each region, by its place; empty for a mean.
        intended_use: for what, and for what not; empty: what all members say, if that is the same.
        limitations: beside those of the members.
        cohort: of the images on which the figures were measured.
    """

    name: str
    version: str
    weights: tuple[float, ...] = ()
    chosen: Mapping[Region, int] | None = None
    intended_use: str = ""
    limitations: tuple[str, ...] = ()
    cohort: str = "unseen studies"


@dataclass(frozen=True, slots=True)
class ComposedEnsemble:
    """A bundle, and what was measured of it."""

    bundle: EnsembleBundle
    measured: Measured


def compose_ensemble(
    members: Sequence[LoadedBundle],
    plan: EnsemblePlan,
    validation: Sequence[Predictions],
    test: Sequence[Predictions],
) -> ComposedEnsemble:
    """Say in a bundle how members answer together and how well they do.

    Args:
        members: at least two.
        plan: how.
        validation: each member's predictions of the same images, calibrated as it is served: the
            operating points are chosen on what the ensemble says of them (Youden).
        test: the same for images that neither the members nor the choice have seen.

    Raises:
        ValueError: intended use, or figures, are missing; the members were not scored on the same
            images; or they do not fit together.
    """
    use = plan.intended_use or _common_use(members)
    _refuse_gaps(use, members, validation, test)
    regions = _regions(members, plan)
    told = by_study(_joined(plan, validation))
    thresholds = tune(told, Scaling.NONE, by_youden()).thresholds()
    points = {region: thresholds.get(region.value, thresholds[OVERALL]) for region in regions}
    unseen = by_study(_joined(plan, test))
    measured = measured_of(plan.cohort, "studies", _figures(unseen, thresholds))
    told_members = tuple(_member(index, each, plan) for index, each in enumerate(members))
    mean_only = () if plan.chosen is not None else (MEAN_MAP,)
    bundle = EnsembleBundle(
        name=plan.name,
        version=plan.version,
        regions=regions,
        training_data=tuple(_each_once(s for each in members for s in each.bundle.training_data)),
        metrics=measured.metrics,
        intended_use=use if use.startswith(RESEARCH_USE) else f"{RESEARCH_USE} {use}",
        limitations=tuple(
            _each_once(
                (
                    *plan.limitations,
                    *mean_only,
                    *(limit for each in members for limit in each.bundle.limitations),
                )
            )
        ),
        device_uid=_device_uid(plan, told_members),
        operating_points=points,
        kind=EnsembleKind.MEAN if plan.chosen is None else EnsembleKind.BY_REGION,
        members=told_members,
    )
    return ComposedEnsemble(bundle, measured)


def write_ensemble(
    target: Path, bundle: EnsembleBundle, members: Sequence[LoadedBundle], card: str
) -> None:
    """Write an ensemble with copies of its members, and read it as the node will.

    Raises:
        ValueError: `target` is there already and is not empty.
        OSError: it cannot be written.
        BundleInvalid: the result would not be served; nothing is left of it.
    """
    if target.exists() and any(target.iterdir()):
        raise ValueError(f"{target} is there already: name a new folder")
    staging = target.with_name(f".{target.name}.part")
    shutil.rmtree(staging, ignore_errors=True)  # of a run that was interrupted
    staging.mkdir(parents=True)
    try:
        for index, member in enumerate(members):
            folder = member_folder(staging, index)
            folder.mkdir()
            for part in _PARTS:
                if (member.folder / part).is_file():
                    shutil.copyfile(member.folder / part, folder / part)
        (staging / CARD).write_text(render_bundle(bundle), encoding="utf-8")
        (staging / CARD_TEXT).write_text(card, encoding="utf-8")
        read_model(staging)
        if target.exists():
            target.rmdir()
        staging.rename(target)
    finally:
        shutil.rmtree(staging, ignore_errors=True)


def _joined(plan: EnsemblePlan, predictions: Sequence[Predictions]) -> Predictions:
    if plan.chosen is not None:
        return by_region(predictions, plan.chosen)
    return mean_of(predictions, plan.weights)


def _member(index: int, loaded: LoadedBundle, plan: EnsemblePlan) -> EnsembleMember:
    digest = hashlib.sha256((loaded.folder / CARD).read_bytes()).hexdigest()
    own = () if plan.chosen is None else tuple(r for r, i in plan.chosen.items() if i == index)
    return EnsembleMember(
        model=loaded.bundle.model,
        architecture=loaded.bundle.architecture,
        card_sha256=digest,
        weight=plan.weights[index] if plan.chosen is None else 1.0,
        regions=own,
    )


def _regions(members: Sequence[LoadedBundle], plan: EnsemblePlan) -> tuple[Region, ...]:
    """Those that were chosen for; of a mean those that every member was made for."""
    if plan.chosen is not None:
        return tuple(region for region in Region if region in plan.chosen)
    regions = tuple(
        region for region in Region if all(region in each.bundle.regions for each in members)
    )
    if not regions:
        raise ValueError("there is no region that all members were made for")
    return regions


def _device_uid(plan: EnsemblePlan, members: Sequence[EnsembleMember]) -> str:
    """Another one for other members, another choice, and another version."""
    told = f"{plan.name} {plan.version} {members!r}"
    return f"2.25.{uuid.uuid5(uuid.NAMESPACE_OID, told).int}"


def _figures(scores: StudyScores, thresholds: Mapping[str, float]) -> dict[str, Figures]:
    decisions = [
        is_abnormal(float(probability), thresholds.get(region, thresholds[OVERALL]))
        for probability, region in zip(scores.probabilities, scores.regions, strict=True)
    ]
    rater = Rater("ensemble", np.array(decisions, dtype=np.bool_), scores.probabilities)
    return figures_by_region(rater, scores.labels, scores.regions)


def _common_use(members: Sequence[LoadedBundle]) -> str:
    uses = {each.bundle.intended_use for each in members}
    return uses.pop() if len(uses) == 1 else ""


def _refuse_gaps(
    use: str,
    members: Sequence[LoadedBundle],
    validation: Sequence[Predictions],
    test: Sequence[Predictions],
) -> None:
    gaps = []
    if not use:
        gaps.append("intended use: the members differ in theirs (--intended-use)")
    for found, option, why in (
        (
            validation,
            "--validation",
            "operating points: what each member says of validation images",
        ),
        (test, "--test", "metrics: what each member says of images that nobody has seen"),
    ):
        if len(found) != len(members):
            gaps.append(f"{why} ({option}, once for each member, in their order)")
    if gaps:
        raise ValueError("not made, for this is missing:\n- " + "\n- ".join(gaps))


def _each_once(values: Iterable[Value]) -> list[Value]:
    return list(dict.fromkeys(values))
