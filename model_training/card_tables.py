"""The tables of a model card, as Markdown."""

from collections.abc import Sequence

from model_training.evaluation.estimate import Estimate
from model_training.evaluation.evidence import Found, Measured, Paired, Pointed, ScopeShare
from triage_agent.infer.provenance import DataSource, Metric

# In the order of columns; a bundle may hold others.
_TITLES = {
    "auc": "AUC",
    "accuracy": "Accuracy",
    "precision": "Precision",
    "f1": "F1",
    "cohen_kappa": "Cohen's kappa",
    "sensitivity": "Sensitivity",
    "specificity": "Specificity",
}

_NONE = "-"
_LEAST_P = 0.001


def sources_table(sources: Sequence[DataSource]) -> str:
    """Where images and first weights come from."""
    rows = [
        (source.name, source.role, str(source.images or _NONE), source.licence, source.citation)
        for source in sources
    ]
    return _table(("data", "used for", "images", "licence", "citation"), rows)


def metric_table(measured: Sequence[Measured]) -> str:
    """A row for each part of a cohort."""
    rows = [
        (
            each.cohort,
            f"{_count(each.metrics)} {each.unit}",
            *_cells(each.metrics),
            _NONE if each.calibration_error is None else f"{each.calibration_error:.3f}",
        )
        for each in measured
    ]
    return _table(("measured on", "number", *_TITLES.values(), "ECE"), rows)


def region_table(measured: Measured) -> str:
    """A row for each region of one part of a cohort."""
    rows = [
        (region.capitalize(), str(_count(metrics)), *_cells(metrics))
        for region, metrics in measured.by_region.items()
    ]
    return _table(("region", measured.unit, *_TITLES.values()), rows)


def pointing_table(pointed: Sequence[Pointed]) -> str:
    """A row for each cohort, a column for each figure."""
    names = list(dict.fromkeys(name for each in pointed for name in each.figures))
    rows = [
        (
            each.cohort,
            str(each.images),
            *(each.figures[name].text() if name in each.figures else _NONE for name in names),
        )
        for each in pointed
    ]
    return _table(("images", "number", *names), rows)


def paired_table(paired: Sequence[Paired]) -> str:
    """A row for each part of a cohort on which both were measured."""
    rows = [
        (
            each.cohort,
            str(each.images),
            f"{each.auc:.3f}",
            f"{each.other_auc:.3f} ({each.other})",
            each.difference.text(),
            f"{each.p_value:.3f}" if each.p_value >= _LEAST_P else f"< {_LEAST_P}",
        )
        for each in paired
    ]
    return _table(("measured on", "images", "AUC", "AUC of the other", "difference", "p"), rows)


def finding_table(found: Sequence[Found]) -> str:
    """A row for each kind of abnormality."""
    rows = [(each.finding, str(each.studies), each.sensitivity.text()) for each in found]
    return _table(("what is wrong", "studies", "Sensitivity"), rows)


def scope_table(shares: Sequence[ScopeShare]) -> str:
    """A row for each kind of image."""
    rows = [
        (each.name, "in" if each.in_scope else "out", str(each.images), each.assessed.text())
        for each in shares
    ]
    return _table(("images", "scope", "number", "assessed"), rows)


def _cells(metrics: Sequence[Metric]) -> list[str]:
    by_name = {metric.name: metric for metric in metrics}
    return [
        Estimate(metric.value, metric.low, metric.high, metric.interval).text()
        if (metric := by_name.get(name)) is not None
        else _NONE
        for name in _TITLES
    ]


def _count(metrics: Sequence[Metric]) -> int:
    return max((metric.images for metric in metrics), default=0)


def _table(header: Sequence[str], rows: Sequence[Sequence[str]]) -> str:
    lines = [header, ["---"] * len(header), *rows]
    return "\n".join(f"| {' | '.join(each.replace('|', '/') for each in line)} |" for line in lines)
