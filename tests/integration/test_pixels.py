"""Pixels as other people's encoders write them."""

import subprocess
from pathlib import Path

import numpy as np
import pytest
from pydicom import dcmread

from tests.fakes.bundle import make_preprocessing
from tests.triage_agent.dicom.images import make_image
from triage_agent.dicom.pixels import displayed
from triage_agent.infer.preprocess import preprocess

pytestmark = pytest.mark.integration

ENCODINGS = ("RG3_UNC", "RG3_J2KR", "RG3_JLSL", "RG3_JPLL", "RG3_RLE")
DCMTK = {
    "jpeg-lossless-sv1": ["dcmcjpeg", "+e1"],
    "jpeg-lossless": ["dcmcjpeg", "+el"],
    "jpeg-ls": ["dcmcjpls"],
    "rle": ["dcmcrle"],
    "big-endian": ["dcmconv", "+tb"],
    "implicit": ["dcmconv", "+ti"],
    "deflated": ["dcmconv", "+td"],
}


def test_five_encodings_of_one_leg_are_one_image(shared_data: Path) -> None:
    images = [displayed(dcmread(shared_data / "dicom" / name)) for name in ENCODINGS]
    inputs = [preprocess(image, make_preprocessing(224)) for image in images]
    for image, network_input in zip(images[1:], inputs[1:], strict=True):
        np.testing.assert_array_equal(image, images[0])
        np.testing.assert_array_equal(network_input, inputs[0])


def test_the_bones_of_the_leg_are_bright(shared_data: Path) -> None:
    image = displayed(dcmread(shared_data / "dicom" / "RG3_UNC"))
    tibia, air = image[400:700, 820:850], image[400:700, 480:560]
    assert tibia.mean() > air.mean() + 0.3


def test_the_hand_is_read_and_its_bones_are_bright(shared_data: Path) -> None:
    image = displayed(dcmread(shared_data / "dicom" / "NM_Kakadu44_SOTmarkerincons.dcm"))
    assert image.shape == (2500, 2048)
    radius, air = image[2250:2400, 1040:1160], image[1800:2000, 200:400]
    assert radius.mean() > air.mean() + 0.3


@pytest.mark.parametrize("encoder", DCMTK)
@pytest.mark.parametrize("lowest", [0, -2048])
@pytest.mark.parametrize("bits", [12, 16])
def test_what_dcmtk_encodes_is_read_back(
    encoder: str, lowest: int, bits: int, tmp_path: Path
) -> None:
    noise = np.random.default_rng(1).integers(-40, 40, (60, 50))
    ramp = np.linspace(lowest + 50, lowest + 4000, 50)[np.newaxis] + noise
    dataset = make_image(ramp.astype("<i2" if lowest else "<u2"), BitsStored=bits)
    dataset.SOPClassUID = "1.2.840.10008.5.1.4.1.1.1"
    dataset.SOPInstanceUID = "2.25.1"
    expected = displayed(dataset)
    plain, coded = tmp_path / "plain.dcm", tmp_path / "coded.dcm"
    dataset.save_as(plain, enforce_file_format=True)
    subprocess.run([*DCMTK[encoder], plain, coded], check=True, timeout=60)
    np.testing.assert_array_equal(displayed(dcmread(coded)), expected)


@pytest.mark.parametrize(("encoder", "bits"), [("+eb", 8), ("+ee", 12), ("+ee", 8)])
def test_lossy_jpeg_is_read_back_nearly(encoder: str, bits: int, tmp_path: Path) -> None:
    ramp = np.linspace(0, 2**bits - 1, 64)[np.newaxis].repeat(48, axis=0)
    dataset = make_image(ramp.astype("u1" if bits == 8 else "<u2"), BitsStored=bits)
    dataset.SOPClassUID = "1.2.840.10008.5.1.4.1.1.1"
    dataset.SOPInstanceUID = "2.25.1"
    plain, coded = tmp_path / "plain.dcm", tmp_path / "coded.dcm"
    dataset.save_as(plain, enforce_file_format=True)
    subprocess.run(["dcmcjpeg", encoder, plain, coded], check=True, timeout=60)
    np.testing.assert_allclose(displayed(dcmread(coded)), displayed(dataset), atol=0.02)
