"""Many objects from a few rendered radiographs: the same pixels under UIDs that are new each time.

Rendering takes seconds, and an object that was sent before would be answered as a duplicate
without being written.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

from pydicom import Dataset

from dicom_fixtures.uids import fixture_uid

VIEWS = 3  # of a study


@dataclass(frozen=True)
class StudyFiles:
    """A study on disk."""

    StudyInstanceUID: str
    SOPInstanceUIDs: tuple[str, ...]
    paths: tuple[Path, ...]


def write_copies(
    originals: Sequence[Dataset], folder: Path, label: str, studies: int
) -> list[StudyFiles]:
    """Write so many studies of `VIEWS` objects each, for which `originals` take turns.

    The UIDs follow from `label`, so another label gives other objects. `originals` are changed.
    """
    folder.mkdir(parents=True)
    return [
        _write_study(originals, folder / f"{number:03}", f"{label}|{number}")
        for number in range(studies)
    ]


def _write_study(originals: Sequence[Dataset], folder: Path, label: str) -> StudyFiles:
    folder.mkdir()
    study, series = fixture_uid(label, "study"), fixture_uid(label, "series")
    instances = tuple(fixture_uid(label, view) for view in range(VIEWS))
    paths = tuple(folder / f"{view}.dcm" for view in range(VIEWS))
    for view, (path, instance) in enumerate(zip(paths, instances, strict=True)):
        dataset = originals[view % len(originals)]
        dataset.StudyInstanceUID, dataset.SeriesInstanceUID = study, series
        dataset.SOPInstanceUID = dataset.file_meta.MediaStorageSOPInstanceUID = instance
        dataset.save_as(path, enforce_file_format=True)
    return StudyFiles(study, instances, paths)
