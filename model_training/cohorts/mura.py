"""MURA-v1.1 as it is distributed (Rajpurkar et al., arXiv 1712.06957).

Expected in the folder: `train_image_paths.csv` and `valid_image_paths.csv` (a path a line),
`train_labeled_studies.csv` and `valid_labeled_studies.csv` (a study and 0 or 1 a line), and the
images below `train` and `valid`. Paths in the lists begin with the name that the folder had when
it was published; the folder may have another one now.
"""

import csv
import re
from functools import partial
from pathlib import Path

from model_training.cohorts.image_files import read_image
from model_training.cohorts.patients import check_patients, divide_by_patient
from model_training.cohorts.sample import Part, Sample

NAME = "MURA-v1.1"

# Of the patients in the published training part: what the best epoch is chosen by.
VALIDATION_SHARE = 0.1

_STUDY = re.compile(r"(?:.*/)?XR_(?P<region>[A-Z]+)/(?P<patient>patient[^/]+)/(?P<study>[^/]+)")


def mura(
    folder: Path, seed: int, validation_share: float = VALIDATION_SHARE
) -> dict[Part, list[Sample]]:
    """Read the lists: `valid` becomes the test part, `train` is divided by patients.

    The published test part was never distributed; so the published validation part is what to
    measure on, and some of the training patients choose the epoch. With a share of 0 the epoch
    is chosen on `valid`, and there is no test part. All images of a study have its label. No
    image is opened.

    Raises:
        ValueError: a list is not of the form above, or a patient is on two sides.
        OSError: a list cannot be read.
    """
    train, valid = mura_part(folder, "train"), mura_part(folder, "valid")
    if validation_share:
        shares = {Part.TRAINING: 1.0 - validation_share, Part.VALIDATION: validation_share}
        divided = divide_by_patient(train, shares, seed)
        divided[Part.TEST] = valid
    else:
        divided = {Part.TRAINING: train, Part.VALIDATION: valid, Part.TEST: []}
    check_patients(divided)
    return divided


def mura_part(folder: Path, part: str) -> list[Sample]:
    """The images of `train` or `valid`, in the order of the list.

    Raises:
        ValueError: a list is not of the form above.
        OSError: a list cannot be read.
    """
    labels_file, paths_file = folder / f"{part}_labeled_studies.csv", f"{part}_image_paths.csv"
    labels = {}
    for row in _rows(labels_file):
        if len(row) != 2 or row[1] not in {"0", "1"}:  # noqa: PLR2004 (study and label)
            raise ValueError(f"{labels_file}: {','.join(row)!r} is not a study and 0 or 1")
        labels[row[0].rstrip("/")] = row[1] == "1"
    samples = []
    for row in _rows(folder / paths_file):
        study, _, _ = row[0].rpartition("/")
        if study not in labels:
            raise ValueError(f"{labels_file} has no label for the study of {row[0]}")
        found = _STUDY.fullmatch(study)
        if found is None:
            raise ValueError(f"{folder / paths_file}: {row[0]!r} names no region and patient")
        _, _, below = row[0].partition("/")
        samples.append(
            Sample(
                name=row[0],
                cohort=NAME,
                abnormal=labels[study],
                drawn=False,
                plain=True,
                read=partial(read_image, folder / below),
                file=folder / below,
                study=study,
                # One number is one patient in all regions.
                patient=found["patient"],
                region=found["region"],
            )
        )
    if not samples:
        raise ValueError(f"{folder / paths_file} lists no image")
    return samples


def _rows(path: Path) -> list[list[str]]:
    with path.open(newline="", encoding="utf-8-sig") as opened:
        return [row for row in csv.reader(opened) if row]
