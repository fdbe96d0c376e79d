"""Writing a comparison into a folder: tables as Markdown and CSV, plots as PNG."""

import re
from pathlib import Path

from model_training.evaluation import paper_tables, plots
from model_training.evaluation.comparison import Comparison
from model_training.evaluation.figures import OVERALL, region_masks
from model_training.evaluation.reliability import reliability_table
from model_training.evaluation.tables import Table

REPORT_NAME = "comparison.md"


def write_report(comparison: Comparison, folder: Path) -> list[Path]:
    """Write all tables and plots, and return their paths, the readable report first.

    `comparison.md` holds all tables; each is beside it as CSV. Files of a model are numbered, for a
    name may hold what a file name may not.

    Raises:
        ValueError: the gold standard has no study of one class.
        OSError: a file cannot be written.
    """
    if comparison.gold.all() or not comparison.gold.any():
        raise ValueError("a comparison needs normal and abnormal studies in the gold standard")
    folder.mkdir(parents=True, exist_ok=True)
    tables = comparison_tables(comparison)
    written = []
    for stem, table in tables.items():
        path = folder / f"{stem}.csv"
        path.write_text(table.csv(), encoding="utf-8")
        written.append(path)
    report = folder / REPORT_NAME
    text = "\n".join(table.markdown() for table in tables.values())
    report.write_text(f"# Comparison\n\n{_described(comparison)}\n\n{text}", encoding="utf-8")
    return [report, *written, *_plot(comparison, folder)]


def comparison_tables(comparison: Comparison) -> dict[str, Table]:
    """All tables by a name that is fit for a file."""
    measured = comparison.measure()
    models = {rater.name: measured[rater.name] for rater in comparison.models}
    tables = {
        "kappa-by-region": paper_tables.kappa_by_region(measured),
        "figures-by-model": paper_tables.figures_by_model(models),
    }
    for number, (name, found) in enumerate(models.items(), start=1):
        tables[f"figures-by-study-type-{_stem(number, name)}"] = paper_tables.figures_by_study_type(
            name, found
        )
    tables["all-figures"] = paper_tables.all_figures(measured)
    tests = comparison.paired_tests()
    if tests:
        tables["delong"] = paper_tables.paired_tests(tests)
    for number, (name, scores) in enumerate(comparison.scores().items(), start=1):
        for group, chosen in region_masks(comparison.regions).items():
            bins = reliability_table(scores[chosen], comparison.gold[chosen])
            # Regions are data, too: their names are made fit for a file as well.
            tables[f"reliability-{_stem(number, name)}-{_plain(group)}"] = paper_tables.reliability(
                name, group, bins
            )
    return tables


def _plot(comparison: Comparison, folder: Path) -> list[Path]:
    measured = comparison.measure()
    scores, gold = comparison.scores(), comparison.gold
    readers = {each.name: measured[each.name][OVERALL].confusion for each in comparison.readers}
    names = ("roc.png", "precision-recall.png", "reliability.png")
    roc, precision_recall, reliability = (folder / name for name in names)
    plots.plot_roc(roc, scores, gold, readers)
    plots.plot_precision_recall(precision_recall, scores, gold)
    bins = {name: reliability_table(each, gold) for name, each in scores.items()}
    plots.plot_reliability(reliability, bins)
    written = [roc, precision_recall, reliability]
    for number, (name, found) in enumerate(measured.items(), start=1):
        path = folder / f"confusion-{_stem(number, name)}.png"
        plots.plot_confusion(path, name, found[OVERALL].confusion)
        written.append(path)
    return written


def _described(comparison: Comparison) -> str:
    studies, abnormal = len(comparison.gold), int(comparison.gold.sum())
    return f"{studies} studies, {abnormal} of them abnormal by the gold standard."


def _stem(number: int, name: str) -> str:
    return f"{number}-{_plain(name)}"


def _plain(name: str) -> str:
    return re.sub(r"[^a-z0-9]+", "-", name.lower()).strip("-")[:40] or "unnamed"
