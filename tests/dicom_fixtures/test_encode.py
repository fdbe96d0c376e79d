"""Every transfer syntax gives the same pixels back, or says how far it strays."""

from io import BytesIO

import numpy as np
import pytest
from pydicom import Dataset, dcmread, dcmwrite
from pydicom.uid import (
    JPEG2000,
    UID,
    ExplicitVRBigEndian,
    JPEGBaseline8Bit,
    JPEGExtended12Bit,
    JPEGLSNearLossless,
)

from dicom_fixtures import Voi, encoded, synthetic_study, transcoded
from dicom_fixtures.encode import COMPRESSED_LOSSY, JPEG_LS_ERROR, LOSSLESS


def image(bits: int = 12) -> Dataset:
    study = synthetic_study(
        5, views=1, rows=70, columns=65, bits_stored=bits, abnormal=True, voi=Voi.LUT
    )
    return study.datasets[0]


def reread(dataset: Dataset) -> tuple[Dataset, bytes]:
    file = BytesIO()
    dcmwrite(file, dataset, enforce_file_format=True)
    return dcmread(BytesIO(file.getvalue())), file.getvalue()


@pytest.mark.parametrize("bits", [8, 10, 16])
@pytest.mark.parametrize("syntax", LOSSLESS, ids=lambda syntax: syntax.name)
def test_a_lossless_syntax_gives_back_the_same_pixels(syntax: UID, bits: int):
    original = image(bits)

    again, _ = reread(transcoded(original, syntax))

    assert again.file_meta.TransferSyntaxUID == syntax
    assert again.SOPInstanceUID == original.SOPInstanceUID
    assert again.LossyImageCompression == "00"
    np.testing.assert_array_equal(again.pixel_array, original.pixel_array)


@pytest.mark.parametrize(
    ("syntax", "error"),
    [(JPEGBaseline8Bit, 24), (JPEGLSNearLossless, JPEG_LS_ERROR), (JPEG2000, 64)],
)
def test_a_lossy_syntax_is_near_and_says_so(syntax: UID, error: int):
    original = image(8)

    again, _ = reread(transcoded(original, syntax))

    strays = np.abs(again.pixel_array.astype(int) - original.pixel_array.astype(int))
    assert 0 < strays.max() <= error
    assert again.LossyImageCompression == "01"
    assert float(again.LossyImageCompressionRatio) > 1.0
    assert again.LossyImageCompressionMethod.startswith("ISO_")


@pytest.mark.parametrize("syntax", [*LOSSLESS, *COMPRESSED_LOSSY], ids=lambda syntax: syntax.name)
def test_the_encoded_data_set_is_the_file_without_its_meta_information(syntax: UID):
    changed = transcoded(image(8), syntax)

    _, file = reread(changed)

    body = encoded(changed)
    assert len(body) % 2 == 0
    assert file.endswith(body)
    assert b"DICM" not in body[:200]


def test_big_endian_swaps_the_lookup_table_too():
    original = image()

    again, _ = reread(transcoded(original, ExplicitVRBigEndian))

    table, before = (one.VOILUTSequence[0].LUTData for one in (again, original))
    assert np.array_equal(np.frombuffer(table, ">u2"), np.frombuffer(before, "<u2"))


def test_the_original_is_left_alone():
    original = image()
    before = encoded(original)

    transcoded(original, ExplicitVRBigEndian)

    assert encoded(original) == before


def test_a_study_can_be_asked_for_in_any_syntax():
    study = synthetic_study(5, views=1, rows=70, columns=65, transfer_syntax=JPEGLSNearLossless)
    plain = synthetic_study(5, views=1, rows=70, columns=65)

    assert study.datasets[0].file_meta.TransferSyntaxUID == JPEGLSNearLossless
    assert study.datasets[0].SOPInstanceUID == plain.datasets[0].SOPInstanceUID


def test_what_cannot_be_encoded_is_refused():
    with pytest.raises(ValueError, match="no encoder"):
        transcoded(image(), JPEGExtended12Bit)
    with pytest.raises(ValueError, match="8 bits"):
        transcoded(image(12), JPEGBaseline8Bit)
