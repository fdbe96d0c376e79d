"""Lower-extremity radiographs in the form of LERA: a folder per patient, labels in a table.

Varma et al., Automated abnormality detection in lower extremity radiographs using deep learning,
Nature Machine Intelligence 1:578 (2019).

Expected in the folder: `labels.csv` with lines `patient,region,label` (a header line may come
first; label is 0 or 1), and for each patient a folder of that name with images at any depth. Each
folder that holds images is a study.
"""

import csv
from functools import partial
from pathlib import Path

from model_training.cohorts.image_files import IMAGE_SUFFIXES, read_image
from model_training.cohorts.patients import SHARES, divide_by_patient
from model_training.cohorts.sample import Part, Sample

NAME = "LERA"

_COLUMNS = 3


def lera(folder: Path, seed: int) -> dict[Part, list[Sample]]:
    """Read the labels and divide 70 : 15 : 15 by patients; no image is opened.

    Regions are what the table says, in capitals: ANKLE, FOOT, HIP, KNEE or others.

    Raises:
        ValueError: the table is not of the form above, or a patient has no image.
        OSError: the table cannot be read.
    """
    table = folder / "labels.csv"
    samples: list[Sample] = []
    seen: set[str] = set()
    with table.open(newline="", encoding="utf-8-sig") as opened:
        rows = [[cell.strip() for cell in row] for row in csv.reader(opened) if row]
    for number, row in enumerate(rows):
        if len(row) != _COLUMNS or row[2] not in {"0", "1"}:
            if number == 0:
                continue
            raise ValueError(f"{table}: {','.join(row)!r} is not patient, region and 0 or 1")
        patient, region, label = row
        if patient in seen:
            raise ValueError(f"{table} labels patient {patient} twice")
        seen.add(patient)
        samples += _patient(folder, patient, region.upper(), abnormal=label == "1")
    if not samples:
        raise ValueError(f"{table} labels nobody")
    return divide_by_patient(samples, SHARES, seed)


def _patient(folder: Path, patient: str, region: str, *, abnormal: bool) -> list[Sample]:
    images = sorted(
        path
        for path in (folder / patient).rglob("*")
        if path.suffix.lower() in IMAGE_SUFFIXES and not path.name.startswith(".")
    )
    if not images:
        raise ValueError(f"{folder / patient} holds no image")
    return [
        Sample(
            name=path.relative_to(folder).as_posix(),
            cohort=NAME,
            abnormal=abnormal,
            drawn=False,
            plain=True,
            read=partial(read_image, path),
            file=path,
            study=path.parent.relative_to(folder).as_posix(),
            patient=patient,
            region=region,
        )
        for path in images
    ]
