import base64

import numpy as np
import pytest
from pydicom import Dataset
from pydicom.encaps import encapsulate
from pydicom.uid import JPEGExtended12Bit

from tests.triage_agent.dicom.images import make_image
from triage_agent.dicom.frame import decode_frame
from triage_agent.dicom.pixel_layout import read_layout
from triage_agent.errors import PixelsUnreadable

RAMP = (np.arange(16)[np.newaxis] * 240 + np.arange(16)[:, np.newaxis] * 16).astype("<u2")

# The ramp, encoded with dcmtk's dcmcjpeg +ee.
ENCODED = base64.b64decode(
    "/9j/4AAQSkZJRgABAQAAAQABAAD/2wBDAAMCAgMCAgMDAwMEAwMEBQgFBQQEBQoHBwYIDAoMDAsKCwsNDhIQDQ4R"
    "DgsLEBYQERMUFRUVDA8XGBYUGBIUFRT/wQALDAAQABABAREA/8QAFQABAQAAAAAAAAAAAAAAAAAADQz/xAAbEAAA"
    "BwEAAAAAAAAAAAAAAAAACAwkOEJVcv/aAAgBAQAAPwCP/TuhbYzNc6vAUAE7oW2MzXOrwDVRO6FtjM1zq8BQATuh"
    "bYzNc6vA/9k="
)


def image(frame: bytes) -> Dataset:
    dataset = make_image(RAMP, BitsStored=12, syntax=JPEGExtended12Bit)
    dataset.PixelData = encapsulate([frame])
    return dataset


def test_twelve_bits_are_decoded_nearly_as_they_were() -> None:
    dataset = image(ENCODED)
    frame = decode_frame(dataset, read_layout(dataset))
    assert frame.bits == 12
    assert np.abs(frame.containers.astype(int) - RAMP).max() <= 8


def test_a_frame_that_ends_early_is_refused() -> None:
    dataset = image(ENCODED[: len(ENCODED) // 2 * 2 - 40])
    with pytest.raises(PixelsUnreadable, match=r"cannot be decoded \(JPEG Extended"):
        decode_frame(dataset, read_layout(dataset))
