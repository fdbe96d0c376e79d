"""The structured report: whom it is about, what it refers to, and what it says."""

from collections.abc import Iterator

import pytest
from highdicom.sr import Comprehensive3DSR
from pydicom.dataset import Dataset

from tests.factories import make_result, uid
from tests.report_sources import (
    ALGORITHM,
    CR,
    Sources,
    instance_uid,
    make_sources,
    not_assessed,
    poor_header,
    request_attributes,
    rich_header,
)
from triage_agent.domain.region import Region
from triage_agent.report.identity import report_series_uid
from triage_agent.report.structured_report import structured_report
from triage_agent.report.wording import WARNING


def report(*headers: Dataset, **study: object) -> Dataset:
    return structured_report(make_sources(*headers, **study).material())


def items(dataset: Dataset, name: str) -> Iterator[Dataset]:
    """Return the content items at any depth whose concept name has this meaning."""
    for item in dataset.get("ContentSequence", ()):
        if item.ConceptNameCodeSequence[0].CodeMeaning == name:
            yield item
        yield from items(item, name)


def value(item: Dataset) -> object:
    if item.ValueType == "CODE":
        return item.ConceptCodeSequence[0].CodeMeaning
    if item.ValueType == "NUM":
        return float(item.MeasuredValueSequence[0].NumericValue)
    if item.ValueType == "IMAGE":
        return item.ReferencedSOPSequence[0].ReferencedSOPInstanceUID
    return item.get("TextValue") or item.get("UID")


def values(dataset: Dataset, name: str) -> list[object]:
    return [value(item) for item in items(dataset, name)]


def groups(dataset: Dataset) -> list[Dataset]:
    return list(items(dataset, "Measurement Group"))


def test_it_is_a_preliminary_unverified_measurement_report():
    dataset = report()
    assert dataset.SOPClassUID == "1.2.840.10008.5.1.4.1.1.88.34"
    assert dataset.Modality == "SR"
    title = dataset.ConceptNameCodeSequence[0]
    assert (title.CodeValue, title.CodingSchemeDesignator) == ("126000", "DCM")
    assert dataset.ContentTemplateSequence[0].TemplateIdentifier == "1500"
    assert dataset.CompletionFlag == "COMPLETE"
    assert dataset.PreliminaryFlag == "PRELIMINARY"
    assert dataset.VerificationFlag == "UNVERIFIED"
    assert dataset.SeriesInstanceUID == report_series_uid(dataset.SOPInstanceUID)


def test_highdicom_reads_it_back():
    document = Comprehensive3DSR.from_dataset(report(rich_header(1), rich_header(2)))
    read = document.content.get_image_measurement_groups()
    assert [group.tracking_identifier for group in read] == ["Study", "Image 1", "Image 2"]
    assert [image.referenced_sop_instance_uid for image in read[2].source_images] == [
        instance_uid(2)
    ]


def test_observer_equipment_and_algorithm_agree():
    dataset = report()
    (equipment,) = dataset.ContributingEquipmentSequence
    assert values(dataset, "Observer Type") == ["Device"]
    assert values(dataset, "Device Observer UID") == [equipment.DeviceUID]
    assert values(dataset, "Device Observer Manufacturer") == [equipment.Manufacturer]
    assert values(dataset, "Device Observer Model Name") == [equipment.ManufacturerModelName]
    for group in groups(dataset):
        assert values(group, "Algorithm Name") == [equipment.ManufacturerModelName]
        assert values(group, "Algorithm Version") == [equipment.SoftwareVersions]
        assert values(group, "Algorithm Family") == ["Artificial Intelligence"]
        parameters = values(group, "Algorithm Parameters")
        assert f"weights SHA-256 {ALGORITHM.weights_sha256}" in parameters
        assert "operating point 0.500" in parameters


