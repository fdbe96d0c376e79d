"""All tables of a comparison."""

import re
from collections.abc import Sequence

from model_training.evaluation import paper_tables
from model_training.evaluation.comparison import Comparison
from model_training.evaluation.figures import region_masks
from model_training.evaluation.published import Published
from model_training.evaluation.reliability import reliability_table
from model_training.evaluation.tables import Table


def comparison_tables(
    comparison: Comparison, published: Sequence[Published] = ()
) -> dict[str, Table]:
    """All tables by a name that is fit for a file, with published figures beside some."""
    measured = comparison.measure()
    models = {rater.name: measured[rater.name] for rater in comparison.models}
    tables = {
        "kappa-by-region": paper_tables.kappa_by_region(measured, published),
        "figures-by-model": paper_tables.figures_by_model(models, published),
    }
    for number, (name, found) in enumerate(models.items(), start=1):
        tables[f"figures-by-study-type-{file_stem(number, name)}"] = (
            paper_tables.figures_by_study_type(name, found)
        )
    tables["all-figures"] = paper_tables.all_figures(measured, published)
    tests = comparison.paired_tests()
    if tests:
        tables["delong"] = paper_tables.paired_tests(tests)
    for number, (name, scores) in enumerate(comparison.scores().items(), start=1):
        for group, chosen in region_masks(comparison.regions).items():
            bins = reliability_table(scores[chosen], comparison.gold[chosen])
            # Regions are data, too: their names are made fit for a file as well.
            tables[f"reliability-{file_stem(number, name)}-{_plain(group)}"] = (
                paper_tables.reliability(name, group, bins)
            )
    return tables


def file_stem(number: int, name: str) -> str:
    """A number and what of a name is fit for a file: several models may share the latter."""
    return f"{number}-{_plain(name)}"


def _plain(name: str) -> str:
    return re.sub(r"[^a-z0-9]+", "-", name.lower()).strip("-")[:40] or "unnamed"
