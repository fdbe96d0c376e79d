"""What a model says of one part of a cohort, with unreadable images named."""

from collections.abc import Iterable
from pathlib import Path

import click
from rich.console import Console
from rich.progress import track

from model_training.cohorts.image_files import OnError, UnreadableImage
from model_training.cohorts.sample import Sample
from model_training.evaluation.predictions import Prediction
from model_training.evaluation.scorers import Scorer
from model_training.run_folder import RunFolder

on_error_option = click.option(
    "--on-error",
    type=click.Choice([each.value for each in OnError]),
    default=OnError.STOP.value,
    show_default=True,
    help="Whether to stop at an unreadable image, or to name it and go on without it.",
)


def scored(
    model: Scorer, samples: list[Sample], on_error: OnError, console: Console
) -> list[Prediction]:
    """Score all samples, with a progress bar; each image that is left out is named.

    Raises:
        UnreadableImage: an image cannot be read, and `on_error` says stop.
        ValueError: none of them can be read.
    """
    left_out: list[UnreadableImage] = []
    found = model.predict(samples, left_out.append if on_error is OnError.SKIP else None)
    predictions = list(track(found, "scoring", len(samples), console=console, transient=True))
    for error in left_out:
        console.print(str(error), markup=False, soft_wrap=True)
    if left_out:
        console.print(f"{len(left_out)} of {len(samples)} images were left out.", highlight=False)
    if not predictions:
        raise ValueError("none of the images can be read")
    return predictions


def split_seeds_of(folders: Iterable[Path]) -> frozenset[int]:
    """The seeds by which the trainings among these models divided cohorts; 1 if there is none."""
    seeds = {
        RunFolder(folder).read_config().split_seed
        for folder in folders
        if (folder / "config.json").exists()
    }
    return frozenset(seeds or {1})
