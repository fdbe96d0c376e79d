"""The model card of an ensemble: its members, how they answer together, and how well."""

from collections.abc import Mapping, Sequence

from model_training.card_tables import metric_table, region_table, sources_table
from model_training.ensemble import ComposedEnsemble
from model_training.ensemble_choice import Figure, RegionChoice
from model_training.evaluation.tables import Table
from triage_agent.adapters.torch_inference.bundle_files import CARD_TEXT, LoadedBundle
from triage_agent.domain.region import Region
from triage_agent.infer.ensemble_bundle import EnsembleBundle, EnsembleKind

_MEAN = (
    "The probability of an image is the weighted mean of the members' probabilities, each as its "
    "own card calibrates it. The heat map is the mean of the members' maps on the finest grid "
    "among them, by the same weights: it shows where their evidence lies. Its own mean is the mean "
    "of the members' calibrated logits less their biases, not the logit of the mean probability, "
    "so that it does not add up to what is reported."
)

_BY_REGION = (
    "Each region has one member that answers for it, as it would alone: probability and heat map "
    "are that member's, and the map adds up to its logit."
)

_INTERVALS = (
    "Measured on what the ensemble says, at its own operating points, which were chosen on "
    "validation studies (Youden). Each figure has its 95% interval (AUC: DeLong; kappa: McHugh; "
    "F1: Wilson's of the Jaccard share; the others: Wilson)."
)


def render_ensemble_card(
    composed: ComposedEnsemble,
    members: Sequence[LoadedBundle],
    choices: Mapping[Region, RegionChoice] | None = None,
    figure: Figure | None = None,
) -> str:
    """Write the card as Markdown.

    Args:
        composed: the bundle and its figures.
        members: in its order.
        choices: why each region has its member, where that was computed.
        figure: by which the members were compared.
    """
    bundle, measured = composed.bundle, composed.measured
    mean = bundle.kind is EnsembleKind.MEAN
    sections = [
        f"# {bundle.name}, version {bundle.version}",
        "**RESEARCH USE ONLY. NOT FOR DIAGNOSTIC USE.**",
        bundle.intended_use,
        "## What it is",
        f"An ensemble: {bundle.architecture}.",
        _MEAN if mean else _BY_REGION,
        _members_table(bundle, members),
        f"Each member lies in its folder, with its own {CARD_TEXT} if it came with one.",
        *_why(choices, figure, members),
        _points(bundle),
        "## What its members were trained on",
        sources_table(bundle.training_data),
        "## How well it was seen to work",
        _INTERVALS,
        metric_table([measured]),
        *([region_table(measured)] if len(measured.by_region) > 1 else []),
        "## What it cannot do",
        "\n".join(f"- {limitation}" for limitation in bundle.limitations),
    ]
    return "\n\n".join(section.strip() for section in sections) + "\n"


def _members_table(bundle: EnsembleBundle, members: Sequence[LoadedBundle]) -> str:
    rows = tuple(
        (
            f"member-{number}",
            told.model,
            told.architecture,
            ", ".join(told.regions) if told.regions else f"{told.weight:g}",
            loaded.bundle.device_uid,
            ", ".join(source.name for source in loaded.bundle.training_data),
        )
        for number, (told, loaded) in enumerate(zip(bundle.members, members, strict=True), start=1)
    )
    say = "Weight" if bundle.kind is EnsembleKind.MEAN else "Answers for"
    columns = ("Folder", "Model", "Architecture", say, "Device UID", "Data")
    return Table("Members", columns, rows).markdown()


def _why(
    choices: Mapping[Region, RegionChoice] | None,
    figure: Figure | None,
    members: Sequence[LoadedBundle],
) -> list[str]:
    if not choices or figure is None:
        return []
    rows = tuple(
        (
            str(region),
            *("-" if value is None else f"{value:.3f}" for value in choice.values),
            members[choice.member].bundle.model,
            choice.studies,
            "its own" if choice.own else "all regions",
        )
        for region, choice in choices.items()
    )
    names = tuple(each.bundle.model for each in members)
    columns = ("Region", *names, "Chosen", "Studies", "Compared on")
    note = (
        f"Compared by {figure} on validation studies; a region with too few studies of a class "
        "goes to the member that is best on all regions. The values of chosen members flatter."
    )
    return [Table("Why each region has its member", columns, rows, note).markdown()]


def _points(bundle: EnsembleBundle) -> str:
    lines = (
        "A study is abnormal if the mean probability of its images is above: "
        + ", ".join(f"{each} {bundle.operating_point(each):.2f}" for each in bundle.regions)
        + ".",
        f"Device UID: {bundle.device_uid}",
        f"SHA-256 over the members' cards and how they answer: {bundle.weights_sha256}",
    )
    return "\n".join(f"- {line}" for line in lines)
