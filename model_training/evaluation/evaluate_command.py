"""`python -m model_training evaluate`: all figures of models on any cohort, in one go."""

from pathlib import Path

import click
import torch
from rich.console import Console

from model_training.cohorts.image_files import OnError
from model_training.evaluation.cohort_options import CohortChoice, cohort_options
from model_training.evaluation.command_options import explained, new_folder, threads_option
from model_training.evaluation.evaluating import evaluated, named_models
from model_training.evaluation.scoring import on_error_option

_console = Console()


@click.command(
    epilog="\b\nExamples:\n"
    "  python -m model_training evaluate --model RUN --mura MURA-v1.1 --part valid --out DIR\n"
    "  python -m model_training evaluate --model old=BUNDLE --model new=RUN --csv ours.csv \\\n"
    "      --part all --out DIR"
)
@click.option(
    "--model",
    "models",
    multiple=True,
    required=True,
    metavar="[NAME=]FOLDER",
    help="A run folder or a bundle; may be given several times.",
)
@cohort_options
@click.option(
    "--threshold",
    type=click.FloatRange(0.0, 1.0),
    help="All models call a study abnormal above it; by default each has its own.",
)
@on_error_option
@threads_option
@click.option("--out", type=new_folder, required=True, help="Folder for tables, plots and scores.")
def evaluate(
    *,
    models: tuple[str, ...],
    cohort: CohortChoice,
    threshold: float | None,
    on_error: str,
    threads: int,
    out: Path,
) -> None:
    """Score a cohort and measure the scores: `score` and `compare` in one.

    Prints the tables of the MURA and MuRAD papers, and writes them (Markdown, CSV) with plots and
    the scores into a folder: accuracy, precision, recall, F1, Cohen's kappa (McHugh), sensitivity
    and specificity (Wilson), AUROC (DeLong) and calibration error for each study, overall and by
    region, and DeLong's test between models. What is measured of a run folder on images it was
    not fitted on is kept there for the card that `export` writes, unless --threshold is given.
    """
    torch.set_num_threads(threads)
    with explained():
        done = evaluated(
            named_models(models),
            cohort,
            out,
            threshold=threshold,
            on_error=OnError(on_error),
            console=_console,
        )
        for table in done.shown:
            click.echo(table.markdown())
    click.echo(f"{len(done.written)} files; begin with {done.written[0]}")
    for name, why_not in done.kept_for.items():
        kept = (
            f"Not kept for the model card of {name}: {why_not}."
            if why_not
            else (f"Kept in the run folder {name} for its model card.")
        )
        click.echo(kept)
