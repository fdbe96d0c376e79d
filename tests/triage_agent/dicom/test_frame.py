import numpy as np
import pytest
from pydicom import Dataset
from pydicom.encaps import encapsulate, get_frame
from pydicom.uid import (
    MPEG2MPML,
    JPEG2000Lossless,
    JPEGBaseline8Bit,
    JPEGLSLossless,
    RLELossless,
)

from tests.triage_agent.dicom.images import make_image
from triage_agent.dicom.frame import decode_frame
from triage_agent.dicom.pixel_layout import read_layout
from triage_agent.dicom.pixels import displayed
from triage_agent.errors import PixelsUnreadable

PIXELS = (np.arange(64 * 48, dtype="<u2").reshape(64, 48) * 5) % 4096


def compressed(syntax: str, **elements: int) -> Dataset:
    dataset = make_image(PIXELS, BitsStored=12, **elements)
    dataset.compress(syntax, generate_instance_uid=False)
    return dataset


def refusal(dataset: Dataset) -> str:
    with pytest.raises(PixelsUnreadable) as caught:
        decode_frame(dataset, read_layout(dataset))
    return str(caught.value)


@pytest.mark.parametrize("syntax", [RLELossless, JPEGLSLossless, JPEG2000Lossless])
def test_compressed_frames_are_what_was_stored(syntax: str) -> None:
    dataset = compressed(syntax)
    frame = decode_frame(dataset, read_layout(dataset))
    np.testing.assert_array_equal(frame.containers, PIXELS)
    assert (frame.bits, frame.shift) == (12, 0)


@pytest.mark.parametrize("syntax", [RLELossless, JPEGLSLossless, JPEG2000Lossless])
def test_negative_values_survive_compression(syntax: str) -> None:
    pixels = PIXELS.astype("<i2") - 2048
    dataset = make_image(pixels, BitsStored=12)
    expected = displayed(dataset)
    dataset.compress(syntax, generate_instance_uid=False)
    np.testing.assert_array_equal(displayed(dataset), expected)


def test_rle_keeps_unused_bits_where_they_were() -> None:
    dataset = make_image((PIXELS << 4).astype("<u2"), BitsStored=12, HighBit=15)
    expected = displayed(dataset)
    dataset.compress(RLELossless, generate_instance_uid=False)
    np.testing.assert_array_equal(displayed(dataset), expected)


def test_a_codestream_with_more_bits_than_are_declared_is_believed() -> None:
    dataset = compressed(JPEG2000Lossless)
    dataset.BitsStored, dataset.HighBit = 10, 9
    frame = decode_frame(dataset, read_layout(dataset))
    np.testing.assert_array_equal(frame.containers, PIXELS)
    assert frame.bits == 12


def test_small_samples_may_come_in_small_containers() -> None:
    pixels = np.arange(64 * 48, dtype="<u2").reshape(64, 48) % 200
    dataset = make_image(pixels, BitsStored=8)
    expected = displayed(dataset)
    dataset.compress(JPEGLSLossless, generate_instance_uid=False)
    np.testing.assert_array_equal(displayed(dataset), expected)


def test_a_pad_byte_is_no_pixel() -> None:
    dataset = make_image(np.array([[1, 2, 3]], dtype="u1"))
    dataset.PixelData += b"\0"
    assert displayed(dataset).tolist() == [[0.0, 0.5, 1.0]]


@pytest.mark.parametrize("change", [-1, -96, 96, 6144])
def test_another_length_than_declared_is_refused(change: int) -> None:
    dataset = make_image(PIXELS)
    dataset.PixelData = (dataset.PixelData * 2)[: 6144 + change]
    assert refusal(dataset) == f"6144 bytes of pixels are declared, {6144 + change} are there"


def test_absent_pixels_are_refused() -> None:
    dataset = make_image(PIXELS)
    del dataset.PixelData
    assert refusal(dataset) == "there are no pixel data"


def test_an_unknown_transfer_syntax_is_refused() -> None:
    dataset = make_image(PIXELS)
    del dataset.file_meta.TransferSyntaxUID
    assert refusal(dataset) == "the transfer syntax is not known"
    del dataset.file_meta
    assert refusal(dataset) == "the transfer syntax is not known"


def test_a_forged_size_is_refused_before_decoding() -> None:
    dataset = compressed(JPEG2000Lossless)
    dataset.Rows, dataset.Columns = 8192, 8192
    assert "are declared from" in refusal(dataset)


@pytest.mark.parametrize("syntax", [JPEGLSLossless, JPEG2000Lossless])
def test_a_codestream_of_another_size_is_refused(syntax: str) -> None:
    dataset = compressed(syntax)
    dataset.Rows = 63
    assert "the compressed image has 64 x 48 of 1 components" in refusal(dataset)


def test_samples_larger_than_their_container_are_refused() -> None:
    dataset = compressed(JPEG2000Lossless)
    dataset.BitsAllocated, dataset.BitsStored, dataset.HighBit = 8, 8, 7
    assert refusal(dataset) == "the compressed image has samples of 12 bits"


def test_damaged_pixels_are_refused() -> None:
    dataset = compressed(JPEG2000Lossless)
    frame = get_frame(dataset.PixelData, 0, number_of_frames=1)
    dataset.PixelData = encapsulate([frame[:60] + b"\0" * (len(frame) - 60)])
    assert "cannot be decoded (JPEG 2000" in refusal(dataset)


def test_frames_that_are_not_encapsulated_are_refused() -> None:
    dataset = make_image(PIXELS, syntax=JPEGBaseline8Bit)
    assert "cannot be decoded (JPEG Baseline" in refusal(dataset)


def test_a_syntax_without_a_decoder_is_refused() -> None:
    dataset = compressed(JPEG2000Lossless)
    dataset.file_meta.TransferSyntaxUID = MPEG2MPML
    assert "cannot be decoded (MPEG2" in refusal(dataset)


class TooLarge(bytes):
    """Pixel data that do not fit into memory."""

    def __bool__(self) -> bool:
        return True

    def __len__(self) -> int:
        raise MemoryError


def test_memory_that_runs_out_is_not_the_fault_of_the_object() -> None:
    dataset = make_image(PIXELS)
    layout = read_layout(dataset)
    dataset["PixelData"]._value = TooLarge()
    with pytest.raises(MemoryError):
        decode_frame(dataset, layout)
