"""Every transfer syntax gives the same pixels back, or says how far it strays."""

import struct
from collections.abc import Callable
from io import BytesIO
from pathlib import Path

import numpy as np
import pytest
from pydicom import Dataset, dcmread, dcmwrite
from pydicom.encaps import get_frame
from pydicom.uid import (
    HTJ2K,
    JPEG2000,
    UID,
    ExplicitVRBigEndian,
    HTJ2KLossless,
    HTJ2KLosslessRPCL,
    JPEG2000MCLossless,
    JPEGBaseline8Bit,
    JPEGExtended12Bit,
    JPEGLSNearLossless,
)

from dicom_fixtures import Habit, Voi, encoded, synthetic_study, transcoded
from dicom_fixtures.encode import (
    COMPRESSED_LOSSLESS,
    COMPRESSED_LOSSY,
    HIGH_THROUGHPUT,
    JPEG_LS_ERROR,
    LOSSLESS,
    WRITABLE,
)
from triage_agent.dicom.pixels import displayed
from triage_agent.dicom.transfer_syntaxes import ACCEPTED


def image(bits: int = 12) -> Dataset:
    study = synthetic_study(
        5, views=1, rows=70, columns=65, bits_stored=bits, abnormal=True, voi=Voi.LUT
    )
    return study.datasets[0]


def signed_image(bits: int = 12) -> Dataset:
    study = synthetic_study(
        5, views=1, rows=70, columns=65, bits_stored=bits, modality="CR", habits=(Habit.SIGNED,)
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
    [
        (JPEGBaseline8Bit, 24),
        (JPEGExtended12Bit, 24),
        (JPEGLSNearLossless, JPEG_LS_ERROR),
        (JPEG2000, 64),
    ],
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


def test_all_that_the_node_accepts_can_be_written():
    assert {str(syntax) for syntax in WRITABLE} == set(ACCEPTED)


@pytest.mark.parametrize("bits", [10, 12])
def test_twelve_bits_fit_into_extended_jpeg(bits: int):
    original = image(bits)

    again = displayed(reread(transcoded(original, JPEGExtended12Bit))[0])

    assert 0.0 < np.abs(again - displayed(original)).mean() < 0.01


@pytest.mark.parametrize("bits", [8, 12, 16])
@pytest.mark.parametrize("syntax", COMPRESSED_LOSSLESS, ids=lambda syntax: syntax.name)
def test_a_lossless_syntax_gives_back_signed_pixels(syntax: UID, bits: int):
    original = signed_image(bits)

    again, _ = reread(transcoded(original, syntax))

    np.testing.assert_array_equal(displayed(again), displayed(original))


@pytest.mark.integration
@pytest.mark.parametrize("bits", [8, 10, 16])
@pytest.mark.parametrize("form", [image, signed_image], ids=["unsigned", "signed"])
@pytest.mark.parametrize("syntax", HIGH_THROUGHPUT, ids=lambda syntax: syntax.name)
def test_high_throughput_jpeg_2000_gives_back_the_pixels(
    syntax: UID, form: Callable[[int], Dataset], bits: int
):
    original = form(bits)

    again, _ = reread(transcoded(original, syntax))

    assert again.file_meta.TransferSyntaxUID == syntax
    lossy = again.LossyImageCompression == "01"
    assert lossy == (syntax == HTJ2K)
    allowed = 0.02 if lossy else 0.0
    np.testing.assert_allclose(displayed(again), displayed(original), atol=allowed)


@pytest.mark.integration
def test_the_tile_lengths_of_an_rpcl_codestream_are_true():
    frame = get_frame(transcoded(image(), HTJ2KLosslessRPCL).PixelData, 0, number_of_frames=1)

    at = frame.index(b"\xff\x55\x00\x08")
    (length,) = struct.unpack_from(">I", frame, at + 6)
    assert frame[at + 10 : at + 12] == b"\xff\x90"
    assert frame.rstrip(b"\0")[at + 10 + length :] == b"\xff\xd9"


def test_without_its_encoder_high_throughput_jpeg_2000_says_what_to_install(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path
):
    monkeypatch.setenv("PATH", str(tmp_path))

    with pytest.raises(ValueError, match="openjph-tools"):
        transcoded(image(), HTJ2KLossless)


def test_what_cannot_be_encoded_is_refused():
    with pytest.raises(ValueError, match="no encoder"):
        transcoded(image(), JPEG2000MCLossless)
    with pytest.raises(ValueError, match="8 bits"):
        transcoded(image(12), JPEGBaseline8Bit)
    with pytest.raises(ValueError, match="12 bits"):
        transcoded(image(16), JPEGExtended12Bit)


@pytest.mark.parametrize("syntax", [JPEGBaseline8Bit, JPEGExtended12Bit])
def test_lossy_jpeg_of_signed_pixels_is_refused(syntax: UID):
    with pytest.raises(ValueError, match="signed"):
        transcoded(signed_image(8), syntax)


def test_an_overlay_in_the_pixels_cannot_be_compressed():
    dataset = synthetic_study(
        5, views=1, rows=70, columns=65, habits=(Habit.EMBEDDED_OVERLAY,), bits_stored=12
    ).datasets[0]

    with pytest.raises(ValueError, match="overlay"):
        transcoded(dataset, JPEGLSNearLossless)
