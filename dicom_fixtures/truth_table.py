"""The answers to a folder of synthetic studies: `truth.csv` by image, `truth.json` by study."""

import csv
import json
from collections.abc import Iterable, Iterator
from dataclasses import asdict, astuple, dataclass, fields
from pathlib import Path

import numpy as np

from dicom_fixtures.pathology import Finding


@dataclass(frozen=True)
class FindingTruth:
    """One finding as one image shows it.

    Attributes:
        kind: What it is, such as `hairline fracture`.
        group: `fracture`, `hardware`, `degenerative joint disease` or `other`.
        place: The bone or joint that has it.
        sentence: One sentence in a radiologist's words.
        conspicuity: 0..1, how plainly it is drawn.
        box: First row, first column, last row and last column of its mask.
    """

    kind: str
    group: str
    place: str
    sentence: str
    conspicuity: float
    box: tuple[int, int, int, int]

    @classmethod
    def of(cls, finding: Finding) -> "FindingTruth":
        """What is to be written of a finding."""
        rows, columns = (np.flatnonzero(finding.mask.any(axis=axis)) for axis in (1, 0))
        box = (rows[0], columns[0], rows[-1], columns[-1]) if rows.size else (0, 0, 0, 0)
        return cls(
            kind=str(finding.kind),
            group=str(finding.group),
            place=finding.place,
            sentence=finding.sentence,
            conspicuity=round(float(finding.conspicuity), 3),
            box=tuple(int(each) for each in box),  # type: ignore[arg-type]
        )


@dataclass(frozen=True)
class ImageRecord:
    """One written image; paths are below the folder, with forward slashes."""

    file: str
    mask: str
    view: str
    abnormal: bool
    findings: tuple[FindingTruth, ...]
    finding: str


@dataclass(frozen=True)
class StudyRecord:
    """One written study.

    Attributes:
        study: Its folder below the folder that is written to.
        patient: PatientID, or the name of the patient's folder.
        study_uid: StudyInstanceUID; empty for pictures.
        accession_number: AccessionNumber; empty for pictures.
        region: One of the seven regions.
        laterality: `L` or `R`.
        age_years: Of the subject who is drawn.
        child: Whether the subject is not grown up.
        abnormal: Whether any image of the study shows a finding.
        stat: Whether it was ordered STAT.
        images: In the order of the views.
    """

    study: str
    patient: str
    study_uid: str
    accession_number: str
    region: str
    laterality: str
    age_years: int
    child: bool
    abnormal: bool
    stat: bool
    images: tuple[ImageRecord, ...]


@dataclass(frozen=True)
class TruthRow:
    """A line of `truth.csv`: what is true of one file.

    Attributes:
        file: Path of the image below the folder, with forward slashes.
        mask: Path of its mask, likewise.
        study: Folder of the study.
        patient: As in `StudyRecord`.
        study_uid: StudyInstanceUID.
        accession_number: AccessionNumber.
        region: One of the seven regions.
        view: `PA`, `LATERAL`, `OBLIQUE` or `AP OBLIQUE`.
        laterality: `L` or `R`.
        age_years: Of the subject.
        abnormal: 1 if this image shows a finding, else 0.
        study_abnormal: 1 if any image of the study does, else 0.
        kinds: Of the findings in this image, with semicolons between them.
        groups: Likewise.
        conspicuity: Of the plainest finding in this image; empty without one.
        finding: The truth of this image in words.
        stat: 1 or 0.
    """

    file: str
    mask: str
    study: str
    patient: str
    study_uid: str
    accession_number: str
    region: str
    view: str
    laterality: str
    age_years: int
    abnormal: int
    study_abnormal: int
    kinds: str
    groups: str
    conspicuity: str
    finding: str
    stat: int


def write_truth(folder: Path, records: Iterable[StudyRecord]) -> None:
    """Write `truth.csv`, header line first, and `truth.json`, both UTF-8."""
    kept = list(records)
    with (folder / "truth.csv").open("w", encoding="utf-8", newline="") as file:
        writer = csv.writer(file, lineterminator="\n")
        writer.writerow(field.name for field in fields(TruthRow))
        writer.writerows(astuple(row) for record in kept for row in _rows(record))
    text = json.dumps({"studies": [asdict(record) for record in kept]}, indent=1)
    (folder / "truth.json").write_text(f"{text}\n", encoding="utf-8", newline="")


def _rows(study: StudyRecord) -> Iterator[TruthRow]:
    for image in study.images:
        plainest = max((each.conspicuity for each in image.findings), default=None)
        yield TruthRow(
            file=image.file,
            mask=image.mask,
            study=study.study,
            patient=study.patient,
            study_uid=study.study_uid,
            accession_number=study.accession_number,
            region=study.region,
            view=image.view,
            laterality=study.laterality,
            age_years=study.age_years,
            abnormal=int(image.abnormal),
            study_abnormal=int(study.abnormal),
            kinds="; ".join(each.kind for each in image.findings),
            groups="; ".join(dict.fromkeys(each.group for each in image.findings)),
            conspicuity="" if plainest is None else f"{plainest:.3f}",
            finding=image.finding,
            stat=int(study.stat),
        )
