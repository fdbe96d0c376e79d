"""The last look before a result leaves: every fault is found."""

from collections.abc import Callable
from dataclasses import replace

import numpy as np
import pytest
from pydicom.dataset import Dataset

from tests.factories import make_assessment, make_result
from tests.report_sources import make_sources, rich_header
from triage_agent.errors import ReportInvalid
from triage_agent.report.material import Material
from triage_agent.report.secondary_capture import secondary_capture
from triage_agent.report.structured_report import structured_report
from triage_agent.report.validate import validate

Spoil = Callable[[Dataset], object]


def material() -> Material:
    return make_sources(rich_header(1), rich_header(2), generation=2).material(
        predecessor=make_result(generation=1)
    )


def overlay(of: Material) -> Dataset:
    return secondary_capture(of, of.images[0], np.zeros((3, 3, 3), dtype=np.uint8))


def remove(keyword: str) -> Spoil:
    return lambda dataset: delattr(dataset, keyword)


def change(keyword: str, value: object) -> Spoil:
    return lambda dataset: setattr(dataset, keyword, value)


def point_elsewhere(dataset: Dataset) -> None:
    for element in dataset.iterall():
        if element.keyword == "ReferencedSOPInstanceUID":
            element.value = "1.2.3"
            return


def refer_to_nothing(dataset: Dataset) -> None:
    del dataset.SourceImageSequence[0].ReferencedSOPInstanceUID


def say_of_equipment(keyword: str, value: object) -> Spoil:
    return lambda dataset: setattr(dataset.ContributingEquipmentSequence[0], keyword, value)


def another_purpose(dataset: Dataset) -> None:
    purpose = dataset.ContributingEquipmentSequence[0].PurposeOfReferenceCodeSequence[0]
    purpose.CodeValue = "109101"


def drop_text(word: str) -> Spoil:
    def spoil(dataset: Dataset) -> None:
        for element in dataset.iterall():
            if element.keyword == "TextValue" and word in element.value:
                element.value = "nothing"

    return spoil


def drop_evidence(dataset: Dataset) -> None:
    series = dataset.CurrentRequestedProcedureEvidenceSequence[0].ReferencedSeriesSequence[0]
    del series.ReferencedSOPSequence[1]


BOTH: dict[str, tuple[Spoil, str]] = {
    "no modality": (remove("Modality"), "lacks Modality"),
    "empty series number": (change("SeriesNumber", None), "lacks SeriesNumber"),
    "no patient name": (remove("PatientName"), "lacks PatientName"),
    "no equipment": (remove("ContributingEquipmentSequence"), "lacks ContributingEquipment"),
    "not a result": (change("SOPClassUID", "1.2.840.10008.1.1"), "not a class of results"),
    "no class": (remove("SOPClassUID"), "not a class of results"),
    "another study": (change("StudyInstanceUID", "1.2.3"), "another study"),
    "a UID from elsewhere": (change("SOPInstanceUID", "1.2.3"), "SOPInstanceUID .* not derived"),
    "a source's series": (change("SeriesInstanceUID", "1.2.3"), "SeriesInstanceUID .* not derived"),
    "a foreign reference": (point_elsewhere, "not about"),
    "another device": (say_of_equipment("DeviceUID", "2.25.1"), "not the algorithm"),
    "another purpose": (another_purpose, "not the algorithm"),
}
REPORT: dict[str, tuple[Spoil, str]] = {
    "no content": (remove("ContentSequence"), "lacks ContentSequence"),
    "no flag": (remove("VerificationFlag"), "lacks VerificationFlag"),
    "no warning": (drop_text("RESEARCH"), "warning"),
    "an image too few": (drop_evidence, "evidence"),
}
OVERLAY: dict[str, tuple[Spoil, str]] = {
    "no source": (remove("SourceImageSequence"), "lacks SourceImageSequence"),
    "an empty source": (refer_to_nothing, "refers to no image"),
    "no words": (remove("ImageComments"), "lacks ImageComments"),
    "too few pixels": (change("PixelData", b"\0" * 26), "do not fill"),
    "too many rows": (change("Rows", 4), "do not fill"),
}


def test_what_was_composed_passes():
    of = material()
    validate(structured_report(of), of)
    validate(overlay(of), of)


@pytest.mark.parametrize("fault", BOTH | REPORT)
def test_every_fault_of_a_report_is_found(fault: str):
    of = material()
    dataset = structured_report(of)
    spoil, complaint = (BOTH | REPORT)[fault]
    spoil(dataset)
    with pytest.raises(ReportInvalid, match=complaint):
        validate(dataset, of)


@pytest.mark.parametrize("fault", BOTH | OVERLAY)
def test_every_fault_of_an_overlay_is_found(fault: str):
    of = material()
    dataset = overlay(of)
    spoil, complaint = (BOTH | OVERLAY)[fault]
    spoil(dataset)
    with pytest.raises(ReportInvalid, match=complaint):
        validate(dataset, of)


@pytest.mark.parametrize("probability", [0.1, None])
def test_a_report_that_contradicts_the_assessment_does_not_leave(probability: float | None):
    of = material()
    study = replace(of.study, assessment=make_assessment(probability))
    other = replace(of, study=study)
    with pytest.raises(ReportInvalid, match="contradicts"):
        validate(structured_report(of), other)
    with pytest.raises(ReportInvalid, match="contradicts"):
        validate(structured_report(other), of)


def test_a_report_of_what_is_not_assessed_any_more_has_no_probability():
    of = material()
    taken_back = replace(of, study=replace(of.study, assessment=make_assessment(None)))
    validate(structured_report(taken_back), taken_back)
    dataset = structured_report(of)
    study_group = dataset.ContentSequence[-1].ContentSequence[0]
    study_group.ContentSequence = [
        item
        for item in study_group.ContentSequence
        if item.ConceptNameCodeSequence[0].CodeMeaning != "Normality"
    ]
    with pytest.raises(ReportInvalid, match="contradicts"):
        validate(dataset, taken_back)
