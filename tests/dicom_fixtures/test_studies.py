"""Synthetic studies: repeatable to the byte, headers as asked for, truth that agrees."""

from io import BytesIO

import numpy as np
import pytest
from pydicom import Dataset, dcmread, dcmwrite
from pydicom.pixels import apply_voi_lut

from dicom_fixtures import (
    StudyPlan,
    SyntheticStudy,
    Voi,
    build_study,
    synthetic_study,
)
from dicom_fixtures.headers import VENDORS
from dicom_fixtures.people import SCRIPTS, person
from dicom_fixtures.radiograph import render
from dicom_fixtures.terms import turned
from triage_agent.domain.region import Region

SIZE = 64


def small(seed: int = 1, **options: object) -> SyntheticStudy:
    return synthetic_study(seed, **{"rows": SIZE, "columns": SIZE, **options})  # type: ignore[arg-type]


def written(dataset: Dataset) -> bytes:
    file = BytesIO()
    dcmwrite(file, dataset, enforce_file_format=True)
    return file.getvalue()


def picture(dataset: Dataset) -> np.ndarray:
    """The image as displayed, 0 black to 1 white."""
    values = np.asarray(apply_voi_lut(dataset.pixel_array, dataset), dtype=np.float64)
    scaled = (values - values.min()) / (values.max() - values.min())
    return 1.0 - scaled if dataset.PhotometricInterpretation == "MONOCHROME1" else scaled


def test_the_same_seed_gives_the_same_bytes():
    first, second = small(9, abnormal=True), small(9, abnormal=True)

    assert [written(one) for one in first.datasets] == [written(one) for one in second.datasets]


@pytest.mark.parametrize(
    "other",
    [
        {"seed": 10},
        {"region": Region.HAND},
        {"abnormal": True},
        {"stat": True},
        {"photometric": "MONOCHROME1"},
        {"bits_stored": 10},
        {"body_part": None},
    ],
)
def test_two_different_studies_share_no_uid(other: dict[str, object]):
    one, two = small(9), small(**{"seed": 9, **other})

    assert one.truth.StudyInstanceUID != two.truth.StudyInstanceUID
    assert not _uids(one) & _uids(two)


def _uids(study: SyntheticStudy) -> set[str]:
    return {
        str(uid)
        for dataset in study.datasets
        for uid in (dataset.SOPInstanceUID, dataset.SeriesInstanceUID, dataset.StudyInstanceUID)
    }


@pytest.mark.parametrize("modality", ["DX", "CR"])
@pytest.mark.parametrize("region", Region)
def test_the_header_says_what_was_asked_for(modality: str, region: Region):
    study = small(4, region=region, modality=modality)

    for dataset in study.datasets:
        assert dataset.Modality == modality
        assert dataset.BodyPartExamined == region.value
        assert dataset.PatientID == "SYN-0000004"
        assert dataset.StudyInstanceUID == study.truth.StudyInstanceUID
        assert dataset.AccessionNumber == study.truth.AccessionNumber
        assert len(dataset.AccessionNumber) <= 16
        assert dataset.RequestAttributesSequence[0].RequestedProcedureID
        assert "RequestedProcedurePriority" not in dataset
        assert "NumberOfStudyRelatedInstances" not in dataset
        side = dataset.ImageLaterality if modality == "DX" else dataset.Laterality
        assert side == study.truth.laterality
    if modality == "DX":
        codes = {dataset.AnatomicRegionSequence[0].CodeValue for dataset in study.datasets}
        assert len(codes) == 1


def test_a_study_shows_each_view_in_turn():
    study = small(views=5)

    assert [image.view for image in study.truth.images] == [
        "PA", "LATERAL", "OBLIQUE", "AP OBLIQUE", "PA",
    ]  # fmt: skip
    assert len({dataset.SOPInstanceUID for dataset in study.datasets}) == 5
    assert [dataset.InstanceNumber for dataset in study.datasets] == [1, 2, 3, 4, 5]
    first, again = study.datasets[0].PixelData, study.datasets[4].PixelData
    assert first != again


