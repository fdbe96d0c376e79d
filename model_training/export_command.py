"""The command `export`: a bundle and its card from a run folder."""

from dataclasses import replace
from pathlib import Path

import click

from model_training.description import Description, read_description
from model_training.evaluation.command_options import explained, file, folder, new_folder
from model_training.export import export_run
from model_training.run_folder import RunFolder


@click.command()
@click.option("--run", "run_path", type=folder, required=True, help="Run folder of a training.")
@click.option("--to", "target", type=new_folder, required=True, help="Bundle folder to write.")
@click.option("--version", required=True, help="Version of these weights, such as 1.0.0.")
@click.option(
    "--about",
    type=file,
    help="TOML or JSON with intended_use, limitations and, for images of your own, [[data]] with "
    "cohort, licence and citation.",
)
@click.option("--intended-use", help="For what, and for what not; instead of that in the file.")
@click.option(
    "--limitation", "limitations", multiple=True, help="What it cannot do; beside the file's."
)
def export(
    *,
    run_path: Path,
    target: Path,
    version: str,
    about: Path | None,
    intended_use: str | None,
    limitations: tuple[str, ...],
) -> None:
    """Write model.safetensors, model.json and MODEL_CARD.md for the node.

    Refused, with all that is missing, unless training data, measured figures, intended use and
    limitations are known. The figures are those that `evaluate` and `localise` found.
    """
    with explained():
        told = read_description(about) if about is not None else Description()
        told = replace(
            told,
            intended_use=intended_use or told.intended_use,
            limitations=(*told.limitations, *limitations),
        )
        bundle = export_run(RunFolder(run_path), target, version, told)
    click.echo(f"{bundle.name} {bundle.version} is in {target}")
