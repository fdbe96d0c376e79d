"""The commands of `python -m model_training`: fit, evaluate and export a model."""

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import replace
from pathlib import Path

import click
import torch
from rich.console import Console
from rich.table import Table

from model_training.cohorts.sample import Part
from model_training.display import Display, progress_bars
from model_training.evaluation.commands import COMMANDS as EVALUATION_COMMANDS
from model_training.evaluation.run import TEST_PAIRS, evaluate_run, evaluation_samples
from model_training.export import export_run
from model_training.fit_plan import FitPlan
from model_training.predict_command import predict
from model_training.run_folder import RunConfig, RunFolder
from model_training.train_command import train
from model_training.training import Means, run_training, training_samples
from triage_agent.errors import TriageError
from triage_agent.infer.preprocess import Preprocessing

# The published MobileNetV2 weights expect x / 127.5 - 1, which is this on 0..1.
_MEAN = _STD = (0.5, 0.5, 0.5)

_console = Console()

_folder = click.Path(exists=True, file_okay=False, path_type=Path)
_file = click.Path(exists=True, dir_okay=False, path_type=Path)
_new_folder = click.Path(file_okay=False, path_type=Path)


@click.group(context_settings={"help_option_names": ["-h", "--help"], "max_content_width": 100})
def main() -> None:
    """Train the classifier that the node serves.

    Three steps, each of which leaves its results in the run folder:

    \b
      fit       fit all layers, keep the epoch with the best validation loss
      evaluate  choose the operating point, measure on images that were not used
      export    write the bundle (weights, model.json, model card) that the node reads

    RESEARCH USE ONLY: what comes out is not a medical device.
    """


@main.command()
@click.option(
    "--fracatlas",
    "fracatlas_folder",
    type=_folder,
    required=True,
    help="Folder with manifest.csv, near_duplicates.json and images/.",
)
@click.option(
    "--weights",
    type=_file,
    required=True,
    help="Initial weights: .npz with torchvision key names, batch norm folded.",
)
@click.option("--out", type=_new_folder, required=True, help="Run folder to write.")
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
        preprocessing=Preprocessing(size, _MEAN, _STD),
        plan=plan,
        warm_up_size=warm_up_size,
        warm_up_epochs=warm_up_epochs,
        split_seed=seed,
        synthetic_pairs=synthetic_pairs,
    )
    with _explained(), progress_bars(_console) as progress:
        samples = training_samples(config, fracatlas_folder)
        count = sum(len(each) for each in samples.values())
        reading = progress.add_task("reading images", total=count)
        run_training(
            config,
            samples,
            str(weights),
            RunFolder(out),
            watcher=Display(progress),
            means=Means(resume=resume),
            on_image=lambda: progress.advance(reading),
        )
    _console.print(f"Done. Next: python -m model_training evaluate --run {out} --fracatlas ...")


@main.command()
@click.option("--run", "run_path", type=_folder, required=True, help="Run folder of `fit`.")
@click.option(
    "--fracatlas",
    "fracatlas_folder",
    type=_folder,
    required=True,
    help="The folder that `fit` was given.",
)
@click.option(
    "--synthetic-pairs",
    default=TEST_PAIRS,
    show_default=True,
    help="Unseen synthetic subjects per region to measure on.",
)
@click.option("--threads", default=2, show_default=True, help="Processor threads.")
def evaluate(run_path: Path, fracatlas_folder: Path, synthetic_pairs: int, threads: int) -> None:
    """Choose the operating point and measure on images that were not used.

    Prints AUC (DeLong), accuracy, sensitivity and specificity (Wilson) and Cohen's kappa (McHugh),
    each with its 95% interval, and keeps them in the run folder.
    """
    torch.set_num_threads(threads)
    folder = RunFolder(run_path)
    with _explained(), progress_bars(_console) as progress:
        seed = folder.read_config().split_seed
        real, drawn = evaluation_samples(fracatlas_folder, seed, synthetic_pairs)
        count = len(real[Part.VALIDATION]) + len(real[Part.TEST]) + len(drawn)
        reading = progress.add_task("reading images", total=count)
        results = evaluate_run(folder, real, drawn, lambda: progress.advance(reading))
    table = Table("images", "number", "figure", "value", "95% interval")
    for metric in results.metrics:
        interval = f"{metric.low:.3f} - {metric.high:.3f}"
        table.add_row(
            metric.cohort, str(metric.images), metric.name, f"{metric.value:.3f}", interval
        )
    _console.print(table)
    _console.print(f"Abnormal above {results.operating_point:.2f}.")


@main.command()
@click.option("--run", "run_path", type=_folder, required=True, help="An evaluated run folder.")
@click.option("--to", "target", type=_new_folder, required=True, help="Bundle folder to write.")
@click.option("--version", required=True, help="Version of these weights, such as 1.0.0.")
def export(run_path: Path, target: Path, version: str) -> None:
    """Write model.safetensors, model.json and MODEL_CARD.md for the node."""
    with _explained():
        bundle = export_run(RunFolder(run_path), target, version)
    _console.print(f"{bundle.name} {bundle.version} is in {target}")


main.add_command(train)
main.add_command(predict)
for _command in EVALUATION_COMMANDS:
    main.add_command(_command)


@contextmanager
def _explained() -> Iterator[None]:
    """Turn what a person can mend into one line instead of a traceback."""
    try:
        yield
    except (ValueError, OSError, TriageError) as error:
        raise click.ClickException(str(error)) from error
