"""The answers to a folder of synthetic studies: one line of `truth.csv` for each image."""

import csv
from collections.abc import Iterable
from dataclasses import astuple, dataclass, fields
from pathlib import Path


@dataclass(frozen=True)
class TruthRow:
    """What is true of one file.

    Attributes:
        file: Path below the folder, with forward slashes.
        mask: Path of the mask image below the folder; empty where none is written.
        study_uid: StudyInstanceUID.
        accession_number: AccessionNumber.
        region: One of the seven regions.
        view: `PA`, `LATERAL` or `OBLIQUE`.
        laterality: `L` or `R`.
        abnormal: 1 or 0.
        finding: One sentence.
        stat: 1 or 0.
    """

    file: str
    mask: str
    study_uid: str
    accession_number: str
    region: str
    view: str
    laterality: str
    abnormal: int
    finding: str
    stat: int


def write_truth(path: Path, rows: Iterable[TruthRow]) -> None:
    """Write the table, header line first, UTF-8."""
    with path.open("w", encoding="utf-8", newline="") as file:
        writer = csv.writer(file, lineterminator="\n")
        writer.writerow(field.name for field in fields(TruthRow))
        writer.writerows(astuple(row) for row in rows)