@pytest.mark.parametrize("seed", range(len(VENDORS)))
def test_some_vendors_make_a_series_of_each_view(seed: int):
    study = small(seed)

    series = {dataset.SeriesInstanceUID for dataset in study.datasets}
    assert len(series) == (3 if VENDORS[seed].series_per_view else 1)


@pytest.mark.parametrize("abnormal", [False, True])
def test_the_truth_agrees_with_the_masks(abnormal: bool):  # noqa: FBT001 - a parameter
    study = small(6, abnormal=abnormal)

    assert study.truth.abnormal is abnormal
    assert any(image.abnormal for image in study.truth.images) is abnormal
    for dataset, image in zip(study.datasets, study.truth.images, strict=True):
        assert image.SOPInstanceUID == dataset.SOPInstanceUID
        assert image.abnormal == bool(image.findings)
        assert image.mask.any() == image.abnormal
        assert image.mask.shape == (dataset.Rows, dataset.Columns)


@pytest.mark.parametrize("bits", [8, 10, 12, 14, 16])
@pytest.mark.parametrize("photometric", ["MONOCHROME1", "MONOCHROME2"])
def test_stored_values_fit_their_bits(bits: int, photometric: str):
    dataset = small(bits_stored=bits, photometric=photometric, voi=Voi.WINDOW).datasets[0]

    assert (dataset.BitsStored, dataset.HighBit) == (bits, bits - 1)
    assert dataset.BitsAllocated == (8 if bits == 8 else 16)
    values = dataset.pixel_array
    assert values.max() < 2**bits
    assert values.max() - values.min() > 2 ** (bits - 1)


@pytest.mark.parametrize("voi", [Voi.WINDOW, Voi.WINDOWS, Voi.SIGMOID, Voi.LUT, Voi.NONE])
def test_both_photometric_interpretations_show_the_same_picture(voi: Voi):
    white, black = (
        small(8, photometric=photometric, voi=voi).datasets[0]
        for photometric in ("MONOCHROME2", "MONOCHROME1")
    )

    # The lookup table's curve is not symmetric, so that its two pictures differ in the middle.
    tolerance = 0.3 if voi is Voi.LUT else 0.01
    np.testing.assert_allclose(picture(white), picture(black), atol=tolerance)
    assert np.corrcoef(picture(white).ravel(), picture(black).ravel())[0, 1] > 0.98


@pytest.mark.parametrize(
    ("voi", "present"),
    [
        (Voi.WINDOW, {"WindowCenter", "WindowWidth"}),
        (Voi.WINDOWS, {"WindowCenter", "WindowWidth"}),
        (Voi.SIGMOID, {"WindowCenter", "WindowWidth", "VOILUTFunction"}),
        (Voi.LUT, {"VOILUTSequence"}),
        (Voi.NONE, set()),
    ],
)
def test_the_values_of_interest_come_in_every_form(voi: Voi, present: set[str]):
    dataset = small(voi=voi).datasets[0]

    every = {"WindowCenter", "WindowWidth", "VOILUTFunction", "VOILUTSequence"}
    assert {keyword for keyword in every if keyword in dataset} == present
    if voi is Voi.WINDOWS:
        assert len(dataset.WindowCenter) == len(dataset.WindowWidth) == 3


def test_the_body_part_can_be_anything_or_absent():
    assert small(body_part="KNEE").datasets[0].BodyPartExamined == "KNEE"
    assert "BodyPartExamined" not in small(body_part=None).datasets[0]
    assert small(body_part=None, modality="CR").datasets[0].BodyPartExamined == ""


def test_another_body_part_leaves_no_hint_of_the_region():
    dataset = small(region=Region.SHOULDER, body_part="KNEE").datasets[0]

    assert dataset.AnatomicRegionSequence[0].CodeMeaning == "Knee"
    assert dataset.StudyDescription == "XR"


def test_an_uncommon_body_part_has_no_code():
    dataset = small(region=Region.SHOULDER, body_part="UPPER EXTREMITY").datasets[0]

    assert list(dataset.AnatomicRegionSequence) == []


