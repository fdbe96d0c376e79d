"""The structured report as a Comprehensive 3D SR object (PS3.3 Annex A.35.13)."""

from collections.abc import Iterator
from itertools import groupby
from typing import Final

from pydicom.dataset import Dataset
from pydicom.uid import Comprehensive3DSRStorage

from triage_agent.domain.delivery import Result, ResultKind
from triage_agent.report.envelope import Placing, result_dataset
from triage_agent.report.identity import report_series_uid, result_uid
from triage_agent.report.material import Material, ScoredImage
from triage_agent.report.measurement_report import measurement_report

# Above what modalities number, so that viewers list results last.
SERIES_NUMBER: Final = 9001

# Type 2 of the Referenced Request Sequence (PS3.3 Annex C.17.2), and where an image keeps them.
_REQUEST_KEYWORDS: Final = (
    "ReferencedStudySequence",
    "AccessionNumber",
    "PlacerOrderNumberImagingServiceRequest",
    "FillerOrderNumberImagingServiceRequest",
    "RequestedProcedureID",
    "RequestedProcedureDescription",
    "RequestedProcedureCodeSequence",
)
_SEQUENCES: Final = frozenset({"ReferencedStudySequence", "RequestedProcedureCodeSequence"})


def structured_report(material: Material) -> Dataset:
    """Return the report of one generation of a study.

    It is complete but preliminary and unverified: a person has not seen it. It names the images
    it is about, the requests they answer, and the report it replaces.
    """
    uids = [image.SOPInstanceUID for image in material.images]
    uid = result_uid(material, ResultKind.STRUCTURED_REPORT, uids)
    placing = Placing(
        SOPClassUID=Comprehensive3DSRStorage,
        SOPInstanceUID=uid,
        SeriesInstanceUID=report_series_uid(uid),
        SeriesNumber=SERIES_NUMBER,
        SeriesDescription="AI triage report - RESEARCH USE ONLY",
        InstanceNumber=material.study.generation,
        Modality="SR",
    )
    dataset = result_dataset(material, material.images[0], placing)
    dataset.CompletionFlag = "COMPLETE"
    dataset.PreliminaryFlag = "PRELIMINARY"
    dataset.VerificationFlag = "UNVERIFIED"
    dataset.PerformedProcedureCodeSequence = []
    dataset.ReferencedPerformedProcedureStepSequence = []
    dataset.CurrentRequestedProcedureEvidenceSequence = [_evidence(material)]
    requests = [_request(item, material) for item in _request_items(material)]
    if requests:
        dataset.ReferencedRequestSequence = requests
    if material.predecessor is not None:
        dataset.PredecessorDocumentsSequence = [_predecessor(material.predecessor)]
    for element in measurement_report(material, uid):
        dataset.add(element)
    return dataset


def _evidence(material: Material) -> Dataset:
    def series(image: ScoredImage) -> str:
        return image.instance.header.SeriesInstanceUID

    ordered = sorted(material.images, key=series)
    return _references(
        material.study.StudyInstanceUID,
        {
            uid: [(image.SOPClassUID, image.SOPInstanceUID) for image in images]
            for uid, images in groupby(ordered, key=series)
        },
    )


def _predecessor(predecessor: Result) -> Dataset:
    series = report_series_uid(predecessor.SOPInstanceUID)
    return _references(
        predecessor.StudyInstanceUID,
        {series: [(predecessor.SOPClassUID, predecessor.SOPInstanceUID)]},
    )


def _references(StudyInstanceUID: str, by_series: dict[str, list[tuple[str, str]]]) -> Dataset:
    """Return a Hierarchical SOP Instance Reference (PS3.3 Annex C.17.2.1)."""
    study = Dataset()
    study.StudyInstanceUID = StudyInstanceUID
    study.ReferencedSeriesSequence = []
    for uid, objects in by_series.items():
        series = Dataset()
        series.SeriesInstanceUID = uid
        series.ReferencedSOPSequence = []
        for ReferencedSOPClassUID, ReferencedSOPInstanceUID in objects:
            item = Dataset()
            item.ReferencedSOPClassUID = ReferencedSOPClassUID
            item.ReferencedSOPInstanceUID = ReferencedSOPInstanceUID
            series.ReferencedSOPSequence.append(item)
        study.ReferencedSeriesSequence.append(series)
    return study


def _request_items(material: Material) -> Iterator[Dataset]:
    seen = []
    for image in material.images:
        for item in image.reference.get("RequestAttributesSequence", ()):
            if item not in seen:
                seen.append(item)
                yield item


def _request(item: Dataset, material: Material) -> Dataset:
    """Make an item of the Referenced Request Sequence of one of Request Attributes."""
    request = Dataset()
    request.StudyInstanceUID = item.get("StudyInstanceUID") or material.study.StudyInstanceUID
    for keyword in _REQUEST_KEYWORDS:
        if keyword in item:
            request.add(item[keyword])
        else:
            setattr(request, keyword, [] if keyword in _SEQUENCES else None)
    if not request.AccessionNumber:
        request.AccessionNumber = material.images[0].reference.AccessionNumber
    return request
