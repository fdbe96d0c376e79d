"""`python -m model_training score`: what a model says of every image of a cohort."""

from dataclasses import replace
from pathlib import Path

import click
import torch
from rich.console import Console
from rich.progress import track

from model_training.cohorts.fracatlas import fracatlas
from model_training.cohorts.mura import mura
from model_training.cohorts.sample import Part
from model_training.cohorts.table import table
from model_training.evaluation.command_options import (
    explained,
    file,
    folder,
    model_option,
    new_file,
    split_option,
    threads_option,
)
from model_training.evaluation.predictions import write_predictions
from model_training.evaluation.trained import read_trained

_console = Console()


@click.command()
@model_option
@click.option("--mura", "mura_folder", type=folder, help="A folder in the form of MURA-v1.1.")
@click.option("--fracatlas", "fracatlas_folder", type=folder, help="A FracAtlas folder.")
@click.option("--table", "table_file", type=file, help="path, study, patient, region, label.")
@click.option(
    "--part",
    type=click.Choice([str(part) for part in Part]),
    default=str(Part.TEST),
    show_default=True,
    help="Of the images; MURA's published validation set is the test part.",
)
@click.option("--raw", is_flag=True, help="Without a bundle's calibration, as calibrate needs it.")
@split_option
@threads_option
@click.option("--out", type=new_file, required=True, help="Predictions file to write.")
def score(  # noqa: PLR0917 (click passes them by name)
    model_folder: Path,
    mura_folder: Path | None,
    fracatlas_folder: Path | None,
    table_file: Path | None,
    part: str,
    raw: bool,  # noqa: FBT001 (click passes flags by name)
    split_seed: int,
    threads: int,
    out: Path,
) -> None:
    """Write the probability of every image, for compare and calibrate."""
    torch.set_num_threads(threads)
    cohorts = ((mura_folder, mura), (fracatlas_folder, fracatlas), (table_file, table))
    given = [(place, read) for place, read in cohorts if place is not None]
    if len(given) != 1:
        raise click.UsageError("Give one of --mura, --fracatlas and --table.")
    with explained():
        ((place, read),) = given
        samples = read(place, split_seed)[Part(part)]
        model = read_trained(model_folder)
        found = (replace(model, calibrations={}) if raw else model).predict(samples)
        predictions = list(track(found, "scoring", len(samples), console=_console, transient=True))
        write_predictions(out, predictions)
    _console.print(f"{len(predictions)} images are in {out}")
