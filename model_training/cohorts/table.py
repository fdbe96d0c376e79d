"""Any collection of images that a CSV describes, and the folders that dicom_fixtures writes."""

import csv
from collections.abc import Mapping
from functools import partial
from pathlib import Path
from typing import TypeVar

from model_training.cohorts.image_files import read_image
from model_training.cohorts.patients import SHARES, check_patients, divide_by_patient
from model_training.cohorts.sample import Mask, Part, Sample

Value = TypeVar("Value")

FIXTURES = "fixtures"

COLUMNS = ("path", "study", "patient", "region", "label")

_FIXTURE_COLUMNS = ("file", "mask", "study", "patient", "region", "abnormal", "study_abnormal")

_LABELS: Mapping[str, bool] = {
    "0": False,
    "1": True,
    "normal": False,
    "abnormal": True,
    "negative": False,
    "positive": True,
    "false": False,
    "true": True,
}

_PARTS: Mapping[str, Part] = {
    "training": Part.TRAINING,
    "train": Part.TRAINING,
    "validation": Part.VALIDATION,
    "valid": Part.VALIDATION,
    "test": Part.TEST,
}


def table(path: Path, seed: int) -> dict[Part, list[Sample]]:
    """Read a CSV with the columns path, study, patient, region, label and perhaps part.

    Paths are below the folder of the CSV unless they are absolute. Labels are 0 and 1, normal and
    abnormal, negative and positive, or false and true; parts are training, validation and test.
    Without parts, patients are divided 70 : 15 : 15. The cohort has the name of the file. No image
    is opened.

    Raises:
        ValueError: a column is missing, a value is not one of these, images of a study have
            different labels, or a patient is on two sides.
        OSError: the file cannot be read.
    """
    rows = _rows(path, COLUMNS)
    samples, parts = [], []
    for row in rows:
        samples.append(
            Sample(
                name=row["path"],
                cohort=path.stem,
                abnormal=_one_of(_LABELS, row["label"], path, "label"),
                drawn=False,
                plain=True,
                read=partial(read_image, path.parent / row["path"]),
                file=path.parent / row["path"],
                names_patients=True,
                study=row["study"],
                patient=row["patient"],
                region=row["region"].upper(),
            )
        )
        if "part" in row:
            parts.append(_one_of(_PARTS, row["part"], path, "part"))
    _check_studies(samples, path)
    if not parts:
        return divide_by_patient(samples, SHARES, seed)
    divided: dict[Part, list[Sample]] = {part: [] for part in Part}
    for part, sample in zip(parts, samples, strict=True):
        divided[part].append(sample)
    check_patients(divided)
    return divided


def fixtures(folder: Path, seed: int) -> dict[Part, list[Sample]]:
    """Read what `python -m dicom_fixtures make` wrote as DICOM or PNG, divided 70 : 15 : 15.

    An image has the label of its study, as in MURA, also where the finding shows in another view
    only. One that shows a finding has a mask. A folder in the form of MURA is read by `mura`.

    Raises:
        ValueError: truth.csv is not such a table.
        OSError: truth.csv cannot be read.
    """
    truth = folder / "truth.csv"
    samples = [
        Sample(
            name=row["file"],
            cohort=FIXTURES,
            abnormal=_one_of(_LABELS, row["study_abnormal"], truth, "label"),
            # They are all there is: none is to be left out in favour of real images.
            drawn=False,
            plain=True,
            read=partial(read_image, folder / row["file"]),
            file=folder / row["file"],
            study=row["study"],
            patient=row["patient"],
            region=row["region"],
            mask=partial(_mask, folder / row["mask"])
            if _one_of(_LABELS, row["abnormal"], truth, "label")
            else None,
        )
        for row in _rows(truth, _FIXTURE_COLUMNS)
    ]
    return divide_by_patient(samples, SHARES, seed)


def _mask(path: Path) -> Mask:
    return read_image(path) > 0.0


def _rows(path: Path, columns: tuple[str, ...]) -> list[dict[str, str]]:
    with path.open(newline="", encoding="utf-8-sig") as opened:
        reader = csv.DictReader(opened)
        missing = [name for name in columns if name not in (reader.fieldnames or ())]
        if missing:
            raise ValueError(f"{path} has no column {', '.join(missing)}")
        rows = []
        for row in reader:
            cells = {name: row[name] for name in (reader.fieldnames or ())}
            if None in cells.values():
                raise ValueError(f"{path}, line {reader.line_num}: too few values")
            rows.append({name: value.strip() for name, value in cells.items()})
    if not rows:
        raise ValueError(f"{path} lists no image")
    return rows


def _one_of(known: Mapping[str, Value], word: str, path: Path, what: str) -> Value:
    try:
        return known[word.lower()]
    except KeyError:
        raise ValueError(f"{path}: {word!r} is no {what}: {', '.join(known)}") from None


def _check_studies(samples: list[Sample], path: Path) -> None:
    labels: dict[tuple[str, str], bool] = {}
    for sample in samples:
        if sample.study:
            known = labels.setdefault((sample.patient, sample.study), sample.abnormal)
            if known is not sample.abnormal:
                raise ValueError(f"{path} gives study {sample.study} two labels")
