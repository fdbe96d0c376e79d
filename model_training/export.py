"""Writing a model bundle: weights, `model.json` and a model card."""

import shutil
import uuid
from collections.abc import Sequence
from pathlib import Path

from model_training.description import Description
from model_training.evaluation.calibrating import with_section
from model_training.evaluation.evidence import Evidence, read_evidence
from model_training.evaluation.operation import operated, read_operation, within
from model_training.initial_weights import NONE, TORCHVISION
from model_training.known_sources import IMAGENET, INITIAL_WEIGHTS, KNOWN_SOURCES, Source
from model_training.model_card import CardFacts, render_card
from model_training.run_folder import CohortUse, RunConfig, RunFolder
from model_training.scope.kept import gated, read_gate
from model_training.training_commands import training_commands
from triage_agent.adapters.torch_inference.bundle_files import CARD, CARD_TEXT, WEIGHTS
from triage_agent.domain.region import Region
from triage_agent.infer.bundle import ModelBundle, parse_bundle, render_bundle
from triage_agent.infer.provenance import DataSource, Metric

RESEARCH_USE = "RESEARCH USE ONLY, NOT FOR DIAGNOSTIC USE."


def export_run(
    folder: RunFolder,
    target: Path,
    version: str,
    description: Description,
    commands: Sequence[str] = (),
) -> ModelBundle:
    """Write the bundle of a measured training into `target`, replacing one that is there.

    If the training was calibrated, the bundle has its calibrations and operating points; if it has
    a scope gate, that too.

    Args:
        folder: of the training.
        target: folder to write.
        version: of the bundle.
        description: what the maker says.
        commands: that make it again; by default those of `train`, `evaluate` and `export`.

    Raises:
        ValueError: training data, metrics, intended use or limitations are missing, all named; or
            calibration or scope gate were made for other weights than it has now.
        OSError: the training has no weights, or `target` cannot be written.
        BundleInvalid: the result would not be served.
    """
    config, evidence = folder.read_config(), read_evidence(folder.path)
    operation = read_operation(folder.path)
    cohorts = folder.read_cohorts()
    sources = _sources(config, cohorts, description)
    metrics = tuple(metric for each in evidence.measured for metric in each.metrics)
    _refuse_gaps(_gaps(config, cohorts, description, sources), metrics, description)
    bundle = compose_bundle(
        config, cohorts, evidence, version, description=description, sources=sources
    )
    if operation is not None:
        # A training may have had regions that the node does not assess, or the maker leaves out.
        operation = within(operation, bundle.regions)
        bundle = operated(bundle, operation)
    gate = read_gate(folder.path)
    if gate is not None:
        bundle = gated(bundle, gate)
    text = render_bundle(bundle)
    parse_bundle(text)
    facts = CardFacts(
        config=config,
        cohorts=cohorts,
        unreadable=len(folder.read_unreadable() or []),
        history=tuple(folder.read_history()),
        environment=folder.read_environment(),
        evidence=evidence,
        description=description,
        commands=tuple(commands) or training_commands(config, evidence, version),
    )
    card = render_card(bundle, facts)
    if operation is not None:
        card = with_section(card, operation, version)
    target.mkdir(parents=True, exist_ok=True)
    shutil.copyfile(folder.weights_path, target / WEIGHTS)
    (target / CARD).write_text(text, encoding="utf-8")
    (target / CARD_TEXT).write_text(card, encoding="utf-8")
    return bundle


def compose_bundle(
    config: RunConfig,
    cohorts: dict[str, CohortUse],
    evidence: Evidence,
    version: str,
    *,
    description: Description,
    sources: Sequence[Source],
) -> ModelBundle:
    """Say in a bundle what a training and its evaluation found.

    The device UID is made from the digest of the weights: the same weights have the same UID.

    Raises:
        ValueError: something that a bundle must say is missing, or the model was fitted on no
            region that the node assesses.
    """
    digest = evidence.weights_sha256
    device = uuid.uuid5(uuid.NAMESPACE_OID, digest)
    use = description.intended_use
    return ModelBundle(
        name=description.name or f"{config.architecture} of {', '.join(cohorts)}",
        version=version,
        architecture=config.architecture,
        preprocessing=config.preprocessing,
        regions=description.regions or _regions(cohorts),
        training_data=tuple(
            DataSource(
                source.shown,
                source.role,
                cohorts[source.cohort].training if source.cohort in cohorts else None,
                source.licence,
                source.citation,
            )
            for source in sources
        ),
        metrics=tuple(metric for each in evidence.measured for metric in each.metrics),
        intended_use=use if use.startswith(RESEARCH_USE) else f"{RESEARCH_USE} {use}",
        limitations=description.limitations,
        device_uid=f"2.25.{device.int}",
        weights_sha256=digest,
    )


def _sources(
    config: RunConfig, cohorts: dict[str, CohortUse], description: Description
) -> tuple[Source, ...]:
    """Of the images that the weights were fitted on, and of the first weights."""
    told = {source.cohort: source for source in description.sources}
    fitted = [name for name, use in cohorts.items() if use.training]
    known = [told.get(name) or KNOWN_SOURCES.get(name) for name in fitted]
    first = [source for source in description.sources if source.role == INITIAL_WEIGHTS]
    if not first and config.weights.partition(":")[0] == TORCHVISION:
        first = [IMAGENET]
    return (*(source for source in known if source is not None), *first)


def _gaps(
    config: RunConfig,
    cohorts: dict[str, CohortUse],
    description: Description,
    sources: Sequence[Source],
) -> list[str]:
    """What is not known of the training data."""
    if not cohorts:
        return ["training data: the run folder does not say what it was fitted on"]
    told = {source.cohort for source in sources} | {s.cohort for s in description.sources}
    gaps = [
        f'training data: licence and citation of {name} ([[data]] with cohort = "{name}")'
        for name, use in cohorts.items()
        if use.training and name not in told
    ]
    first = config.weights != NONE and not any(s.role == INITIAL_WEIGHTS for s in sources)
    if first:
        gaps.append(
            f'training data: where the first weights came from ([[data]] with role = "'
            f'{INITIAL_WEIGHTS}")'
        )
    return gaps


def _refuse_gaps(gaps: list[str], metrics: tuple[Metric, ...], description: Description) -> None:
    if not metrics:
        gaps.append(
            "metrics: measure it with these weights on images that it has not seen (python -m "
            "model_training evaluate --model RUN ...)"
        )
    if not description.intended_use:
        gaps.append("intended use: what the model is for, and for what not (intended_use)")
    if not description.limitations:
        gaps.append("limitations: what the model cannot do (limitations)")
    if gaps:
        raise ValueError("not exported, for this is missing:\n- " + "\n- ".join(gaps))


def _regions(cohorts: dict[str, CohortUse]) -> tuple[Region, ...]:
    """Regions of the node that the training showed; all where a cohort does not say."""
    named = {region for use in cohorts.values() for region in use.regions}
    if any(use.training and not use.regions for use in cohorts.values()):
        return tuple(Region)
    found = tuple(region for region in Region if region.value in named)
    if not found:
        raise ValueError(
            f"the training showed {', '.join(sorted(named))}, but the node assesses "
            f"{', '.join(Region)}"
        )
    return found
