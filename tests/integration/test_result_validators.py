"""Results under the eyes of other people's validators: dciodvfy, DicomSRValidator, dsrdump."""

import os
import subprocess
from collections.abc import Callable
from pathlib import Path

import numpy as np
import pydicom
import pytest
from pydicom.dataset import Dataset

from dicom_fixtures import Habit, synthetic_study
from tests.factories import make_instance
from tests.peers.process import require_program
from tests.report_sources import (
    CR,
    Sources,
    earlier_report,
    make_sources,
    not_assessed,
    only,
    poor_header,
    request_attributes,
    rich_header,
)
from triage_agent.domain.instance import InstanceState
from triage_agent.report.compose import ComposedObject

pytestmark = pytest.mark.integration

VALIDATOR_SECONDS = 120
# Without these the validator ends in a Java exception on any TID 1500 report.
JAVA_TOOL_OPTIONS = " ".join(
    f"-Djdk.xml.xpath{name}Limit=0" for name in ("ExprOp", "TotalOp", "ExprGrp")
)

NAMES = {
    "ISO_IR 100": "M\u00fcller^J\u00f6rg",
    "ISO_IR 126": "\u0394\u03b9\u03bf\u03bd\u03c5\u03c3\u03b9\u03bf\u03c2",
    "ISO_IR 144": "\u0418\u0432\u0430\u043d\u043e\u0432^\u0418\u0432\u0430\u043d",
    "GB18030": "Wang^XiaoDong=\u738b^\u5c0f\u4e1c",
    "ISO_IR 192": "Buc^J\u00e9r\u00f4me",
    ("", "ISO 2022 IR 87"): "Yamada^Tarou=\u5c71\u7530^\u592a\u90ce",
}


def _decoded_from(header: Dataset) -> Dataset:
    """Return the header as it comes off the wire: bytes in its own character set."""
    buffer = pydicom.filebase.DicomBytesIO()
    header.save_as(buffer, implicit_vr=False, little_endian=True)
    buffer.seek(0)
    return pydicom.dcmread(buffer, force=True)


def _character_set(character_set: str | tuple[str, ...], name: str) -> Dataset:
    sets = list(character_set) if isinstance(character_set, tuple) else character_set
    header = rich_header(SpecificCharacterSet=sets, PatientName=name)
    header.StudyDescription = name.split("^", maxsplit=1)[0]
    header.ReferringPhysicianName = name
    return _decoded_from(header)


def _synthetic(**plan: object) -> Sources:
    study = synthetic_study(3, rows=192, columns=160, **plan)
    return make_sources(*study.datasets)


CASES: dict[str, Callable[[], Sources]] = {
    "nothing optional": lambda: make_sources(poor_header(), probability=0.2),
    "nothing optional, CR": lambda: make_sources(poor_header(SOPClassUID=CR)),
    "three views of both sides": lambda: make_sources(
        rich_header(1), rich_header(2, ImageLaterality="R"), rich_header(3, ImageLaterality="B")
    ),
    "region unknown": lambda: make_sources(poor_header(Modality="DX"), region=None),
    "one unreadable": lambda: make_sources(
        rich_header(), others=(make_instance(state=InstanceState.UNREADABLE),)
    ),
    "two orders": lambda: make_sources(
        rich_header(1),
        rich_header(2, RequestAttributesSequence=[request_attributes(RequestedProcedureID="RP2")]),
    ),
    "values that are not allowed": lambda: make_sources(
        poor_header(
            PatientSex="U", PatientOrientation=["L"], ImagerPixelSpacing=["0", "0.1"], Modality="DX"
        )
    ),
    "DX MONOCHROME1": lambda: _synthetic(modality="DX", photometric="MONOCHROME1", views=2),
    "DX MONOCHROME2": lambda: _synthetic(modality="DX", views=2),
    "CR MONOCHROME1": lambda: _synthetic(modality="CR", photometric="MONOCHROME1", views=1),
    "CR MONOCHROME2": lambda: _synthetic(modality="CR", views=1),
    "CR with odd habits": lambda: _synthetic(
        modality="CR",
        views=1,
        habits=(
            Habit.SIGNED,
            Habit.MODALITY_LUT,
            Habit.PRIVATE_SEQUENCES,
            Habit.UNDEFINED_LENGTHS,
            Habit.EMPTY,
            Habit.PRECISE_TIMES,
            Habit.LOWER_CASE_PART,
        ),
    ),
    "DX with odd habits": lambda: _synthetic(
        modality="DX",
        views=1,
        habits=(
            Habit.PADDING_RANGE,
            Habit.ICON,
            Habit.OVERLAY,
            Habit.PRIVATE,
            Habit.SPARSE,
            Habit.UNIDENTIFIED,
            Habit.OLD_CODES,
        ),
    ),
} | {
    f"names in {character_set}": lambda character_set=character_set, name=name: make_sources(
        _character_set(character_set, name)
    )
    for character_set, name in NAMES.items()
}


