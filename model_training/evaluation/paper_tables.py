"""Results in the layout of the two papers that this project follows.

MURA: Rajpurkar et al., arXiv 1712.06957, Table 2. MuRAD: Mehr, arXiv 2010.12030, Tables 3 and 4.
The papers' own figures can stand beside.
"""

from collections.abc import Mapping, Sequence

from model_training.evaluation.delong import PairedTest
from model_training.evaluation.figures import OVERALL, Figures
from model_training.evaluation.published import NOTE, Published
from model_training.evaluation.reliability import Bin
from model_training.evaluation.tables import Cell, Table

# By region, with `OVERALL` last.
Measured = Mapping[str, Figures]

_MURAD = ("Accuracy", "Precision", "Recall", "F1 score", "Cohen's kappa")

_KAPPA_NOTE = (
    "Cohen's kappa with its 95% interval by McHugh's standard error (Biochemia Medica 2012). "
    "MURA prints much narrower intervals than this formula gives."
)


def kappa_by_region(raters: Mapping[str, Measured], published: Sequence[Published] = ()) -> Table:
    """MURA's Table 2: a row for each region and one overall, a column for each reader and model.

    Raises:
        ValueError: there is no rater.
    """
    if not raters:
        raise ValueError("a table needs at least one reader or model")
    groups = next(iter(raters.values()))
    return Table(
        "Agreement with the gold standard (layout of MURA, Table 2)",
        ("Region", *raters, *(f"{each.name} (published)" for each in published)),
        tuple(
            (
                _titled(group),
                *(measured[group].kappa for measured in raters.values()),
                *(each.kappa.get(group) for each in published),
            )
            for group in groups
        ),
        _noted(_KAPPA_NOTE, published),
    )


def figures_by_model(models: Mapping[str, Measured], published: Sequence[Published] = ()) -> Table:
    """MuRAD's Table 3: a row for each architecture, measured over all regions."""
    return Table(
        "Performance of each model (layout of MuRAD, Table 3)",
        ("Model", *_MURAD),
        (
            *((name, *_murad_cells(measured[OVERALL])) for name, measured in models.items()),
            *(
                (f"{p.name} (published)", None, None, p.recall, p.f1, p.kappa.get(OVERALL))
                for p in published
            ),
        ),
        _noted("Figures of studies, each with its 95% interval.", published),
    )


def figures_by_study_type(name: str, measured: Measured) -> Table:
    """MuRAD's Table 4: a row for each study type of one model, and one overall."""
    return Table(
        f"Performance of {name} by study type (layout of MuRAD, Table 4)",
        ("Study type", *_MURAD),
        tuple((_titled(group), *_murad_cells(found)) for group, found in measured.items()),
        "Figures of studies, each with its 95% interval.",
    )


def all_figures(raters: Mapping[str, Measured], published: Sequence[Published] = ()) -> Table:
    """Every figure of every reader and model in every region."""
    return Table(
        "All figures",
        (
            "Reader or model", "Region", "Studies", "Abnormal", "Accuracy", "Precision",
            "Sensitivity", "Specificity", "F1 score", "Cohen's kappa", "AUROC", "ECE",
            "TP", "FP", "FN", "TN",
        ),
        (
            *(
                (name, _titled(group), *_all_cells(found))
                for name, measured in raters.items()
                for group, found in measured.items()
            ),
            *(
                (
                    f"{p.name} (published)", OVERALL, p.studies, None, None, None, p.recall,
                    p.specificity, p.f1, p.kappa.get(OVERALL), p.auroc, *(None,) * 5,
                )
                for p in published
            ),
        ),
        _noted(
            "Intervals: Wilson (shares, F1 through the Jaccard share), McHugh (kappa), DeLong "
            "(AUROC).",
            published,
        ),
    )  # fmt: skip


def paired_tests(tests: Sequence[tuple[str, str, str, PairedTest]]) -> Table:
    """DeLong's test of each pair of models: first, second, region, and what was found."""
    return Table(
        "AUROC of two models compared by DeLong's test",
        ("First", "Second", "Region", "AUROC first", "AUROC second", "Difference", "z", "p"),
        tuple(
            (one, other, _titled(group), t.first, t.second, t.difference, t.z, t.p_value)
            for one, other, group, t in tests
        ),
        "Two-sided p values, not corrected for the number of comparisons.",
    )


def reliability(name: str, group: str, bins: Sequence[Bin]) -> Table:
    """How often studies of each range of probability are abnormal."""
    return Table(
        f"Reliability of {name}: {_titled(group)}",
        ("From", "To", "Studies", "Mean probability", "Share abnormal"),
        tuple((b.low, b.high, b.studies, b.mean_probability, b.abnormal) for b in bins),
    )


def _murad_cells(found: Figures) -> tuple[Cell, ...]:
    return found.accuracy, found.precision, found.recall, found.f1, found.kappa


def _all_cells(found: Figures) -> tuple[Cell, ...]:
    counts = found.confusion
    return (
        found.studies, found.abnormal, found.accuracy, found.precision, found.recall,
        found.specificity, found.f1, found.kappa, found.auroc, found.calibration_error,
        counts.true_positive, counts.false_positive, counts.false_negative, counts.true_negative,
    )  # fmt: skip


def _titled(region: str) -> str:
    return region.capitalize()


def _noted(note: str, published: Sequence[Published]) -> str:
    return f"{note} {NOTE}" if published else note
