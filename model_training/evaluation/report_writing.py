"""The writer of reports, which needs what only the extra `training` installs."""

from collections.abc import Callable
from pathlib import Path


def report_writer() -> Callable[..., list[Path]]:
    """`comparison_report.write_report`.

    Raises:
        ValueError: matplotlib is missing; the message says how to install it.
    """
    try:
        from model_training.evaluation.comparison_report import write_report  # noqa: PLC0415
    except ImportError as error:
        raise ValueError(
            f"{error.name} is missing: pip install 'triage-agent[training]' for the plots"
        ) from error
    return write_report
