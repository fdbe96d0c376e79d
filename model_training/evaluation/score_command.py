"""`python -m model_training score`: what a model says of every image of a cohort."""

from pathlib import Path

import click
import torch
from rich.console import Console

from model_training.cohorts.image_files import OnError
from model_training.cohorts.subjects import marks_of
from model_training.evaluation.cohort_options import CohortChoice, cohort_options
from model_training.evaluation.command_options import (
    explained,
    model_option,
    new_file,
    threads_option,
)
from model_training.evaluation.predictions import write_predictions
from model_training.evaluation.scorers import read_scorer
from model_training.evaluation.scoring import on_error_option, scored, split_seeds_of
from model_training.evaluation.unseen import refuse_leaks

_console = Console()


@click.command()
@model_option
@cohort_options
@click.option("--raw", is_flag=True, help="Without the model's calibration, as calibrate needs it.")
@on_error_option
@threads_option
@click.option("--out", type=new_file, required=True, help="Predictions file to write.")
def score(
    *, model_folder: Path, cohort: CohortChoice, raw: bool, on_error: str, threads: int, out: Path
) -> None:
    """Write the probability of every image and the model's operating point, for compare."""
    torch.set_num_threads(threads)
    with explained():
        chosen = cohort.read(split_seeds_of([model_folder]))
        refuse_leaks(marks_of(chosen.samples), chosen.part, [model_folder])
        model = read_scorer(model_folder)
        if raw:
            model = model.uncalibrated()
        predictions = scored(model, chosen.samples, OnError(on_error), _console)
        write_predictions(out, predictions)
    _console.print(f"{len(predictions)} images are in {out}", soft_wrap=True)
