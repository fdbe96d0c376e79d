"""The model card: a bundle and what was measured of it, in words and tables for a person."""

from collections.abc import Mapping
from dataclasses import dataclass

from model_training.card_tables import (
    finding_table,
    metric_table,
    paired_table,
    pointing_table,
    region_table,
    scope_table,
    sources_table,
)
from model_training.description import Description
from model_training.evaluation.evidence import Evidence, Measured
from model_training.fit_plan import Epoch, FitPlan
from model_training.known_sources import division_of
from model_training.run_folder import CohortUse, RunConfig
from triage_agent.infer.bundle import ModelBundle


@dataclass(frozen=True, slots=True)
class CardFacts:
    """What a card says beyond its bundle.

    Attributes:
        config: of the training.
        cohorts: what it used, by name.
        unreadable: images that were left out because they could not be read.
        history: its epochs.
        environment: what it ran on.
        evidence: what was measured with these weights.
        description: what its maker says.
        commands: that make it again.
    """

    config: RunConfig
    cohorts: Mapping[str, CohortUse]
    unreadable: int
    history: tuple[Epoch, ...]
    environment: Mapping[str, object]
    evidence: Evidence
    description: Description
    commands: tuple[str, ...]


_INTERVALS = (
    "Each figure has its 95% interval (AUC: DeLong; kappa: McHugh; F1: Wilson's of the Jaccard "
    "share; the others: Wilson). ECE is the expected calibration error."
)

_SEEDS = (
    "The seeds are fixed; another processor or library version still rounds differently, so that "
    "figures agree within their intervals, not in every digit."
)

_POINTING = (
    "Of all abnormal images with a mask, flagged or not. A hit is a peak of the map on the "
    "abnormality, or no farther from it than 3% of the image's longer side."
)

_PAIRED = (
    "On the same images, with DeLong's paired interval and test. The linear probe is a logistic "
    "regression on the frozen features of the first weights, fitted and tuned on the same training "
    "and validation images: what it reaches needs no fitting of a network."
)

_SCOPE = (
    "Images that do not look like its training images are left *not assessed*. In scope, what is "
    "missing to 100% is lost; out of scope, what is assessed slipped through."
)


def render_card(bundle: ModelBundle, facts: CardFacts) -> str:
    """Write the card as Markdown: from the bundle and the facts alone, the same bytes each time."""
    evidence, description = facts.evidence, facts.description
    sections = [
        f"# {bundle.name}, version {bundle.version}",
        "**RESEARCH USE ONLY. NOT FOR DIAGNOSTIC USE.**",
        bundle.intended_use,
        "## What it is",
        _identity(bundle),
        "## What it was trained on",
        sources_table(bundle.training_data),
        _training(facts),
        "## How well it was seen to work",
        _INTERVALS,
        metric_table(evidence.measured),
        *_paired(evidence),
        *_by_region(evidence.measured),
        *_by_finding(evidence),
        *((description.caveats,) if description.caveats else ()),
        *_pointing(evidence),
        *_scope(evidence),
        *(("## Shortcuts in the data", description.shortcuts) if description.shortcuts else ()),
        "## What it cannot do",
        "\n".join(f"- {limitation}" for limitation in bundle.limitations),
        "## Make it again",
        _again(facts),
    ]
    return "\n\n".join(section.strip() for section in sections) + "\n"


def _identity(bundle: ModelBundle) -> str:
    spec = bundle.preprocessing
    points = {region: bundle.operating_point(region) for region in bundle.regions}
    same = len(set(points.values())) == 1
    above = (
        f"{next(iter(points.values())):.2f}"
        if same
        else ", ".join(f"{region} {point:.2f}" for region, point in points.items())
    )
    shape = f"{spec.size} x {spec.size} ({spec.resampling})"
    lines = (
        f"Architecture: `{bundle.architecture}` with one output.",
        f"Input: the whole radiograph as displayed, stretched to {shape}.",
        f"Normalisation: mean {spec.mean}, standard deviation {spec.std}.",
        f"Regions in scope: {', '.join(bundle.regions)}.",
        f"A study is abnormal if the mean probability of its images is above: {above}.",
        "Weights: half precision; all figures below were measured with exactly these.",
        f"Device UID: {bundle.device_uid}",
        f"SHA-256 of the weights: {bundle.weights_sha256}",
    )
    return "\n".join(f"- {line}" for line in lines)


