"""`python -m model_training localise`: whether maps point at the abnormality."""

from pathlib import Path

import click
import torch

from model_training.cohorts.fracture_masks import MASKS_NAME
from model_training.cohorts.sample import Part
from model_training.cohorts.subjects import marks_of
from model_training.evaluation.command_options import (
    explained,
    folder,
    model_option,
    new_folder,
    show,
    threads_option,
)
from model_training.evaluation.evidence import add_evidence
from model_training.evaluation.localisation import TOLERANCE
from model_training.evaluation.localising import (
    judge_maps,
    localisation_table,
    marked_cohorts,
    marked_images,
    pointed_of,
)
from model_training.evaluation.scoring import split_seeds_of
from model_training.evaluation.trained import read_trained
from model_training.evaluation.unseen import refuse_leaks
from model_training.run_folder import RunFolder


@click.command()
@model_option
@click.option(
    "--fracatlas",
    "fracatlas_folder",
    type=folder,
    help="FracAtlas, prepared with manifest.csv and near_duplicates.json (see "
    f"model_training/cohorts/fracatlas.py), and {MASKS_NAME}.",
)
@click.option(
    "--synthetic", default=20, show_default=True, help="Synthetic subjects per region; 0: none."
)
@click.option(
    "--tolerance",
    default=TOLERANCE,
    show_default=True,
    help="Of the pointing game, as a share of the image's longer side.",
)
@threads_option
@click.option("--out", type=new_folder, help="Folder for the tables as Markdown and CSV.")
def localise(
    *,
    model_folder: Path,
    fracatlas_folder: Path | None,
    synthetic: int,
    tolerance: float,
    threads: int,
    out: Path | None,
) -> None:
    """Measure whether class activation maps point at the abnormality.

    What is found of a run folder is kept there for its model card, if the tolerance is the usual.
    """
    torch.set_num_threads(threads)
    with explained():
        if fracatlas_folder is None and not synthetic:
            raise ValueError("there is nothing to localise: give --fracatlas or --synthetic")
        model = read_trained(model_folder)
        (seed,) = split_seeds_of([model_folder])
        for name, samples in marked_cohorts(fracatlas_folder, seed, synthetic).items():
            refuse_leaks(marks_of(samples), Part.TEST, [model_folder])
            judged = judge_maps(model, marked_images(samples), tolerance=tolerance)
            shown = localisation_table(name, judged)
            show(shown)
            if RunFolder(model_folder).weights_path.exists() and tolerance == TOLERANCE:
                add_evidence(model_folder, pointed=(pointed_of(name, judged),))
            if out is not None:
                out.mkdir(parents=True, exist_ok=True)
                for suffix, text in ((".md", shown.markdown()), (".csv", shown.csv())):
                    path = out / f"localisation-{name.replace(' ', '-')}{suffix}"
                    path.write_text(text, encoding="utf-8")
