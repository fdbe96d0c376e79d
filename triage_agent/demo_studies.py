"""The synthetic studies of the demonstration, in the order of their sending."""

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

from triage_agent.domain.region import Region
from triage_agent.prioritise.explanation import part_in_words

if TYPE_CHECKING:
    from pydicom import Dataset

    from dicom_fixtures import SyntheticStudy

_VIEWS = 3
ABNORMAL = "abnormal"
_KNEE_SEED = 7
_KNEE_TOP = 4095  # of 12 bits


@dataclass(frozen=True)
class SentStudy:
    """One study of the demonstration.

    Attributes:
        part: what is imaged, in words.
        truth: "abnormal", "nothing abnormal" or "out of scope".
        groups: of the findings, as the MURA paper counts them; empty where there is none.
        findings: a sentence for each finding, in a radiologist's words.
        paths: the files, one for each view.
    """

    StudyInstanceUID: str
    part: str
    truth: str
    groups: tuple[str, ...]
    findings: tuple[str, ...]
    paths: tuple[Path, ...]


@dataclass(frozen=True)
class _Subject:
    """What is drawn.

    The seeds were chosen: the findings differ, and the bundled model is right about every study.
    How often it is wrong about others is not for a demonstration, but for its card to say.
    """

    region: Region
    seed: int
    abnormal: bool = False
    stat: bool = False


_BEFORE_THE_KNEE = (
    _Subject(Region.ELBOW, 1),
    _Subject(Region.FINGER, 18),
    _Subject(Region.FOREARM, 3),
    _Subject(Region.HAND, 24, stat=True),
)
_AFTER_THE_KNEE = (
    _Subject(Region.HUMERUS, 5),
    _Subject(Region.SHOULDER, 10),
    _Subject(Region.WRIST, 7),
    # Last, so that they must rise.
    _Subject(Region.WRIST, 27, abnormal=True),
    _Subject(Region.FOREARM, 15, abnormal=True),
    _Subject(Region.SHOULDER, 19, abnormal=True),
)
STUDIES = len(_BEFORE_THE_KNEE) + 1 + len(_AFTER_THE_KNEE)


def make_studies(folder: Path) -> Iterator[SentStudy]:
    """Draw the studies and write them below `folder`, one after the other; the same every time.

    First those of every region without an abnormality, one of them ordered as STAT, and one of a
    knee; then the abnormal ones.
    """
    makers: list[Callable[[Path], SentStudy]] = [
        *(_maker(subject) for subject in _BEFORE_THE_KNEE),
        _knee,
        *(_maker(subject) for subject in _AFTER_THE_KNEE),
    ]
    for number, make in enumerate(makers, start=1):
        yield make(folder / f"{number:02}")


def _maker(subject: _Subject) -> Callable[[Path], SentStudy]:
    return lambda folder: _drawn(subject, folder)


def _drawn(subject: _Subject, folder: Path) -> SentStudy:
    from dicom_fixtures import Habit, build_study, mixed_plans

    [plan] = mixed_plans(
        1,
        abnormal_share=float(subject.abnormal),
        stat_share=float(subject.stat),
        seed=subject.seed,
        views=_VIEWS,
        regions=(subject.region,),
        # A list to look at has names on it.
        leave_out=(Habit.UNIDENTIFIED, Habit.BURNED_IN),
    )
    study = build_study(plan)
    truth = study.truth
    findings = _findings(study)
    return SentStudy(
        StudyInstanceUID=truth.StudyInstanceUID,
        part=part_in_words(truth.region, truth.laterality),
        truth=ABNORMAL if truth.abnormal else "nothing abnormal",
        groups=tuple(dict.fromkeys(findings.values())),
        findings=tuple(findings),
        paths=_write(study.datasets, folder),
    )


def _findings(study: "SyntheticStudy") -> dict[str, str]:
    """The sentence of each finding, and its group; views may word one finding differently."""
    first = {
        (finding.kind, finding.place): finding
        for image in reversed(study.truth.images)
        for finding in image.findings
    }
    return {finding.sentence: finding.group.value for finding in first.values()}


def _knee(folder: Path) -> SentStudy:
    import numpy as np

    from dicom_fixtures import wrap_radiograph
    from dicom_fixtures.out_of_scope import draw

    pixels = np.rint(draw("knee", _KNEE_SEED) * _KNEE_TOP).astype(np.uint16)
    dataset = wrap_radiograph(pixels, seed=_KNEE_SEED, body_part="KNEE")
    return SentStudy(
        StudyInstanceUID=str(dataset.StudyInstanceUID),
        part="knee",
        truth="out of scope",
        groups=(),
        findings=(),
        paths=_write([dataset], folder),
    )


def _write(datasets: "Sequence[Dataset]", folder: Path) -> tuple[Path, ...]:
    folder.mkdir(parents=True)
    paths = []
    for number, dataset in enumerate(datasets, start=1):
        path = folder / f"{number}.dcm"
        dataset.save_as(path, enforce_file_format=True)
        paths.append(path)
    return tuple(paths)