def _training(facts: CardFacts) -> str:
    divisions = [
        f"- {name}: {use.training} images in training, {use.validation} in validation; "
        f"{division_of(name)}."
        for name, use in facts.cohorts.items()
    ]
    left_out = (
        [f"- {facts.unreadable} listed images could not be read and were left out."]
        if facts.unreadable
        else []
    )
    best = [epoch.number for epoch in facts.history if epoch.best]
    epochs = (
        f"{len(facts.history)} epochs were run; number {best[-1]} of its stage had the lowest "
        "validation loss and was kept. "
        if best
        else ""
    )
    return "\n".join((*divisions, *left_out, "", epochs + _fitted(facts.config.plan)))


def _fitted(plan: FitPlan) -> str:
    changes = plan.augmentation
    changed = [
        "mirrored",
        *([f"rotated to {changes.rotation_degrees:g} degrees"] if changes.rotation_degrees else []),
        *(["zoomed"] if changes.zoom else []),
        *(["shifted"] if changes.shift else []),
        *(["blurred"] if changes.blur_probability else []),
        *(["changed in tone"] if changes.brightness or changes.contrast else []),
    ]
    weighted = (
        "weighted by class and type of study" if plan.weight_by_region else "weighted by class"
    )
    average = (
        " A running average of the weights is what is validated and kept." if plan.averaging else ""
    )
    drawn_to = (
        " Where the abnormality is outlined, a second loss draws the class activation map to it "
        f"(weight {plan.localisation:g})."
        if plan.localisation
        else ""
    )
    layers = f"All but the first {plan.frozen} blocks" if plan.frozen else "All layers"
    return (
        f"{layers} are fitted with the cross-entropy of MURA, {weighted}, on images that are "
        f"{', '.join(changed)} at random.{drawn_to}{average}"
    )


def _by_region(measured: tuple[Measured, ...]) -> list[str]:
    several = [each for each in measured if len(each.by_region) > 1]
    return [f"### By region: {each.cohort}\n\n{region_table(each)}" for each in several]


def _by_finding(evidence: Evidence) -> list[str]:
    if not evidence.found:
        return []
    return ["### By finding: synthetic studies", finding_table(evidence.found)]


def _paired(evidence: Evidence) -> list[str]:
    if not evidence.paired:
        return []
    return ["### Against a linear probe", _PAIRED, paired_table(evidence.paired)]


def _pointing(evidence: Evidence) -> list[str]:
    if not evidence.pointed:
        return []
    return [
        "## Whether its heat map points at the abnormality",
        _POINTING,
        pointing_table(evidence.pointed),
    ]


def _scope(evidence: Evidence) -> list[str]:
    if not evidence.scope:
        return []
    return [
        "## What it abstains from",
        _SCOPE,
        scope_table(evidence.scope),
    ]


def _again(facts: CardFacts) -> str:
    packages = facts.environment.get("packages")
    versions = (
        ", ".join(f"{name} {version}" for name, version in packages.items())
        if isinstance(packages, Mapping)
        else "not recorded"
    )
    ran = ", ".join(
        f"{key} {facts.environment[key]}"
        for key in ("python", "system", "device", "threads", "processes")
        if key in facts.environment
    )
    plan, config = facts.config.plan, facts.config
    block = "\n".join(("```", *facts.commands, "```"))
    ran_on = (
        f"Seeds: {plan.seed} for the fit, {config.split_seed} for the division of the images. "
        f"It ran on: {ran or 'not recorded'}. Versions: {versions}."
    )
    return f"{block}\n\n{ran_on}\n\n{_SEEDS}"
