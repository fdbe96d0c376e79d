"""What human readers said of studies, and the gold standard made of three of them.

A readers' CSV file has the columns `study`, `reader` and `label` (0 or 1).
"""

from collections.abc import Iterable, Mapping, Sequence
from pathlib import Path

import numpy as np
import numpy.typing as npt

from model_training.evaluation.predictions import parse_label, read_rows

COLUMNS = ("study", "reader", "label")

# MURA, arXiv 1712.06957, section 3.2: the majority vote of three radiologists is the gold standard.
GOLD_READERS = 3

Readings = Mapping[str, Mapping[str, bool]]


def read_readers(paths: Iterable[Path]) -> Readings:
    """Read labels by reader and study from one or several files.

    Raises:
        ValueError: a column is missing, a label is not 0 or 1, or a reader gives two labels to a
            study.
        OSError: a file cannot be read.
    """
    readings: dict[str, dict[str, bool]] = {}
    for path in paths:
        for line, row in read_rows(path, COLUMNS):
            study, reader = row["study"], row["reader"]
            labels = readings.setdefault(reader, {})
            if study in labels:
                raise ValueError(f"{path.name}, line {line}: {reader} reads {study} twice")
            try:
                labels[study] = parse_label(row["label"])
            except ValueError as error:
                raise ValueError(f"{path.name}, line {line}: {error}") from error
    return readings


def labels_of(reader: str, readings: Readings, studies: Sequence[str]) -> npt.NDArray[np.bool_]:
    """What one reader said of each of `studies`, bool [N].

    Raises:
        ValueError: the reader is not known or has not read every study.
    """
    if reader not in readings:
        known = ", ".join(sorted(readings)) or "nobody"
        raise ValueError(f"there is no reader {reader}; there are: {known}")
    labels = readings[reader]
    missing = [study for study in studies if study not in labels]
    if missing:
        raise ValueError(
            f"{reader} has not read {len(missing)} of {len(studies)} studies, such as {missing[0]}"
        )
    return np.array([labels[study] for study in studies], dtype=np.bool_)


def gold_standard(
    readers: Sequence[str], readings: Readings, studies: Sequence[str]
) -> npt.NDArray[np.bool_]:
    """Majority vote of three different readers on each study, bool [N].

    Raises:
        ValueError: they are not three different readers, or one has not read every study.
    """
    if len(readers) != GOLD_READERS or len(set(readers)) != GOLD_READERS:
        raise ValueError(f"the gold standard needs {GOLD_READERS} different readers")
    votes = np.stack([labels_of(reader, readings, studies) for reader in readers])
    majority: npt.NDArray[np.bool_] = votes.sum(axis=0) * 2 > GOLD_READERS
    return majority
