"""The command `predict`."""

from pathlib import Path

import click
import torch
from rich.console import Console
from rich.progress import Progress

from model_training.cohorts.image_files import OnError
from model_training.evaluation.scorers import read_scorer
from model_training.prediction_table import decide, listed_studies, write_decisions
from triage_agent.adapters.torch_inference.bundle_files import BUNDLED_FOLDER, read_model
from triage_agent.domain.region import Region
from triage_agent.errors import TriageError

# Of the process, when studies had to be left out of the answer.
_INCOMPLETE = 3


@click.command(
    epilog="\b\nExamples:\n"
    "  python -m model_training predict MURA-v1.1/valid_image_paths.csv predictions.csv\n"
    "  python -m model_training predict images.csv out.csv --bundle BUNDLE --region WRIST"
)
@click.argument(
    "source", metavar="INPUT.csv", type=click.Path(exists=True, dir_okay=False, path_type=Path)
)
@click.argument("target", metavar="OUTPUT.csv", type=click.Path(dir_okay=False, path_type=Path))
@click.option(
    "--bundle",
    "folder",
    type=click.Path(exists=True, file_okay=False, path_type=Path),
    default=BUNDLED_FOLDER,
    help="Folder with model.json and model.safetensors; by default the bundled model.",
)
@click.option(
    "--region",
    type=click.Choice([region.value for region in Region]),
    help="Of all studies, where paths do not name it as XR_WRIST does.",
)
@click.option(
    "--on-error",
    type=click.Choice([each.value for each in OnError]),
    default=OnError.STOP.value,
    show_default=True,
    help="Whether to stop at an unreadable image, or to go on without it.",
)
@click.option("--threads", default=2, show_default=True, help="Processor threads.")
def predict(
    *, source: Path, target: Path, folder: Path, region: str | None, on_error: str, threads: int
) -> None:
    """Decide about each study of a list of image paths.

    The form is that of the MURA competition: INPUT.csv has the path of an image on each line,
    OUTPUT.csv gets a line for each study with its folder and 1 (abnormal) or 0. The exit status is
    3 if a study is not in the answer because none of its images could be read.
    """
    torch.set_num_threads(threads)
    console = Console(stderr=True)
    try:
        bundle = read_model(folder).bundle
        studies = listed_studies(source)
        with Progress(console=console) as progress:
            task = progress.add_task("images", total=sum(map(len, studies.values())))
            decisions = decide(
                studies,
                source.parent,
                read_scorer(folder),
                bundle,
                region=Region(region) if region else None,
                on_error=OnError(on_error),
                on_image=lambda: progress.advance(task),
                report=lambda message: progress.console.print(
                    message, markup=False, soft_wrap=True
                ),
            )
        write_decisions(target, decisions)
    except (ValueError, OSError, TriageError) as error:
        raise click.ClickException(str(error)) from error
    abnormal = sum(each.abnormal for each in decisions)
    console.print(
        f"{len(decisions)} studies, {abnormal} abnormal: {target}", markup=False, soft_wrap=True
    )
    if len(decisions) < len(studies):
        raise click.exceptions.Exit(_INCOMPLETE)
