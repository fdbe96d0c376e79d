"""JPEG Lossless has no encoder in Python here: dcmtk makes it, and the pixels stay the same."""

import shutil
import subprocess
from pathlib import Path

import numpy as np
import pytest
from pydicom import dcmread, dcmwrite
from pydicom.uid import UID, JPEGLossless, JPEGLosslessSV1

from dicom_fixtures import synthetic_study

pytestmark = pytest.mark.integration


@pytest.mark.parametrize(
    ("option", "syntax"), [("+e1", JPEGLosslessSV1), ("+el", JPEGLossless)], ids=["SV1", "P14"]
)
@pytest.mark.parametrize("bits", [8, 12, 16])
def test_dcmtk_compresses_a_fixture_without_loss(
    option: str, syntax: UID, bits: int, tmp_path: Path
):
    program = shutil.which("dcmcjpeg")
    assert program is not None, "dcmcjpeg is not installed (Debian package dcmtk)"
    original = synthetic_study(5, views=1, rows=70, columns=66, bits_stored=bits).datasets[0]
    plain, packed = tmp_path / "plain.dcm", tmp_path / "packed.dcm"
    dcmwrite(plain, original, enforce_file_format=True)

    subprocess.run([program, option, str(plain), str(packed)], check=True)

    again = dcmread(packed)
    assert again.file_meta.TransferSyntaxUID == syntax
    np.testing.assert_array_equal(again.pixel_array, original.pixel_array)
