"""The commands of `python -m model_training`, and `fit`."""

from dataclasses import replace
from pathlib import Path

import click
import torch
from rich.console import Console

from model_training.bundled_command import bundled
from model_training.bundling import fit_demonstration
from model_training.ensemble_command import ensemble
from model_training.evaluation.command_options import explained, file, folder, new_folder
from model_training.evaluation.commands import COMMANDS as EVALUATION_COMMANDS
from model_training.export_command import export
from model_training.fit_plan import FitPlan
from model_training.predict_command import predict
from model_training.presets import HALF
from model_training.run_folder import RunConfig, RunFolder
from model_training.scope.command import scope
from model_training.train_command import train
from triage_agent.infer.preprocess import Preprocessing

_console = Console()


@click.group(context_settings={"help_option_names": ["-h", "--help"], "max_content_width": 100})
def main() -> None:
    """Train, judge and export the classifier that the node serves.

    Each step leaves its results in the run folder, where the next one finds them:

    \b
      train      fit any network on any cohort, keep the epoch with the best validation loss
      calibrate  choose calibration and operating points on validation images (score --raw)
      evaluate   measure on images that were not used
      localise   judge the heat maps, where the abnormality is known to the pixel
      export     write the bundle (weights, model.json, model card) that the node reads

    `bundled` does all of it for the model that ships with the node.

    RESEARCH USE ONLY: what comes out is not a medical device.
    """


@main.command()
@click.option(
    "--fracatlas",
    "fracatlas_folder",
    type=folder,
    required=True,
    help="Folder with manifest.csv, near_duplicates.json and images/.",
)
@click.option(
    "--weights",
    type=file,
    required=True,
    help="Initial weights: .npz with torchvision key names, batch norm folded.",
)
@click.option("--out", type=new_folder, required=True, help="Run folder to write.")
@click.option(
    "--architecture",
    default="mobilenet_v2",
    show_default=True,
    help="A torchvision classifier with global average pool and linear head.",
)
@click.option("--size", default=320, show_default=True, help="Rows and columns of the input.")
@click.option("--epochs", default=30, show_default=True, help="Most passes over the images.")
@click.option("--batch", default=16, show_default=True, help="Images per step.")
@click.option("--learning-rate", default=3e-4, show_default=True, help="Of Adam, at the start.")
@click.option("--seed", default=1, show_default=True, help="Of everything left to chance.")
@click.option(
    "--warm-up-size", default=0, show_default=True, help="Fit smaller images first; 0: do not."
)
@click.option("--warm-up-epochs", default=0, show_default=True, help="Most passes over those.")
@click.option(
    "--synthetic-pairs",
    default=24,
    show_default=True,
    help="Synthetic subjects per region, one normal and one abnormal image each; 0: none.",
)
@click.option("--threads", default=2, show_default=True, help="Processor threads.")
@click.option("--full-precision", is_flag=True, help="Compute in float32 only.")
@click.option("--resume", is_flag=True, help="Go on from the checkpoint in the run folder.")
def fit(  # noqa: PLR0917 (click passes them by name)
    fracatlas_folder: Path,
    weights: Path,
    out: Path,
    architecture: str,
    size: int,
    epochs: int,
    batch: int,
    learning_rate: float,
    seed: int,
    warm_up_size: int,
    warm_up_epochs: int,
    synthetic_pairs: int,
    threads: int,
    full_precision: bool,  # noqa: FBT001 (click passes flags by name)
    resume: bool,  # noqa: FBT001
) -> None:
    """Fit a network on FracAtlas and synthetic radiographs.

    Interrupted, the run folder still holds the best epoch so far, and can be evaluated; or go on
    from it with --resume.
    """
    torch.set_num_threads(threads)
    plan = replace(
        FitPlan(),
        epochs=epochs,
        batch=batch,
        learning_rate=learning_rate,
        seed=seed,
        reduced_precision=not full_precision,
    )
    config = RunConfig(
        architecture=architecture,
        preprocessing=Preprocessing(size, HALF, HALF),
        plan=plan,
        warm_up_size=warm_up_size,
        warm_up_epochs=warm_up_epochs,
        split_seed=seed,
        synthetic_pairs=synthetic_pairs,
    )
    with explained():
        fit_demonstration(
            config, fracatlas_folder, weights, RunFolder(out), resume=resume, console=_console
        )
    _console.print(f"Done: {out}", markup=False, soft_wrap=True)


main.add_command(train)
main.add_command(bundled)
main.add_command(scope)
main.add_command(export)
main.add_command(ensemble)
main.add_command(predict)
for _command in EVALUATION_COMMANDS:
    main.add_command(_command)
