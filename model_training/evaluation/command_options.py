"""What the commands that judge models have in common: options, output and errors."""

from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import click

from model_training.evaluation.tables import Table
from triage_agent.errors import TriageError

folder = click.Path(exists=True, file_okay=False, path_type=Path)
file = click.Path(exists=True, dir_okay=False, path_type=Path)
new_file = click.Path(dir_okay=False, path_type=Path)
new_folder = click.Path(file_okay=False, path_type=Path)

model_option = click.option(
    "--model", "model_folder", type=folder, required=True, help="A run folder or a bundle."
)
threads_option = click.option(
    "--threads",
    type=click.IntRange(min=1),
    default=2,
    show_default=True,
    help="Processor threads.",
)


def show(shown: Table) -> None:
    """Print a table as Markdown."""
    click.echo(shown.markdown())


@contextmanager
def explained() -> Iterator[None]:
    """Turn what a person can mend into one line instead of a traceback."""
    try:
        yield
    except (ValueError, OSError, TriageError) as error:
        raise click.ClickException(str(error)) from error
