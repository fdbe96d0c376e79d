"""The command `train`: any cohort, any network, with the settings of the papers."""

from collections.abc import Callable
from dataclasses import replace
from pathlib import Path

import click
import torch
from rich.console import Console

from model_training.cohorts.image_files import OnError
from model_training.cohorts.kinds import COHORTS, cohort_samples
from model_training.cohorts.sample import Part, Sample
from model_training.display import Display, progress_bars
from model_training.evaluation.command_options import threads_option
from model_training.fit_plan import Epoch
from model_training.initial_weights import TORCHVISION, expects_half
from model_training.machine import Machine
from model_training.parallel import joined_processes, local_device
from model_training.presets import HALF, IMAGENET_MEAN, IMAGENET_STD, PRESETS
from model_training.run_folder import RunConfig, RunFolder
from model_training.training import Means, run_training
from model_training.watchers import Silence
from triage_agent.errors import TriageError
from triage_agent.infer.preprocess import Preprocessing

_COUNT = click.IntRange(min=1)


@click.command(
    epilog="\b\nExamples:\n"
    "  python -m model_training train --preset mura --data mura=MURA-v1.1 --out RUN\n"
    "  python -m model_training train --preset murad --architecture vgg19_bn \\\n"
    "      --data mura=MURA-v1.1 --device cuda --mixed-precision --workers 8 --out RUN\n"
    "  torchrun --nproc-per-node 2 -m model_training train --data csv=ours.csv --out RUN\n"
    "  python -m model_training train ... --out RUN --resume"
)
@click.option("--preset", type=click.Choice(list(PRESETS)), default="mura", show_default=True)
@click.option(
    "--data",
    "cohorts",
    multiple=True,
    required=True,
    metavar="KIND=PATH",
    help=f"Images, may be given several times; KIND is one of {', '.join(COHORTS)}.",
)
@click.option("--out", type=click.Path(file_okay=False, path_type=Path), required=True)
@click.option(
    "--weights",
    default=TORCHVISION,
    show_default=True,
    help="torchvision, torchvision:NAME, none, or a .pth, .safetensors or .npz file.",
)
@click.option("--architecture", help="A network of torchvision; by default the preset's.")
@click.option("--size", type=_COUNT, help="Rows and columns of the input; by default the preset's.")
@click.option("--epochs", type=_COUNT, help="Most passes over the images; by default the preset's.")
@click.option("--batch", type=_COUNT, help="Images per step, of all processes together.")
@click.option(
    "--learning-rate", type=click.FloatRange(0.0, min_open=True), help="Of Adam, at the start."
)
@click.option("--seed", default=1, show_default=True, help="Of all chance in fitting.")
@click.option(
    "--split-seed",
    default=1,
    show_default=True,
    help="Of the division into parts, where a cohort does not bring its own; `evaluate` needs it.",
)
@click.option(
    "--localisation",
    type=click.FloatRange(0.0),
    default=0.0,
    show_default=True,
    help="Weight of the loss that draws the heat map to the masks of a cohort that has them.",
)
@click.option(
    "--workers",
    type=click.IntRange(min=0),
    help="Processes that read images from disk in every epoch; by default all stay in memory.",
)
@click.option("--device", type=click.Choice(["cpu", "cuda"]), default="cpu", show_default=True)
@click.option("--mixed-precision", is_flag=True, help="Compute in bfloat16 where it is safe.")
@click.option("--channels-last/--channels-first", default=True, help="Layout of memory.")
@click.option(
    "--on-error",
    type=click.Choice([each.value for each in OnError]),
    default=OnError.STOP.value,
    show_default=True,
    help="Whether to stop at an unreadable image, or to name it and go on without it.",
)
@threads_option
@click.option("--resume", is_flag=True, help="Go on from the checkpoint in the run folder.")
def train(
    *,
    preset: str,
    cohorts: tuple[str, ...],
    out: Path,
    weights: str,
    architecture: str | None,
    size: int | None,
    epochs: int | None,
    batch: int | None,
    learning_rate: float | None,
    seed: int,
    split_seed: int,
    localisation: float,
    workers: int | None,
    device: str,
    mixed_precision: bool,
    channels_last: bool,
    on_error: str,
    threads: int,
    resume: bool,
) -> None:
    """Fit any network on any cohort, as the papers on MURA did.

    Leaves in the run folder: config.json, environment.json, history.json, the best weights,
    cohorts.json and learnt.json (how many images; and which, as digests), curves.png, events for
    TensorBoard, unreadable.json and a checkpoint after every epoch. Started by torchrun, the
    processes divide each batch among them.
    """
    if device == "cuda" and not torch.cuda.is_available():
        raise click.ClickException(
            "PyTorch finds no CUDA device here: see `nvidia-smi`, or take --device cpu"
        )
    torch.set_num_threads(threads)
    chosen = PRESETS[preset]
    plan = replace(
        chosen.plan,
        epochs=epochs or chosen.plan.epochs,
        batch=batch or chosen.plan.batch,
        learning_rate=learning_rate or chosen.plan.learning_rate,
        seed=seed,
        localisation=localisation,
        reduced_precision=mixed_precision,
    )
    network = architecture or chosen.architecture
    half = expects_half(network, weights)
    config = RunConfig(
        architecture=network,
        preprocessing=Preprocessing(
            size or chosen.size, HALF if half else IMAGENET_MEAN, HALF if half else IMAGENET_STD
        ),
        plan=plan,
        split_seed=split_seed,
        synthetic_pairs=0,
        weights=weights,
        cohorts=cohorts,
    )
    try:
        with joined_processes(device) as processes:
            console = Console(quiet=not processes.is_first)
            samples = cohort_samples(cohorts, split_seed)
            with progress_bars(console) as progress:
                reading = progress.add_task("reading images", total=_count(samples))
                run_training(
                    config,
                    samples,
                    weights,
                    RunFolder(out),
                    watcher=Display(progress) if processes.is_first else Silence(),
                    means=Means(
                        machine=Machine(local_device(device), channels_last),
                        processes=processes,
                        workers=workers,
                        on_error=OnError(on_error),
                        resume=resume,
                    ),
                    on_image=lambda: progress.advance(reading),
                    on_history=_logbook(out, console),
                    report=lambda message: console.print(message, markup=False, soft_wrap=True),
                )
            console.print(f"Done: {out}", markup=False, soft_wrap=True)
    except (ValueError, OSError, TriageError) as error:
        raise click.ClickException(str(error)) from error


def _count(samples: dict[Part, list[Sample]]) -> int:
    return len(samples[Part.TRAINING]) + len(samples[Part.VALIDATION])


def _logbook(out: Path, console: Console) -> Callable[[list[Epoch]], None]:
    try:
        # Drawing is an extra that a node, and a fit without pictures, do without.
        from model_training.curves import Logbook  # noqa: PLC0415
    except ImportError as error:
        console.print(
            f"No curves and no TensorBoard logs ({error}): install triage-agent[training]"
        )
        return lambda _: None
    return Logbook(out)
