"""`python -m model_training localise`: whether maps point at the abnormality."""

from pathlib import Path

import click
import torch

from model_training.cohorts.fracatlas import fracatlas
from model_training.cohorts.sample import Part
from model_training.evaluation.command_options import (
    explained,
    folder,
    model_option,
    new_folder,
    show,
    split_option,
    threads_option,
)
from model_training.evaluation.fracture_masks import MASKS_NAME, read_fracture_masks
from model_training.evaluation.localisation import TOLERANCE
from model_training.evaluation.localising import (
    judge_maps,
    localisation_table,
    marked_fixtures,
    marked_fractures,
)
from model_training.evaluation.trained import read_trained


@click.command()
@model_option
@click.option("--fracatlas", "fracatlas_folder", type=folder, help=f"FracAtlas, with {MASKS_NAME}.")
@click.option(
    "--synthetic", default=20, show_default=True, help="Synthetic subjects per region; 0: none."
)
@click.option(
    "--tolerance",
    default=TOLERANCE,
    show_default=True,
    help="Of the pointing game, as a share of the image's longer side.",
)
@split_option
@threads_option
@click.option("--out", type=new_folder, help="Folder for the tables as Markdown and CSV.")
def localise(  # noqa: PLR0917 (click passes them by name)
    model_folder: Path,
    fracatlas_folder: Path | None,
    synthetic: int,
    tolerance: float,
    split_seed: int,
    threads: int,
    out: Path | None,
) -> None:
    """Measure whether class activation maps point at the abnormality."""
    torch.set_num_threads(threads)
    with explained():
        model = read_trained(model_folder)
        cohorts = {}
        if synthetic:
            cohorts["synthetic"] = marked_fixtures(synthetic)
        if fracatlas_folder is not None:
            outlines = read_fracture_masks(fracatlas_folder / MASKS_NAME)
            samples = fracatlas(fracatlas_folder, split_seed)[Part.TEST]
            cohorts["FracAtlas-test"] = marked_fractures(samples, outlines)
        if not cohorts:
            raise ValueError("there is nothing to localise: give --fracatlas or --synthetic")
        for name, marked in cohorts.items():
            judged = judge_maps(model, marked, tolerance=tolerance)
            shown = localisation_table(name, judged)
            show(shown)
            if out is not None:
                out.mkdir(parents=True, exist_ok=True)
                for suffix, text in ((".md", shown.markdown()), (".csv", shown.csv())):
                    (out / f"localisation-{name}{suffix}").write_text(text, encoding="utf-8")
