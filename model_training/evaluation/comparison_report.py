"""Writing a comparison into a folder: tables as Markdown and CSV, plots as PNG."""

from collections.abc import Sequence
from pathlib import Path

from model_training.evaluation import plots
from model_training.evaluation.comparison import Comparison
from model_training.evaluation.comparison_tables import comparison_tables, file_stem
from model_training.evaluation.figures import OVERALL
from model_training.evaluation.published import Published
from model_training.evaluation.reliability import reliability_table

REPORT_NAME = "report.md"


def write_report(
    comparison: Comparison, folder: Path, title: str, published: Sequence[Published] = ()
) -> list[Path]:
    """Write all tables and plots, and return their paths, the readable report first.

    `report.md` holds all tables; each is beside it as CSV. Files of a model are numbered, for a
    name may hold what a file name may not.

    Raises:
        ValueError: the gold standard has no study of one class.
        OSError: a file cannot be written.
    """
    if comparison.gold.all() or not comparison.gold.any():
        raise ValueError("a comparison needs normal and abnormal studies in the gold standard")
    folder.mkdir(parents=True, exist_ok=True)
    tables = comparison_tables(comparison, published)
    written = []
    for stem, table in tables.items():
        path = folder / f"{stem}.csv"
        path.write_text(table.csv(), encoding="utf-8")
        written.append(path)
    report = folder / REPORT_NAME
    text = "\n".join(table.markdown() for table in tables.values())
    report.write_text(f"# {title}\n\n{_described(comparison)}\n\n{text}", encoding="utf-8")
    return [report, *written, *_plot(comparison, folder)]


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
        path = folder / f"confusion-{file_stem(number, name)}.png"
        plots.plot_confusion(path, name, found[OVERALL].confusion)
        written.append(path)
    return written


def _described(comparison: Comparison) -> str:
    studies, abnormal = len(comparison.gold), int(comparison.gold.sum())
    return f"{studies} studies, {abnormal} of them abnormal by the gold standard."
