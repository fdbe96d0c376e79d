"""A validator finds no error in what the package writes."""

import shutil
import subprocess
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
from pydicom import Dataset, dcmwrite
from pydicom.uid import UID, DeflatedExplicitVRLittleEndian

from dicom_fixtures import (
    Habit,
    Voi,
    build_study,
    mixed_plans,
    synthetic_study,
    transcoded,
    wrap_radiograph,
)
from dicom_fixtures.encode import HIGH_THROUGHPUT, WRITABLE
from dicom_fixtures.habits import CR_ONLY, IN_BREACH
from dicom_fixtures.headers import Modality
from dicom_fixtures.spellings import OF_NO_REGION, OF_REGION
from dicom_fixtures.stored import Photometric
from triage_agent.domain.region import Region

pytestmark = pytest.mark.integration


def errors(dataset: Dataset, folder: Path) -> list[str]:
    """The lines with which dciodvfy (dicom3tools) objects to an object."""
    program = shutil.which("dciodvfy")
    assert program is not None, "dciodvfy is not installed (Debian package dicom3tools)"
    path = folder / "object.dcm"
    dcmwrite(path, dataset, enforce_file_format=True)
    done = subprocess.run([program, str(path)], capture_output=True, text=True, check=False)
    lines = (done.stdout + done.stderr).splitlines()
    assert any(line.endswith(("CRImage", "DXImageForPresentation")) for line in lines), lines
    return [line for line in lines if line.startswith("Error")]


@pytest.mark.parametrize("photometric", ["MONOCHROME1", "MONOCHROME2"])
@pytest.mark.parametrize("modality", ["DX", "CR"])
@pytest.mark.parametrize("region", Region)
def test_every_region_is_valid(
    region: Region, modality: Modality, photometric: Photometric, tmp_path: Path
):
    seed = 10 * tuple(Region).index(region)
    study = synthetic_study(
        seed,
        region=region,
        modality=modality,
        photometric=photometric,
        views=4,
        rows=64,
        columns=64,
    )

    for dataset in study.datasets:
        assert errors(dataset, tmp_path) == []


@pytest.mark.parametrize("bits", [8, 10, 12, 14, 16])
@pytest.mark.parametrize("voi", [voi for voi in Voi if voi is not Voi.NONE])
@pytest.mark.parametrize("modality", ["DX", "CR"])
def test_every_grey_scale_is_valid(modality: Modality, voi: Voi, bits: int, tmp_path: Path):
    study = synthetic_study(
        bits, modality=modality, voi=voi, bits_stored=bits, views=1, rows=64, columns=64, stat=True
    )

    assert errors(study.datasets[0], tmp_path) == []


@pytest.mark.parametrize("seed", range(12))
def test_every_character_set_is_valid(seed: int, tmp_path: Path):
    study = synthetic_study(seed, views=1, rows=64, columns=64, declare_images=True)

    assert errors(study.datasets[0], tmp_path) == []


READABLE = [
    syntax
    for syntax in WRITABLE
    # Debian builds dciodvfy without zlib, and it is older than HTJ2K. What they encode is the
    # data set that is tested beside them.
    if syntax not in {DeflatedExplicitVRLittleEndian, *HIGH_THROUGHPUT}
]


@pytest.mark.parametrize("syntax", READABLE, ids=lambda syntax: syntax.name)
def test_every_encoding_is_valid(syntax: UID, tmp_path: Path):
    study = synthetic_study(2, views=1, rows=64, columns=64, bits_stored=8)

    assert errors(transcoded(study.datasets[0], syntax), tmp_path) == []


POSSIBLE = [
    (habit, modality, bits)
    for habit in Habit
    for modality in ("DX", "CR")
    for bits in (8, 12, 15, 16)
    if (modality == "CR" or habit not in CR_ONLY)
    and (habit is not Habit.EMBEDDED_OVERLAY or bits not in {8, 16})
]


@pytest.mark.parametrize(("habit", "modality", "bits"), POSSIBLE)
def test_every_habit_is_valid_or_known_not_to_be(
    habit: Habit, modality: Modality, bits: int, tmp_path: Path
):
    study = synthetic_study(
        3, habits=(habit,), modality=modality, bits_stored=bits, views=1, rows=64, columns=64
    )

    assert bool(errors(study.datasets[0], tmp_path)) == (habit in IN_BREACH)


@pytest.mark.parametrize("bits", [8, 16])
@pytest.mark.parametrize("voi", [Voi.WINDOWS, Voi.EXACT, Voi.LUT, Voi.LUTS])
def test_signed_grey_scales_are_valid(voi: Voi, bits: int, tmp_path: Path):
    study = synthetic_study(
        3, habits=(Habit.SIGNED, Habit.PADDING_RANGE, Habit.EXTREMES), modality="CR", voi=voi,
        bits_stored=bits, views=1, rows=64, columns=64,
    )  # fmt: skip

    assert errors(study.datasets[0], tmp_path) == []


@pytest.mark.parametrize("modality", ["DX", "CR"])
def test_every_spelling_is_a_valid_code_string(modality: Modality, tmp_path: Path):
    for region, words in OF_REGION.items():
        for word in (*words, *OF_NO_REGION):
            study = synthetic_study(
                3, region=region, part_written=word, modality=modality, views=1, rows=64, columns=64
            )
            assert errors(study.datasets[0], tmp_path) == []


def test_a_mixed_day_is_valid(tmp_path: Path):
    for plan in mixed_plans(40, abnormal_share=0.5, seed=3, views=1):
        if not IN_BREACH.intersection(plan.habits):
            (dataset,) = build_study(replace(plan, rows=64, columns=64)).datasets
            assert errors(dataset, tmp_path) == [], plan


@pytest.mark.parametrize("modality", ["DX", "CR"])
@pytest.mark.parametrize("body_part", ["KNEE", "HAND", None])
def test_wrapped_images_are_valid(modality: Modality, body_part: str | None, tmp_path: Path):
    pixels = np.arange(64 * 64, dtype=np.uint16).reshape(64, 64)

    dataset = wrap_radiograph(pixels, seed=1, body_part=body_part, modality=modality)

    assert errors(dataset, tmp_path) == []