def test_the_study_and_every_image_have_their_probability():
    dataset = report(
        rich_header(1), rich_header(2), probability=0.6123456789, probabilities=(0.9, 0.3)
    )
    study, one, two = groups(dataset)
    assert values(study, "Probability") == [0.612346]
    assert values(one, "Probability") == [0.9]
    assert values(two, "Probability") == [0.3]
    assert values(study, "Derivation") == ["Mean"]
    assert values(one, "Derivation") == []
    assert values(study, "Source of Measurement") == [instance_uid(1), instance_uid(2)]
    assert values(one, "Source of Measurement") == [instance_uid(1)]
    assert values(two, "Source of Measurement") == [instance_uid(2)]
    for item in items(dataset, "Probability"):
        unit = item.MeasuredValueSequence[0].MeasurementUnitsCodeSequence[0]
        assert (unit.CodeValue, unit.CodingSchemeDesignator) == ("1", "UCUM")


def test_every_group_has_a_tracking_uid_of_its_own():
    uids = values(report(rich_header(1), rich_header(2)), "Tracking Unique Identifier")
    assert len(uids) == len(set(uids)) == 3


def test_abnormal_is_a_finding_with_a_caution():
    study, image = groups(report(probability=0.8))
    assert values(study, "Normality") == ["Abnormal"]
    assert values(image, "Normality") == []
    comments = " ".join(str(text) for text in values(study, "Comment"))
    assert "above the operating point" in comments
    assert "not a diagnosis" in comments
    assert WARNING in comments


def test_normal_is_written_only_beside_what_it_does_not_mean():
    study, _ = groups(report(probability=0.2))
    assert values(study, "Normality") == ["Normal"]
    comments = " ".join(str(text) for text in values(study, "Comment"))
    assert "not above the operating point" in comments
    assert "not a statement that the study is normal" in comments
    assert WARNING in comments


def test_not_assessed_any_more_takes_the_earlier_report_back_and_says_why():
    reason = "image 2 of 2 could not be scored: it is blank"
    sources = make_sources(generation=2, **not_assessed(reason=reason))
    predecessor = make_result(generation=1)
    dataset = structured_report(sources.material(predecessor=predecessor))
    assert values(dataset, "Normality") == values(dataset, "Probability") == []
    (study,) = groups(dataset)
    why, warning = values(study, "Comment")
    assert why == (
        f"The study is not assessed any more: {reason}. "
        "What the earlier report says of it does not hold."
    )
    assert warning == WARNING
    replaced = dataset.PredecessorDocumentsSequence[0].ReferencedSeriesSequence[0]
    assert replaced.SeriesInstanceUID == report_series_uid(predecessor.SOPInstanceUID)


def test_sites_are_regions_with_sides_where_they_are_known():
    sided = report(rich_header(1), rich_header(2), region=Region.HAND)
    study, one, _ = groups(sided)
    assert values(study, "Finding Site") == ["Hand"]
    assert values(study, "Laterality") == ["Left"]
    assert values(one, "Laterality") == ["Left"]
    mixed, left, right = groups(report(rich_header(1), rich_header(2, ImageLaterality="R")))
    assert values(mixed, "Laterality") == []
    assert values(left, "Laterality") + values(right, "Laterality") == ["Left", "Right"]
    unknown = report(poor_header(), region=None)
    assert values(unknown, "Finding Site") == []


def test_a_study_of_several_regions_has_a_site_for_each_image_only():
    both = report(rich_header(1), rich_header(2), regions=(Region.HAND, Region.WRIST))
    study, hand, wrist = groups(both)
    assert values(study, "Finding Site") == []
    assert values(hand, "Finding Site") == ["Hand"]
    assert values(wrist, "Finding Site") == ["Wrist joint"]


def test_the_library_describes_the_images():
    (library,) = items(report(rich_header()), "Image Library")
    assert values(library, "Source") == [instance_uid(1)]
    assert values(library, "Modality") == ["Digital Radiography"]
    assert values(library, "Target Region") == ["Wrist joint"]
    assert values(library, "Image Laterality") == ["Left"]
    assert values(library, "Pixel Data Rows") == [2000]
    assert values(library, "Pixel Data Columns") == [1500]
    assert values(library, "Patient Orientation Row") == ["L"]
    assert values(library, "Patient Orientation Column") == ["F"]
    assert values(library, "Horizontal Pixel Spacing") == [0.15]
    assert values(library, "Vertical Pixel Spacing") == [0.15]


