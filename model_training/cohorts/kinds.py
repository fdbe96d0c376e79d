"""The kinds of cohorts by name, as commands take them."""

from collections.abc import Callable, Iterable, Mapping
from pathlib import Path

from model_training.cohorts import fracatlas, lera, mura, table
from model_training.cohorts.patients import joined
from model_training.cohorts.sample import Part, Sample

Reader = Callable[[Path, int], dict[Part, list[Sample]]]

# Each reads a folder or file and a seed, which divides what does not come divided.
COHORTS: Mapping[str, Reader] = {
    "mura": mura.mura,
    "lera": lera.lera,
    "csv": table.table,
    "fixtures": table.fixtures,
    "fracatlas": fracatlas.fracatlas,
}


def cohort_samples(cohorts: Iterable[str], seed: int) -> dict[Part, list[Sample]]:
    """The samples of all cohorts, each given as `kind=path`.

    Raises:
        ValueError: a kind is unknown, a cohort is not of its form, or a patient is on two sides.
        OSError: a table cannot be read.
    """
    divided = []
    for cohort in cohorts:
        kind, _, path = cohort.partition("=")
        if kind not in COHORTS or not path:
            raise ValueError(f"--data {cohort}: write one of {', '.join(COHORTS)}, = and a path")
        divided.append(COHORTS[kind](Path(path), seed))
    return joined(divided)