@pytest.mark.parametrize("seed", range(6))
def test_without_hints_nothing_tells_the_region(seed: int):
    study = small(seed, region=Region.ELBOW, body_part=None, region_hints=False)

    for dataset in study.datasets:
        text = " ".join(str(element.value) for element in dataset if element.VR != "OW").lower()
        assert not any(word in text for word in ("elbow", "ellenbogen", "coude"))


def test_without_a_body_part_the_code_still_names_the_region():
    dataset = small(region=Region.ELBOW, body_part=None).datasets[0]

    assert dataset.AnatomicRegionSequence[0].CodeMeaning == "Elbow joint"


@pytest.mark.parametrize(
    ("degrees", "expected"),
    [
        (0.0, ("L", "H")),
        (-44.0, ("L", "H")),
        (90.0, ("F", "L")),
        (-88.0, ("H", "R")),
        (177.0, ("R", "F")),
        (-177.0, ("R", "F")),
    ],
)
def test_the_orientation_is_named_to_the_nearest_quarter(degrees: float, expected: tuple[str, str]):
    assert turned(("L", "H"), degrees) == expected
    assert turned(("LA", "H"), 90.0) == ("F", "LA")
    assert turned(("LA", "H"), 180.0) == ("RP", "F")


def test_the_header_names_the_directions_of_a_turned_hand():
    told = {}
    for seed in (3, 9, 12, 14):
        dataset = small(seed, region=Region.HAND, views=1, body_part=None).datasets[0]
        shown = render(seed, Region.HAND, "PA", abnormal=False, rows=SIZE, columns=SIZE)
        told[round(shown.turned_degrees / 90.0)] = list(dataset.PatientOrientation)
    assert told == {0: ["L", "H"], 2: ["R", "F"], 1: ["F", "L"], -1: ["H", "R"]}


def test_an_urgent_order_says_so():
    study = small(stat=True, declare_images=True)

    assert study.truth.stat
    assert {dataset.RequestedProcedurePriority for dataset in study.datasets} == {"STAT"}
    assert {dataset.NumberOfStudyRelatedInstances for dataset in study.datasets} == {3}


def test_names_survive_in_every_character_set():
    seen = {}
    for seed in range(60):
        script = person(seed).script
        if script.PatientName not in seen:
            dataset = small(seed, views=1).datasets[0]
            read = dcmread(BytesIO(written(dataset)))
            seen[script.PatientName] = str(read.PatientName)
            assert read.StudyDescription == dataset.StudyDescription

    assert len(seen) == len(SCRIPTS)
    assert all(name == read for name, read in seen.items())


@pytest.mark.parametrize("seed", range(40))
def test_ages_agree_with_dates(seed: int):
    who = person(seed)

    born, day = who.PatientBirthDate, who.StudyDate
    years = int(day[:4]) - int(born[:4]) - (day[4:] < born[4:])
    assert who.PatientAge == f"{years:03d}Y"
    assert 18 <= years <= 92


@pytest.mark.parametrize(
    "wrong",
    [
        {"seed": -1},
        {"visit": -1},
        {"views": 0},
        {"views": 21},
        {"bits_stored": 7},
        {"bits_stored": 17},
        {"modality": "CT"},
        {"photometric": "RGB"},
    ],
)
def test_plans_out_of_range_are_refused(wrong: dict[str, object]):
    with pytest.raises(ValueError, match=next(iter(wrong))):
        StudyPlan(**{"seed": 1, **wrong})  # type: ignore[arg-type]


def test_another_visit_shows_the_same_person_in_other_exposures():
    first, later = (
        build_study(StudyPlan(seed=2, rows=SIZE, columns=SIZE, abnormal=True, visit=visit))
        for visit in (0, 1)
    )

    assert first.truth.age_years == later.truth.age_years
    assert first.truth.laterality == later.truth.laterality
    assert not _uids(first) & _uids(later)
    assert first.datasets[0].PixelData != later.datasets[0].PixelData


def test_a_plan_and_the_function_build_the_same_study():
    plan = StudyPlan(seed=2, rows=SIZE, columns=SIZE)
    assert _uids(build_study(plan)) == _uids(small(2))
