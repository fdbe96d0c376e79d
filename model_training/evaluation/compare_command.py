"""`python -m model_training compare`: models and readers against one gold standard."""

from pathlib import Path

import click

from model_training.evaluation.command_options import explained, file, new_folder
from model_training.evaluation.comparison import compare as line_up
from model_training.evaluation.predictions import by_study, read_predictions
from model_training.evaluation.readers import read_readers
from model_training.evaluation.report_writing import report_writer


@click.command()
@click.option(
    "--model",
    "models",
    multiple=True,
    required=True,
    metavar="NAME=CSV",
    help="Predictions: study, region, label, probability, and image where a study has several.",
)
@click.option("--readers", type=file, multiple=True, help="Readers: study, reader, label.")
@click.option("--gold", multiple=True, help="A reader of the gold standard; give three.")
@click.option(
    "--threshold",
    type=click.FloatRange(0.0, 1.0),
    help="All models call a study abnormal above it; by default each has its own in its CSV.",
)
@click.option("--out", type=new_folder, required=True, help="Folder for tables and plots.")
def compare(
    models: tuple[str, ...],
    readers: tuple[Path, ...],
    gold: tuple[str, ...],
    threshold: float | None,
    out: Path,
) -> None:
    """Measure models and readers against one gold standard.

    With readers, that is the majority of the three named by --gold, who are not compared
    themselves; without, it is the label of the predictions. Writes the tables of the MURA and
    MuRAD papers (Markdown, CSV) and plots (PNG).
    """
    with explained():
        named = dict(_named_file(each) for each in models)
        if len(named) < len(models):
            raise ValueError("two models have the same name")
        scores = {name: by_study(read_predictions(path)) for name, path in named.items()}
        comparison = line_up(scores, threshold, read_readers(readers), gold)
        written = report_writer()(comparison, out, "Comparison")
    click.echo(f"{len(written)} files; begin with {written[0]}")


def _named_file(text: str) -> tuple[str, Path]:
    name, equals, path = text.partition("=")
    if not (name and equals and path):
        raise ValueError(f"a model is given as NAME=CSV, not as {text!r}")
    return name, Path(path)
