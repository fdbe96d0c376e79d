"""`python -m model_training scope`: from which images a trained network is to abstain."""

from pathlib import Path

import click
import torch
from rich.console import Console

from model_training.cohorts.lower_limb import lower_limb
from model_training.display import progress_bars
from model_training.evaluation.command_options import explained, folder, show, threads_option
from model_training.evaluation.evidence import ScopeShare
from model_training.evaluation.tables import Table
from model_training.run_folder import RunFolder
from model_training.scope.kept import keep_scope
from model_training.scope.samples import scope_samples


@click.command()
@click.option("--run", "run_path", type=folder, required=True, help="Run folder of a training.")
@click.option(
    "--fracatlas",
    "fracatlas_folder",
    type=folder,
    help="FracAtlas: its lower limbs are real images out of scope. Needed for a run of `bundled`.",
)
@threads_option
def scope(run_path: Path, fracatlas_folder: Path | None, threads: int) -> None:
    """Fit the gate by which the node leaves images unassessed that are not like the training's.

    `export` then puts it into the bundle and its figures on the card. Takes about two minutes.
    """
    torch.set_num_threads(threads)
    with explained():
        run = RunFolder(run_path)
        in_scope = scope_samples(run.read_config(), fracatlas_folder)
        foreign = lower_limb(fracatlas_folder) if fracatlas_folder is not None else []
        with progress_bars(Console(stderr=True)) as progress:
            looking = progress.add_task("looking at images", total=None)
            shares = keep_scope(run, in_scope, foreign, on_image=lambda: progress.advance(looking))
    show(shares_table(shares))


def shares_table(shares: tuple[ScopeShare, ...]) -> Table:
    """A row for each kind of image."""
    rows = tuple(
        (each.name, "in" if each.in_scope else "out", each.images, each.assessed) for each in shares
    )
    return Table("Images assessed", ("Images", "Scope", "Number", "Assessed"), rows)
