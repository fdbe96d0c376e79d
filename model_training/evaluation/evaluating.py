"""Scoring a cohort with models, measuring the scores, and keeping what was found."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from pathlib import Path

from rich.console import Console

from model_training.cohorts.image_files import OnError
from model_training.cohorts.subjects import Marks, marks_of
from model_training.evaluation.cohort_options import CohortChoice
from model_training.evaluation.comparison import compare
from model_training.evaluation.comparison_tables import comparison_tables
from model_training.evaluation.evidence import Measured, add_evidence
from model_training.evaluation.figures import OVERALL, Figures, metrics_of
from model_training.evaluation.predictions import UNKNOWN_REGION, by_study, write_predictions
from model_training.evaluation.published import PUBLISHED
from model_training.evaluation.report_writing import report_writer
from model_training.evaluation.scorers import read_scorer
from model_training.evaluation.scoring import scored, split_seeds_of
from model_training.evaluation.tables import Table
from model_training.evaluation.unseen import not_unseen, refuse_leaks
from model_training.run_folder import RunFolder

# What a person wants to see at once; the report has the rest.
_SHOWN = ("kappa-by-region", "figures-by-model", "all-figures", "delong")


@dataclass(frozen=True, slots=True)
class Evaluated:
    """What an evaluation found.

    Attributes:
        measured: by model.
        shown: the tables to look at first.
        written: paths; the readable report comes first.
        kept_for: by model: "" if its run folder has the figures now, or why not. Empty if all were
            judged at another threshold than their own.
    """

    measured: Mapping[str, Measured]
    shown: tuple[Table, ...]
    written: tuple[Path, ...]
    kept_for: Mapping[str, str]


def scores_name(number: int) -> str:
    """File of an evaluation with what its model of a number, from 1 on, said of each image."""
    return f"scores-{number}.csv"


def named_models(texts: Iterable[str]) -> dict[str, Path]:
    """Models given as NAME=FOLDER, or as FOLDER, whose last part is then the name.

    Raises:
        ValueError: there is no such folder, or two models have one name.
    """
    named: dict[str, Path] = {}
    for text in texts:
        name, equals, place = text.partition("=")
        if not equals:
            name, place = Path(text).resolve().name, text
        if not (name and Path(place).is_dir()):
            raise ValueError(f"{text}: write FOLDER or NAME=FOLDER of a run or a bundle")
        if name in named:
            raise ValueError(f"two models are named {name}: write NAME=FOLDER")
        named[name] = Path(place)
    return named


def evaluated(
    models: Mapping[str, Path],
    cohort: CohortChoice,
    out: Path,
    *,
    threshold: float | None = None,
    on_error: OnError = OnError.STOP,
    console: Console | None = None,
) -> Evaluated:
    """Score the cohort with every model, write scores, tables and plots, and keep the figures.

    Args:
        models: run folders or bundles by name.
        cohort: which images.
        out: folder to write.
        threshold: of all models; None: each by its own operating points.
        on_error: what to do about unreadable images.
        console: where progress is shown and left-out images are named.

    Raises:
        UnreadableImage: an image cannot be read, and `on_error` says stop.
        ValueError: the cohort is not usable, shows one class only, or was learnt from although
            its part should be unseen.
        OSError: a file cannot be read or written.
        BundleInvalid: a bundle is damaged.
    """
    console = console or Console(quiet=True)
    part = cohort.read(split_seeds_of(models.values()))
    marks = marks_of(part.samples)
    refuse_leaks(marks, part.part, models.values())
    scores, written = {}, []
    for number, (name, place) in enumerate(models.items(), start=1):
        predictions = scored(read_scorer(place), part.samples, on_error, console)
        path = out / scores_name(number)
        write_predictions(path, predictions)
        written.append(path)
        scores[name] = by_study(predictions)
    comparison = compare(scores, threshold)
    published = PUBLISHED if part.form == "mura" else ()
    report = report_writer()(comparison, out, f"Evaluation on {part.name}", published)
    tables = comparison_tables(comparison, published)
    measured = {
        name: measured_of(part.name, part.unit, found)
        for name, found in comparison.measure().items()
    }
    kept_for = _keep(models, marks, measured) if threshold is None else {}
    return Evaluated(
        measured,
        tuple(tables[stem] for stem in _SHOWN if stem in tables),
        (*report, *written),
        kept_for,
    )


def measured_of(cohort: str, unit: str, found: Mapping[str, Figures]) -> Measured:
    """Figures by region, as they are kept for the model card."""
    regions = [region for region in found if region not in {OVERALL, UNKNOWN_REGION}]
    return Measured(
        cohort,
        unit,
        metrics_of(cohort, found[OVERALL]),
        found[OVERALL].calibration_error,
        {region: metrics_of(cohort, found[region]) for region in regions},
    )


def _keep(
    models: Mapping[str, Path], marks: Marks, measured: Mapping[str, Measured]
) -> dict[str, str]:
    """Keep figures in the run folders among the models that learnt from none of these images."""
    reasons = {}
    for name, place in models.items():
        if not RunFolder(place).weights_path.exists():
            reasons[name] = "a bundle does not say which images it learnt from"
            continue
        reasons[name] = not_unseen(marks, place)
        if not reasons[name]:
            add_evidence(place, measured=(measured[name],))
    return reasons
