"""What a model said of images, as a CSV file, and of studies.

Columns: `study`, `region`, `label` (0 or 1), `probability` (0..1), `image` if there are several
rows to a study, and `operating_point`, the probability above which the model calls a study of this
region abnormal, if that is not 0.5. A study's probability is the mean of its images' (MURA, arXiv
1712.06957, 3.1).
"""

import csv
import math
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import numpy.typing as npt

from triage_agent.infer.bundle import DEFAULT_OPERATING_POINT
from triage_agent.infer.scores import study_probability

COLUMNS = ("study", "region", "label", "probability")
IMAGE = "image"
OPERATING_POINT = "operating_point"

# The region of images whose cohort does not say what they show.
UNKNOWN_REGION = "UNKNOWN"


@dataclass(frozen=True, slots=True)
class Prediction:
    """One image with its study's truth and the model's probability.

    Raises:
        ValueError: the probability or the operating point is outside 0..1, or the study or region
            has no name.
    """

    study: str
    region: str
    label: bool
    probability: float
    image: str = ""
    operating_point: float = DEFAULT_OPERATING_POINT

    def __post_init__(self) -> None:
        if not (self.study and self.region):
            raise ValueError("a study and its region must have names")
        if not 0.0 <= self.probability <= 1.0:
            raise ValueError(f"a probability lies in 0..1, not {self.probability}")
        if not 0.0 <= self.operating_point <= 1.0:
            raise ValueError(f"an operating point lies in 0..1, not {self.operating_point}")


@dataclass(frozen=True, slots=True)
class StudyScores:
    """Studies in the order of their first image, each named once.

    Attributes:
        studies: their names.
        regions: of each.
        labels: bool [N]; True is abnormal.
        probabilities: float64 [N], the mean over each study's images.
        image_probabilities: of each image, float64 [M].
        study_of_image: intp [M], which study each image belongs to.
        operating_points: float64 [N]; a study is called abnormal above its own.
    """

    studies: tuple[str, ...]
    regions: tuple[str, ...]
    labels: npt.NDArray[np.bool_]
    probabilities: npt.NDArray[np.float64]
    image_probabilities: npt.NDArray[np.float64]
    study_of_image: npt.NDArray[np.intp]
    operating_points: npt.NDArray[np.float64]

    def __len__(self) -> int:
        return len(self.studies)


def by_study(predictions: Iterable[Prediction]) -> StudyScores:
    """Gather images into studies.

    Raises:
        ValueError: there is no image, an image is listed twice, or the images of a study differ in
            label, region or operating point.
    """
    rows: dict[str, list[Prediction]] = {}
    for each in predictions:
        rows.setdefault(each.study, []).append(each)
    if not rows:
        raise ValueError("there is no prediction")
    for study, images in rows.items():
        if len({(each.region, each.label) for each in images}) > 1:
            raise ValueError(f"study {study} has images of different labels or regions")
        if len({each.operating_point for each in images}) > 1:
            raise ValueError(f"study {study} has images of different operating points")
        named = [each.image for each in images if each.image]
        if len(set(named)) < len(named):
            raise ValueError(f"study {study} lists an image twice")
    firsts = [images[0] for images in rows.values()]
    return StudyScores(
        studies=tuple(rows),
        regions=tuple(each.region for each in firsts),
        labels=np.array([each.label for each in firsts], dtype=np.bool_),
        probabilities=np.array(
            [study_probability([each.probability for each in images]) for images in rows.values()]
        ),
        image_probabilities=np.array(
            [each.probability for images in rows.values() for each in images]
        ),
        study_of_image=np.repeat(np.arange(len(rows)), [len(images) for images in rows.values()]),
        operating_points=np.array([each.operating_point for each in firsts]),
    )


def read_predictions(path: Path) -> list[Prediction]:
    """Read a predictions file; further columns are ignored.

    Raises:
        ValueError: a column is missing or a value is out of range; the message names the line.
        OSError: the file cannot be read.
    """
    predictions = []
    for line, row in read_rows(path, COLUMNS):
        try:
            predictions.append(
                Prediction(
                    study=row["study"],
                    region=row["region"],
                    label=parse_label(row["label"]),
                    probability=_parse_probability(row["probability"]),
                    image=row.get(IMAGE) or "",
                    operating_point=_parse_probability(
                        row.get(OPERATING_POINT) or str(DEFAULT_OPERATING_POINT)
                    ),
                )
            )
        except ValueError as error:
            raise ValueError(f"{path.name}, line {line}: {error}") from error
    return predictions


def write_predictions(path: Path, predictions: Sequence[Prediction]) -> None:
    """Write a file that `read_predictions` reads back to equal predictions.

    Raises:
        OSError: the file cannot be written.
    """
    path.parent.mkdir(parents=True, exist_ok=True)
    with path.open("w", newline="", encoding="utf-8") as opened:
        writer = csv.writer(opened, lineterminator="\n")
        writer.writerow((*COLUMNS, IMAGE, OPERATING_POINT))
        writer.writerows(
            (
                each.study,
                each.region,
                int(each.label),
                repr(each.probability),
                each.image,
                repr(each.operating_point),
            )
            for each in predictions
        )


def read_rows(path: Path, columns: Sequence[str]) -> list[tuple[int, Mapping[str, str]]]:
    """Read a CSV file with a header: the line number and the fields of each row.

    Raises:
        ValueError: the file is no UTF-8 text, lacks one of `columns`, or a row is short of fields.
        OSError: the file cannot be read.
    """
    # Spreadsheets put a byte order mark before the first column's name.
    with path.open(newline="", encoding="utf-8-sig") as opened:
        reader = csv.DictReader(opened)
        missing = [name for name in columns if name not in (reader.fieldnames or ())]
        if missing:
            raise ValueError(f"{path.name} has no column {', '.join(missing)}")
        rows: list[tuple[int, Mapping[str, str]]] = [(reader.line_num, row) for row in reader]
    for line, row in rows:
        if any(row[name] is None for name in columns):
            raise ValueError(f"{path.name}, line {line}: too few fields")
    return rows


def parse_label(text: str) -> bool:
    """Read 0 (normal) or 1 (abnormal).

    Raises:
        ValueError: it is neither.
    """
    if text.strip() not in {"0", "1"}:
        raise ValueError(f"a label is 0 or 1, not {text!r}")
    return text.strip() == "1"


def _parse_probability(text: str) -> float:
    value = float(text)
    if not math.isfinite(value):
        raise ValueError(f"a probability is a number, not {text!r}")
    return value
