from io import BytesIO

import pydicom
from pydicom.dataset import FileMetaDataset
from pydicom.uid import UID

from tests.encoded_objects import EXPLICIT, encoded, make_dataset
from triage_agent.dicom.part10 import (
    IMPLEMENTATION_CLASS_UID,
    IMPLEMENTATION_VERSION_NAME,
    file_head,
)


def head(**overrides: str) -> bytes:
    values = {"SOPClassUID": "1.2", "SOPInstanceUID": "1.2.30", "TransferSyntaxUID": EXPLICIT}
    return file_head(**(values | overrides))


def read_meta(made: bytes) -> FileMetaDataset:
    return pydicom.dcmread(BytesIO(made)).file_meta


def test_head_and_data_set_make_a_file_with_the_right_meta_information() -> None:
    dataset = make_dataset(PatientName="A^B")
    data = encoded(dataset)
    file = BytesIO(
        head(
            SOPClassUID=dataset.SOPClassUID,
            SOPInstanceUID=dataset.SOPInstanceUID,
            source_ae_title="MODALITY1",
        )
        + data
    )

    read = pydicom.dcmread(file)

    meta = read.file_meta
    assert meta.MediaStorageSOPClassUID == dataset.SOPClassUID
    assert meta.MediaStorageSOPInstanceUID == dataset.SOPInstanceUID
    assert meta.TransferSyntaxUID == EXPLICIT
    assert meta.ImplementationClassUID == IMPLEMENTATION_CLASS_UID
    assert meta.ImplementationVersionName == IMPLEMENTATION_VERSION_NAME
    assert meta.SourceApplicationEntityTitle == "MODALITY1"
    assert meta.FileMetaInformationVersion == b"\x00\x01"
    assert read.PatientName == "A^B"


def test_the_group_length_ends_where_the_data_set_begins() -> None:
    made = head()
    meta = read_meta(made)

    assert meta.FileMetaInformationGroupLength == len(made) - 128 - 4 - 12
    assert "SourceApplicationEntityTitle" not in meta


def test_odd_values_are_padded_and_long_titles_cut() -> None:
    meta = read_meta(head(SOPInstanceUID="1.2.3", source_ae_title="A TITLE THAT IS TOO LONG"))

    assert meta.MediaStorageSOPInstanceUID == "1.2.3"
    assert meta.SourceApplicationEntityTitle == "A TITLE THAT IS"


def test_what_we_say_of_ourselves_fits_its_elements() -> None:
    assert UID(IMPLEMENTATION_CLASS_UID).is_valid
    assert len(IMPLEMENTATION_VERSION_NAME) <= 16
    assert head() == head()
