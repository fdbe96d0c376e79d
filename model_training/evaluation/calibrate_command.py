"""`python -m model_training calibrate`: calibrations and operating points for a run or bundle."""

from pathlib import Path

import click

from model_training.evaluation.calibrating import (
    calibrate_bundle,
    calibrate_run,
    is_bundle,
    weights_of,
)
from model_training.evaluation.command_options import explained, file, folder, show
from model_training.evaluation.operation import operation_of
from model_training.evaluation.predictions import by_study, read_predictions
from model_training.evaluation.scaling import FEWEST_STUDIES, Scaling, scaled
from model_training.evaluation.threshold import Rule, by_alert_budget, by_sensitivity, by_youden
from model_training.evaluation.tuning import metrics_at, tune, tuning_table

_YOUDEN, _SENSITIVITY, _BUDGET = "youden", "sensitivity", "budget"


@click.command()
@click.option(
    "--predictions",
    type=file,
    required=True,
    help="Of validation images, from `score --raw`: not calibrated.",
)
@click.option(
    "--scaling",
    type=click.Choice([str(each) for each in Scaling]),
    default=str(Scaling.PLATT),
    show_default=True,
    help="What is fitted to the logits of each region.",
)
@click.option(
    "--threshold-by",
    type=click.Choice([_YOUDEN, _SENSITIVITY, _BUDGET]),
    default=_YOUDEN,
    show_default=True,
    help="How the operating point of each region is chosen.",
)
@click.option("--sensitivity", type=float, default=0.95, show_default=True, help="To reach.")
@click.option("--flags", type=float, help="Budget: flags per 100 studies.")
@click.option("--prevalence", type=float, help="Share of abnormal studies where it will run.")
@click.option(
    "--fewest",
    default=FEWEST_STUDIES,
    show_default=True,
    help="Studies of a class below which a region takes what all regions give.",
)
@click.option("--test", "test_file", type=file, help="Predictions of unseen studies to measure.")
@click.option("--to", "target", type=folder, required=True, help="A run folder or a bundle.")
@click.option("--version", help="New version of a bundle; not for a run folder.")
def calibrate(  # noqa: PLR0917 (click passes them by name)
    predictions: Path,
    scaling: str,
    threshold_by: str,
    sensitivity: float,
    flags: float | None,
    prevalence: float | None,
    fewest: int,
    test_file: Path | None,
    target: Path,
    version: str | None,
) -> None:
    """Fit calibrations and choose operating points, and put both into a run or a bundle.

    A bundle is changed in place and needs a new version; what is in a run, `export` puts into the
    bundle.
    """
    with explained():
        rule, words = _rule(threshold_by, sensitivity, flags, prevalence)
        scores = by_study(read_predictions(predictions))
        tuned = tune(scores, Scaling(scaling), rule, max(fewest, 1))
        metrics = metrics_at(
            "validation studies that calibration and operating point were chosen on",
            tuned.after,
            tuned.thresholds(),
        )
        if test_file is not None:
            unseen = scaled(by_study(read_predictions(test_file)), dict(tuned.scalings))
            metrics = (
                *metrics_at("unseen studies, calibrated", unseen, tuned.thresholds()),
                *metrics,
            )
        described = f"Scaling: {scaling}. Threshold: {words}."
        operation = operation_of(tuned, described, metrics, weights_of(target))
        shown = tuning_table(tuned, prevalence)
        if is_bundle(target):
            if version is None:
                raise ValueError("a bundle that changes needs a new --version")
            written = calibrate_bundle(target, operation, version)
        else:
            written = calibrate_run(target, operation, shown)
    show(shown)
    click.echo("Written: " + ", ".join(path.name for path in written))


def _rule(
    threshold_by: str, sensitivity: float, flags: float | None, prevalence: float | None
) -> tuple[Rule, str]:
    if threshold_by == _SENSITIVITY:
        return by_sensitivity(sensitivity), f"sensitivity of at least {sensitivity:g}"
    if threshold_by == _BUDGET:
        if flags is None or prevalence is None:
            raise ValueError("an alert budget needs --flags and --prevalence")
        words = f"at most {flags:g} flags per 100 studies at a prevalence of {prevalence:g}"
        return by_alert_budget(flags, prevalence), words
    return by_youden(), "largest sensitivity + specificity (Youden)"
