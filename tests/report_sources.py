"""Studies with their source headers and displays, as the report stage gets them."""

from dataclasses import dataclass, replace
from typing import Any

import numpy as np
import numpy.typing as npt
from pydicom.dataset import Dataset

from tests.factories import (
    DX_FOR_PRESENTATION,
    ROOT,
    T0,
    make_assessment,
    make_scored,
    make_stored,
    make_study_images,
    uid,
)
from triage_agent.domain.algorithm import AlgorithmIdentity
from triage_agent.domain.assessment import AssessmentKind
from triage_agent.domain.delivery import Result
from triage_agent.domain.instance import Instance
from triage_agent.domain.region import Region
from triage_agent.domain.study import StudyImages, StudyState
from triage_agent.report.compose import ComposedObject, compose
from triage_agent.report.material import Material, gather

Value = Any

CR = "1.2.840.10008.5.1.4.1.1.1"

ALGORITHM = AlgorithmIdentity(
    name="demo-model",
    version="1.2.3",
    manufacturer="The demo project",
    device_uid="2.25.4711",
    weights_sha256="ab" * 32,
    architecture="mobilenet_v2",
    operating_points={Region.HAND: 0.4},
)


def instance_uid(number: int) -> str:
    """Return the SOP Instance UID of the image with this number."""
    return f"{ROOT}.3.{number}"


def poor_header(number: int = 1, **elements: Value) -> Dataset:
    """Return a header with nothing in it that may be absent."""
    header = Dataset()
    header.SOPClassUID = DX_FOR_PRESENTATION
    header.SOPInstanceUID = instance_uid(number)
    header.StudyInstanceUID = uid("study", 1)
    header.SeriesInstanceUID = uid("series", 1)
    for keyword, value in elements.items():
        setattr(header, keyword, value)
    return header


def request_attributes(**elements: Value) -> Dataset:
    """Return an item of Request Attributes Sequence."""
    item = Dataset()
    item.RequestedProcedureID = "RP1"
    item.RequestedProcedureDescription = "Wrist, two views"
    item.ScheduledProcedureStepID = "SPS1"
    for keyword, value in elements.items():
        setattr(item, keyword, value)
    return item


def rich_header(number: int = 1, **elements: Value) -> Dataset:
    """Return a header that has everything results take over."""
    values: dict[str, Value] = {
        "SpecificCharacterSet": "ISO_IR 100",
        "Modality": "DX",
        "PatientName": "M\u00fcller^J\u00fcrgen",
        "PatientID": "P1",
        "IssuerOfPatientID": "HOSPITAL",
        "PatientBirthDate": "19700101",
        "PatientSex": "M",
        "PatientAge": "055Y",
        "StudyID": "S1",
        "StudyDate": "20260101",
        "StudyTime": "110000",
        "StudyDescription": "Handgelenk",
        "AccessionNumber": "A1",
        "ReferringPhysicianName": "Arzt^Anna",
        "TimezoneOffsetFromUTC": "+0100",
        "BodyPartExamined": "WRIST",
        "ImageLaterality": "L",
        "ViewPosition": "PA",
        "PatientOrientation": ["L", "F"],
        "ImagerPixelSpacing": ["0.15", "0.15"],
        "Rows": 2000,
        "Columns": 1500,
        "BurnedInAnnotation": "NO",
        "LossyImageCompression": "01",
        "LossyImageCompressionRatio": "12.5",
        "LossyImageCompressionMethod": "ISO_10918_1",
        "RequestAttributesSequence": [request_attributes()],
    }
    return poor_header(number, **(values | elements))


@dataclass(frozen=True)
class Sources:
    """What the report stage is given about one study."""

    images: StudyImages
    headers: dict[str, Dataset]
    displays: dict[str, npt.NDArray[np.float32]]

    def material(self, **overrides: Value) -> Material:
        """Gather it; overrides replace the algorithm or the predecessor."""
        return gather(self.images, self.headers, **self._arguments(overrides))

    def compose(self, **overrides: Value) -> tuple[ComposedObject, ...]:
        """Compose the results; overrides as in `material`."""
        arguments = self._arguments(overrides)
        return compose(self.images, self.headers, self.displays, **arguments)

    def without(self, *names: str) -> "Sources":
        """Return a copy in which these mappings ("headers", "displays") are empty."""
        return replace(self, **{name: {} for name in names})

    @staticmethod
    def _arguments(overrides: dict[str, Value]) -> dict[str, Value]:
        return {"algorithm": ALGORITHM, "predecessor": None} | overrides


def make_sources(
    *headers: Dataset,
    probability: float = 0.75,
    probabilities: tuple[float, ...] = (),
    others: tuple[Instance, ...] = (),
    display_shape: tuple[int, int] = (64, 48),
    region: Region | None = Region.WRIST,
    regions: tuple[Region, ...] = (),
    **study: Value,
) -> Sources:
    """Return an assessed study whose scored images have these headers (one rich one by default).

    `others` are further instances of the study that are not scored.
    """
    headers = headers or (rich_header(),)
    scores = probabilities or (probability,) * len(headers)
    shown = regions or (region,) * len(headers)
    scored = [
        make_scored(
            score,
            SOPClassUID=str(header.SOPClassUID),
            SOPInstanceUID=str(header.SOPInstanceUID),
            StudyInstanceUID=str(header.StudyInstanceUID),
            SeriesInstanceUID=str(header.SeriesInstanceUID),
            Modality=header.get("Modality", ""),
            ImageLaterality=header.get("ImageLaterality", "") or header.get("Laterality", ""),
            ViewPosition=header.get("ViewPosition", ""),
            region=part,
            model=f"{ALGORITHM.name} {ALGORITHM.version}",
        )
        for header, score, part in zip(headers, scores, shown, strict=True)
    ]
    facts: dict[str, Value] = {
        "StudyInstanceUID": str(headers[0].StudyInstanceUID),
        "region": shown[0],
        "assessment": make_assessment(probability),
        "state": StudyState.CLOSED,
        "closed_at": T0,
    }
    generator = np.random.default_rng(1)
    return Sources(
        images=make_study_images(*scored, *others, **(facts | study)),
        headers={str(header.SOPInstanceUID): header for header in headers},
        displays={
            str(header.SOPInstanceUID): generator.random(display_shape, dtype=np.float32)
            for header in headers
        },
    )


def not_assessed(**overrides: Value) -> dict[str, Value]:
    """Return the study attributes of a study of which nothing is said."""
    return {"assessment": make_assessment(None, kind=AssessmentKind.NOT_ASSESSED, **overrides)}


def only(objects: tuple[ComposedObject, ...], kind: str) -> ComposedObject:
    """Return the one object of a kind."""
    (found,) = [each for each in objects if each.kind == kind]
    return found


def earlier_report(result: ComposedObject, generation: int = 1) -> Result:
    """Return a composed report as the register gives it back."""
    return Result(
        StudyInstanceUID=uid("study", 1),
        generation=generation,
        kind=result.kind,
        SOPClassUID=result.SOPClassUID,
        SOPInstanceUID=result.SOPInstanceUID,
        stored=make_stored(result.digest),
    )