def test_the_library_says_nothing_that_the_image_does_not():
    (library,) = items(report(poor_header(), region=None), "Image Library")
    (entry,) = items(library, "Source")
    assert "ContentSequence" not in entry or len(entry.ContentSequence) == 0


def test_the_procedure_is_the_imaging():
    assert values(report(), "Procedure reported") == ["Imaging procedure"]


def test_the_evidence_is_the_scored_images_by_series():
    other = rich_header(3, SeriesInstanceUID=uid("series", 2), SOPClassUID=CR)
    dataset = report(rich_header(1), other, rich_header(2))
    (study,) = dataset.CurrentRequestedProcedureEvidenceSequence
    assert study.StudyInstanceUID == uid("study", 1)
    found = {
        series.SeriesInstanceUID: [
            (item.ReferencedSOPInstanceUID, item.ReferencedSOPClassUID)
            for item in series.ReferencedSOPSequence
        ]
        for series in study.ReferencedSeriesSequence
    }
    dx = rich_header().SOPClassUID
    assert found == {
        uid("series", 1): [(instance_uid(1), dx), (instance_uid(2), dx)],
        uid("series", 2): [(instance_uid(3), CR)],
    }


def test_the_first_report_has_no_predecessor():
    assert "PredecessorDocumentsSequence" not in report()


def test_a_later_report_names_the_one_it_replaces():
    predecessor = make_result(generation=1)
    sources = make_sources(generation=2)
    dataset = structured_report(sources.material(predecessor=predecessor))
    (study,) = dataset.PredecessorDocumentsSequence
    (series,) = study.ReferencedSeriesSequence
    (item,) = series.ReferencedSOPSequence
    assert study.StudyInstanceUID == uid("study", 1)
    assert series.SeriesInstanceUID == report_series_uid(predecessor.SOPInstanceUID)
    assert item.ReferencedSOPInstanceUID == predecessor.SOPInstanceUID
    assert item.ReferencedSOPClassUID == predecessor.SOPClassUID
    assert dataset.InstanceNumber == 2


def test_the_request_is_the_one_of_the_images():
    requested = request_attributes(
        AccessionNumber="ACC2", StudyInstanceUID="1.2.3", RequestedProcedureCodeSequence=[Dataset()]
    )
    requested.RequestedProcedureCodeSequence[0].CodeValue = "XWRIST"
    dataset = report(rich_header(RequestAttributesSequence=[requested]))
    (request,) = dataset.ReferencedRequestSequence
    assert request.RequestedProcedureID == "RP1"
    assert request.RequestedProcedureDescription == "Wrist, two views"
    assert request.RequestedProcedureCodeSequence[0].CodeValue == "XWRIST"
    assert request.AccessionNumber == "ACC2"
    assert request.StudyInstanceUID == "1.2.3"
    assert "ScheduledProcedureStepID" not in request


def test_what_a_request_leaves_out_is_filled_or_empty():
    (request,) = report(rich_header()).ReferencedRequestSequence
    assert request.StudyInstanceUID == uid("study", 1)
    assert request.AccessionNumber == "A1"
    for keyword in (
        "ReferencedStudySequence",
        "PlacerOrderNumberImagingServiceRequest",
        "FillerOrderNumberImagingServiceRequest",
        "RequestedProcedureCodeSequence",
    ):
        assert keyword in request
        assert not request[keyword].value


def test_every_request_is_named_once():
    second = request_attributes(RequestedProcedureID="RP2")
    dataset = report(
        rich_header(1), rich_header(2), rich_header(3, RequestAttributesSequence=[second])
    )
    ids = [item.RequestedProcedureID for item in dataset.ReferencedRequestSequence]
    assert ids == ["RP1", "RP2"]
    assert "ReferencedRequestSequence" not in report(poor_header())


@pytest.mark.parametrize("modality", ["CR", "DX", "RF"])
def test_modalities_in_scope_have_a_code(modality: str):
    assert len(values(report(rich_header(Modality=modality)), "Modality")) == 1


def test_three_views_fit_in_a_small_object():
    sources: Sources = make_sources(*(rich_header(number) for number in (1, 2, 3)))
    sizes = [len(each.encoded) for each in sources.compose() if each.kind == "sr"]
    assert sizes[0] < 32_000
