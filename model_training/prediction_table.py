"""Deciding about the studies of a list of images, as submissions to the MURA competition did.

The list has the path of an image on each line; a study is the folder that its images lie in. The
answer has a line `study/,0` or `study/,1` for each study, in the order of first appearance.
"""

import csv
import re
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np

from model_training.cohorts.image_files import OnError, UnreadableImage, read_image
from model_training.cohorts.sample import Sample
from model_training.evaluation.scorers import Scorer
from triage_agent.domain.region import Region
from triage_agent.infer.bundle import AnyBundle
from triage_agent.infer.scores import is_abnormal, study_probability

_REGION = re.compile(r"(?:^|/)XR_([A-Z]+)/")


@dataclass(frozen=True, slots=True)
class StudyDecision:
    """What was decided about a study.

    Attributes:
        study: its folder as the list names it, with a slash at the end.
        probability: mean of its images' calibrated probabilities.
        abnormal: whether that lies above the operating point of its region.
    """

    study: str
    probability: float
    abnormal: bool


def listed_studies(path: Path) -> dict[str, list[str]]:
    """The image paths of each study, in the order of the list.

    Raises:
        ValueError: the list names no image.
        OSError: it cannot be read.
    """
    studies: dict[str, list[str]] = {}
    with path.open(newline="", encoding="utf-8-sig") as opened:
        for row in csv.reader(opened):
            if row and row[0].strip():
                image = row[0].strip()
                studies.setdefault(f"{image.rpartition('/')[0]}/", []).append(image)
    if not studies:
        raise ValueError(f"{path} names no image")
    return studies


def located(image: str, beside: Path) -> Path:
    """Where an image of a list is.

    A relative path is tried from the working folder, then from the folder of the list, then with
    the list lying inside the folder that the path begins with, as the lists of MURA-v1.1 do.
    """
    candidates = (Path(image), beside / image, beside / image.partition("/")[2])
    return next((each for each in candidates if each.is_file()), candidates[0])


def decide(
    studies: Mapping[str, Sequence[str]],
    beside: Path,
    scorer: Scorer,
    bundle: AnyBundle,
    *,
    region: Region | None = None,
    on_error: OnError = OnError.STOP,
    on_image: Callable[[], None] = lambda: None,
    report: Callable[[str], None] = lambda _: None,
) -> list[StudyDecision]:
    """Score every study as the node would: calibration and operating point are the bundle's.

    A study without any readable image is reported and left out: nothing is normal because it
    could not be read.

    Args:
        studies: image paths by study.
        beside: the folder of the list.
        scorer: the bundle's network, or its members together.
        bundle: what to decide by.
        region: of all studies; by default the one that the path names as `XR_WRIST` does.
        on_error: what to do about an unreadable image.
        on_image: called after each image.
        report: told what was left out.

    Raises:
        UnreadableImage: an image cannot be read, and `on_error` says stop.
        ValueError: a study is of no region that the bundle is for.
    """
    regions = {study: region or _region_of(study, bundle) for study in studies}
    decisions = []

    def left_out(error: UnreadableImage) -> None:
        report(str(error))
        on_image()

    skipping = left_out if on_error is OnError.SKIP else None
    for study, paths in studies.items():
        samples = [_unlabelled(path, beside, regions[study]) for path in paths]
        probabilities = []
        for prediction in scorer.predict(samples, skipping):
            probabilities.append(prediction.probability)
            on_image()
        if not probabilities:
            report(f"{study}: none of its images can be read; it is not in the answer")
            continue
        probability = study_probability(probabilities)
        point = bundle.operating_point(regions[study])
        decisions.append(StudyDecision(study, probability, is_abnormal(probability, point)))
    return decisions


def write_decisions(path: Path, decisions: Sequence[StudyDecision]) -> None:
    """Write a line `study/,0` or `study/,1` for each study, without a header.

    Raises:
        OSError: it cannot be written.
    """
    with path.open("w", newline="", encoding="utf-8") as opened:
        writer = csv.writer(opened, lineterminator="\n")
        writer.writerows((each.study, int(each.abnormal)) for each in decisions)


def _region_of(study: str, bundle: AnyBundle) -> Region:
    found = _REGION.search(study)
    named = found.group(1) if found else ""
    if named not in {region.value for region in bundle.regions}:
        raise ValueError(
            f"{study} names no region that the model is for "
            f"({', '.join(f'XR_{region}' for region in bundle.regions)}); give it with --region"
        )
    return Region(named)


def _unlabelled(path: str, beside: Path, region: Region) -> Sample:
    def read() -> np.ndarray[tuple[int, ...], np.dtype[np.float32]]:
        return read_image(located(path, beside))

    # Nothing looks at the label of what is to be decided.
    return Sample(
        path,
        "to be decided",
        abnormal=False,
        drawn=False,
        plain=True,
        read=read,
        region=region.value,
    )