def _complaints(program: str, path: Path) -> list[str]:
    done = subprocess.run(
        [require_program(f"/usr/bin/{program}"), str(path)],
        check=False,
        env={**os.environ, "JAVA_TOOL_OPTIONS": JAVA_TOOL_OPTIONS},
        stdin=subprocess.DEVNULL,
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
        errors="replace",
        timeout=VALIDATOR_SECONDS,
    )
    assert done.stdout.strip(), f"{program} said nothing"
    return [line for line in done.stdout.splitlines() if "Error" in line or "Exception" in line]


def _written(composed: ComposedObject, folder: Path) -> Path:
    path = folder / f"{composed.digest}.dcm"
    path.write_bytes(composed.encoded)
    return path


def _template_complaints(path: Path) -> list[str]:
    complaints = _complaints("DicomSRValidator", path)
    done = subprocess.run(
        [require_program("/usr/bin/dsrdump"), str(path)],
        check=False,
        capture_output=True,
        text=True,
        errors="replace",
        timeout=VALIDATOR_SECONDS,
    )
    assert "Imaging Measurement Report" in done.stdout
    return complaints if done.returncode == 0 else [*complaints, done.stderr]


@pytest.mark.parametrize("case", CASES)
def test_dciodvfy_finds_no_error(case: str, tmp_path: Path):
    for composed in CASES[case]().compose():
        assert _complaints("dciodvfy", _written(composed, tmp_path)) == []


# A run of the template validator takes ten seconds: the poorest and the richest report.
@pytest.mark.parametrize("case", ["nothing optional", "three views of both sides"])
def test_reports_follow_their_template(case: str, tmp_path: Path):
    report = only(CASES[case]().compose(), "sr")
    assert _template_complaints(_written(report, tmp_path)) == []


@pytest.mark.parametrize("now", [{}, not_assessed()], ids=["assessed", "not assessed any more"])
def test_a_successor_is_valid(now: dict[str, object], tmp_path: Path):
    first = only(make_sources(rich_header(1)).compose(), "sr")
    sources = make_sources(rich_header(1), rich_header(2), generation=2, **now)
    second = only(sources.compose(predecessor=earlier_report(first)), "sr")
    path = _written(second, tmp_path)
    assert _complaints("dciodvfy", path) == []
    assert _template_complaints(path) == []


def test_validators_do_object_to_what_is_wrong(tmp_path: Path):
    report = only(make_sources().compose(), "sr")
    path = _written(report, tmp_path)
    dataset = pydicom.dcmread(path)
    del dataset.CompletionFlag
    dataset.ContentSequence[-1].ContentSequence[0].ContentSequence[0].RelationshipType = "CONTAINS"
    dataset.save_as(path)
    assert _complaints("dciodvfy", path)
    assert _complaints("DicomSRValidator", path)


@pytest.mark.parametrize("character_set", NAMES)
def test_names_survive(character_set: str | tuple[str, ...], tmp_path: Path):
    name = NAMES[character_set]
    for composed in make_sources(_character_set(character_set, name)).compose():
        dataset = pydicom.dcmread(_written(composed, tmp_path))
        assert dataset.SpecificCharacterSet == "ISO_IR 192"
        assert dataset.PatientName == name
        assert dataset.ReferringPhysicianName == name


def test_results_of_real_images_are_valid(shared_data: Path, tmp_path: Path):
    files = sorted((shared_data / "dicom").iterdir())
    assert files
    for file in files:
        header = pydicom.dcmread(file, stop_before_pixels=True)
        for composed in make_sources(header, display_shape=(128, 128)).compose():
            assert _complaints("dciodvfy", _written(composed, tmp_path)) == []


def test_pixels_come_back_as_they_were_drawn(tmp_path: Path):
    overlay = only(make_sources().compose(), "sc")
    pixels = pydicom.dcmread(_written(overlay, tmp_path)).pixel_array
    assert pixels.dtype == np.uint8
    assert pixels.shape[-1] == 3
    assert pixels.max() == 255
