from pathlib import Path

import pydicom
import pytest
from pydicom.uid import UID

from tests.encoded_objects import EXPLICIT, make_dataset
from triage_agent.adapters.dimse.folder_archive import serve_folder
from triage_agent.adapters.dimse.sender import send_files


def write(path: Path, **elements: object) -> Path:
    dataset = make_dataset(**elements)
    dataset.file_meta = pydicom.dataset.FileMetaDataset()
    dataset.file_meta.TransferSyntaxUID = UID(EXPLICIT)
    dataset.file_meta.MediaStorageSOPClassUID = dataset.SOPClassUID
    dataset.file_meta.MediaStorageSOPInstanceUID = dataset.SOPInstanceUID
    dataset.save_as(path, enforce_file_format=True)
    return path


@pytest.mark.parametrize(("modality", "prefix"), [("DX", "DX-"), ("D_X", "object-")])
def test_objects_become_files(tmp_path: Path, modality: str, prefix: str) -> None:
    file = write(tmp_path / "sent.dcm", Modality=modality)
    folder = tmp_path / "archive"

    with serve_folder(folder, ae_title="ARCHIVE") as port:
        for _ in range(2):
            sent = send_files(
                [file], host="127.0.0.1", port=port, called="ARCHIVE", calling="SENDER"
            )
            assert sent.taken == (file,)

    (kept,) = folder.iterdir()
    assert kept.name.startswith(prefix)
    assert kept.suffix == ".dcm"
    assert pydicom.dcmread(kept) == pydicom.dcmread(file)


def test_what_is_no_object_is_refused(tmp_path: Path) -> None:
    file = write(tmp_path / "sent.dcm", StudyInstanceUID=None)

    with serve_folder(tmp_path / "archive", ae_title="ARCHIVE") as port:
        sent = send_files([file], host="127.0.0.1", port=port, called="ARCHIVE", calling="SENDER")

    assert [path for path, _ in sent.failed] == [file]
    assert list((tmp_path / "archive").iterdir()) == []
