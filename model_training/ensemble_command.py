"""`python -m model_training ensemble`: several bundles that answer as one."""

from collections.abc import Sequence
from pathlib import Path

import click

from model_training.ensemble import EnsemblePlan, compose_ensemble, write_ensemble
from model_training.ensemble_card import render_ensemble_card
from model_training.ensemble_choice import Figure, RegionChoice, best_by_region
from model_training.evaluation.command_options import explained, file, folder, new_folder
from model_training.evaluation.predictions import Prediction, read_predictions, read_rows
from model_training.evaluation.scaling import FEWEST_STUDIES
from triage_agent.adapters.torch_inference.bundle_files import LoadedBundle, read_bundle
from triage_agent.domain.region import Region


@click.command(
    epilog="\b\nExamples:\n"
    "  python -m model_training ensemble --member A --member B --mean \\\n"
    "      --validation a-valid.csv --validation b-valid.csv \\\n"
    "      --test a-test.csv --test b-test.csv --name Both --version 1.0.0 --out BOTH\n"
    "  python -m model_training ensemble --member A --member B --best-by kappa ..."
)
@click.option(
    "--member", "folders", type=folder, multiple=True, required=True, help="A bundle; two or more."
)
@click.option("--mean", is_flag=True, help="The mean of the members' probabilities.")
@click.option(
    "--weight", "weights", type=float, multiple=True, help="Of each member in the mean; default 1."
)
@click.option(
    "--by-region",
    "table",
    type=file,
    help="CSV with the columns region and member: the member's number, from 1, or its model.",
)
@click.option(
    "--best-by",
    type=click.Choice([str(each) for each in Figure]),
    help="By region, the member that is best on the validation predictions.",
)
@click.option(
    "--fewest",
    default=FEWEST_STUDIES,
    show_default=True,
    help="Studies of a class below which a region takes the member that is best everywhere.",
)
@click.option(
    "--validation",
    type=file,
    multiple=True,
    help="Each member's predictions of validation images, from `score`, in the members' order.",
)
@click.option(
    "--test", type=file, multiple=True, help="The same of images that nobody has seen: the figures."
)
@click.option("--cohort", default="unseen studies", show_default=True, help="What the test is.")
@click.option("--name", required=True, help="Of the ensemble.")
@click.option("--version", required=True, help="Of the ensemble, such as 1.0.0.")
@click.option("--intended-use", default="", help="For what; by default as all its members say.")
@click.option("--limitation", "limitations", multiple=True, help="Beside those of the members.")
@click.option("--out", type=new_folder, required=True, help="Bundle folder to write.")
def ensemble(
    *,
    folders: tuple[Path, ...],
    mean: bool,
    weights: tuple[float, ...],
    table: Path | None,
    best_by: str | None,
    fewest: int,
    validation: tuple[Path, ...],
    test: tuple[Path, ...],
    cohort: str,
    name: str,
    version: str,
    intended_use: str,
    limitations: tuple[str, ...],
    out: Path,
) -> None:
    """Make a bundle of which several networks answer together; the node serves it as any other.

    Refused unless its intended use is known and predictions of the same images by every member
    are given: operating points are chosen on those of --validation, figures measured on --test.
    """
    if [mean, table is not None, best_by is not None].count(True) != 1:
        raise click.UsageError("give one of --mean, --by-region and --best-by")
    if weights and not mean:
        raise click.UsageError("--weight goes with --mean")
    if weights and len(weights) != len(folders):
        raise click.UsageError("give --weight once for each member, or not at all")
    with explained():
        members = [read_bundle(each) for each in folders]
        tuning, unseen = (_read(each) for each in (validation, test))
        choices, figure = None, None
        chosen = _read_table(table, members) if table is not None else None
        if best_by is not None:
            figure = Figure(best_by)
            choices = _compared(members, tuning, figure, fewest)
            chosen = {region: choice.member for region, choice in choices.items()}
        plan = EnsemblePlan(
            name=name,
            version=version,
            weights=weights or (1.0,) * len(members),
            chosen=chosen,
            intended_use=intended_use,
            limitations=limitations,
            cohort=cohort,
        )
        composed = compose_ensemble(members, plan, tuning, unseen)
        card = render_ensemble_card(composed, members, choices, figure)
        write_ensemble(out, composed.bundle, members, card)
    click.echo(f"{composed.bundle.model} ({composed.bundle.architecture}) is in {out}")
    for place, told in enumerate(composed.bundle.members, start=1):
        say = ", ".join(told.regions) if told.regions else f"weight {told.weight:g}"
        click.echo(f"  member {place}: {told.model}: {say}")


def _read(paths: Sequence[Path]) -> list[list[Prediction]]:
    return [read_predictions(each) for each in paths]


def _compared(
    members: Sequence[LoadedBundle],
    validation: Sequence[Sequence[Prediction]],
    figure: Figure,
    fewest: int,
) -> dict[Region, RegionChoice]:
    if len(validation) != len(members):
        raise ValueError("give --validation once for each member, in their order")
    scopes = [each.bundle.regions for each in members]
    choices = best_by_region(validation, scopes, figure, max(fewest, 1))
    used = {choice.member for choice in choices.values()}
    idle = [each.bundle.model for place, each in enumerate(members) if place not in used]
    if idle:
        raise ValueError(f"{', '.join(idle)}: best nowhere, so leave it out")
    return choices


def _read_table(path: Path, members: Sequence[LoadedBundle]) -> dict[Region, int]:
    names = {str(place): place - 1 for place in range(1, len(members) + 1)}
    names |= {each.bundle.model: place for place, each in enumerate(members)}
    chosen: dict[Region, int] = {}
    for line, row in read_rows(path, ("region", "member")):
        region, member = row["region"].strip().upper(), row["member"].strip()
        if region not in set(Region):
            raise ValueError(f"{path.name}, line {line}: {region} is none of {', '.join(Region)}")
        if member not in names:
            raise ValueError(
                f"{path.name}, line {line}: {member} is no member ({', '.join(names)})"
            )
        if Region(region) in chosen:
            raise ValueError(f"{path.name}, line {line}: {region} is there twice")
        chosen[Region(region)] = names[member]
    return chosen
