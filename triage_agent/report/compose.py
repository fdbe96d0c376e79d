"""Compose the results of an assessed study. No clock, no random number, no file."""

from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt
from pydicom.dataset import Dataset

from triage_agent.domain.algorithm import AlgorithmIdentity
from triage_agent.domain.delivery import Result, ResultKind
from triage_agent.domain.study import StudyImages
from triage_agent.errors import ReportInvalid
from triage_agent.report.envelope import encode
from triage_agent.report.material import Material, ScoredImage, gather
from triage_agent.report.picture import draw
from triage_agent.report.secondary_capture import secondary_capture
from triage_agent.report.structured_report import structured_report
from triage_agent.report.validate import validate
from triage_agent.report.wording import caption


@dataclass(frozen=True, slots=True, kw_only=True)
class ComposedObject:
    """A result as it will be stored and sent.

    `encoded` is a Part 10 file; `digest` the SHA-256 (hexadecimal) over its transfer syntax UID
    and its data set.
    """

    kind: ResultKind
    SOPClassUID: str
    SOPInstanceUID: str
    encoded: bytes
    digest: str


def compose(
    images: StudyImages,
    sources: Mapping[str, Dataset],
    displays: Mapping[str, npt.NDArray[np.float32]],
    predecessor: Result | None,
    *,
    algorithm: AlgorithmIdentity,
) -> tuple[ComposedObject, ...]:
    """Compose a structured report and, for each scored image, an overlay, in this order.

    Of a study that is not assessed any more, compose only a report that says so and why.

    The same arguments give the same bytes whenever it runs: all times follow from when the study
    was closed, in the images' own Timezone Offset From UTC where they state it and else in UTC.
    Other images, another generation or another algorithm give other UIDs. Every object has been
    validated.

    Args:
        images: the study and its instances; it is closed, and assessed or has a predecessor.
        sources: the header of every scored image, by SOP Instance UID; not changed.
        displays: every scored image as displayed, float32 [rows, columns] in 0..1, bone bright,
            already reduced to the size the overlay shall have; by SOP Instance UID. None is
            needed if the study is not assessed.
        predecessor: the last structured report of an earlier generation, if there is one.
        algorithm: who scored the images.

    Raises:
        ReportInvalid: the study is open, or not assessed without a predecessor, an image lacks
            header, score or display, or what was composed must not leave.
    """
    material = gather(images, sources, predecessor, algorithm)
    report = _composed(structured_report(material), material, ResultKind.STRUCTURED_REPORT)
    if not material.assessed:
        return (report,)
    return report, *(_overlay(material, image, displays) for image in material.images)


def _overlay(
    material: Material, image: ScoredImage, displays: Mapping[str, npt.NDArray[np.float32]]
) -> ComposedObject:
    if image.SOPInstanceUID not in displays:
        raise ReportInvalid(f"image {image.SOPInstanceUID} lacks its display")
    picture = draw(displays[image.SOPInstanceUID], image.score.activation, caption(material, image))
    dataset = secondary_capture(material, image, picture)
    return _composed(dataset, material, ResultKind.SECONDARY_CAPTURE)


def _composed(dataset: Dataset, material: Material, kind: ResultKind) -> ComposedObject:
    validate(dataset, material)
    encoded, digest = encode(dataset)
    return ComposedObject(
        kind=kind,
        SOPClassUID=str(dataset.SOPClassUID),
        SOPInstanceUID=str(dataset.SOPInstanceUID),
        encoded=encoded,
        digest=digest,
    )
